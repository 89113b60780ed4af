"""Images, recordings and subtitles become files with names of the user's choice."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[4] / "examples"
VARY = ("create-image-variation", EXAMPLES / "images", "--base-url", "sandbox:", "--size", "256x256", "-n", 2, "-q")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_images_are_saved_under_the_names_of_a_pattern(tmp_path: Path, run: Callable[..., Any]) -> None:
    ended = run(*VARY, "--n", 2, "--out-dir", "pictures", "--name", "{number}-{index}")
    assert ended.returncode == 0, ended.stderr
    assert names(tmp_path / "pictures") == ["1-0.png", "2-1.png", "3-0.png", "4-1.png"]


def test_a_table_and_files_are_written_together_and_again(tmp_path: Path, run: Callable[..., Any]) -> None:
    for _ in range(2):
        assert run(*VARY, "--out-dir", "pictures", "-o", "table.parquet").returncode == 0
    assert (tmp_path / "table.parquet").exists()
    assert len(names(tmp_path / "pictures")) == 2


def test_the_files_of_somebody_else_are_kept(tmp_path: Path, run: Callable[..., Any]) -> None:
    shutil.copytree(EXAMPLES / "images", tmp_path / "pictures")
    before = names(tmp_path / "pictures")
    ended = run(*VARY, "--out-dir", "pictures")
    assert (ended.returncode, names(tmp_path / "pictures")) == (2, before)
    assert "has files that are not from a run; choose another one, or say --overwrite" in ended.stderr
    assert run(*VARY, "--out-dir", "pictures", "--overwrite").returncode == 0


def test_a_pattern_with_an_unknown_column_is_refused_before_anything_is_sent(run: Callable[..., Any]) -> None:
    ended = run(*VARY, "--out-dir", "pictures", "--name", "{sku}")
    assert ended.returncode == 2
    assert "names a column 'sku'" in ended.stderr


def test_a_result_is_exported_later(tmp_path: Path, run: Callable[..., Any]) -> None:
    assert run(*VARY, "-o", "table.parquet").returncode == 0
    ended = run("export", "table.parquet", "pictures", "--name", "{row_id}")
    assert (ended.returncode, ended.stdout) == (0, "2 files: pictures\n")
    assert names(tmp_path / "pictures") == ["backpack.png", "chair.png"]
    ended = run("export", EXAMPLES / "products.csv", "pictures")
    assert ended.returncode == 2
    assert "is not a result that holds files" in ended.stderr


def test_subtitles_are_saved_as_subtitles(tmp_path: Path, run: Callable[..., Any]) -> None:
    speech = ("create-speech", "--input", "Good morning", "--voice", "alloy", "-m", "tts-1", "--base-url", "sandbox:")
    assert run(*speech, "--response-format", "wav", "--out-dir", "sounds", "--name", "morning", "-q").returncode == 0
    assert names(tmp_path / "sounds") == ["morning.wav"]
    hear = ("create-transcription", "sounds/morning.wav", "-m", "whisper-1", "--base-url", "sandbox:", "-q")
    ended = run(*hear, "--response-format", "srt", "--out-dir", "titles")
    assert ended.returncode == 0, ended.stderr
    (title,) = names(tmp_path / "titles")
    assert title.endswith(".srt")
    assert "-->" in (tmp_path / "titles" / title).read_text(encoding="utf-8")


def test_a_result_without_files_says_so(run: Callable[..., Any]) -> None:
    ended = run("list-models", "--base-url", "sandbox:", "--out-dir", "pictures")
    assert (ended.returncode, ended.stderr) == (
        2,
        "Error: The result has no images, recordings or subtitles to save as files.\n",
    )


def test_downloaded_files_keep_the_names_that_the_service_has_for_them(tmp_path: Path, run: Callable[..., Any]) -> None:
    (tmp_path / "ids.csv").write_text("file_id\nfile-sandbox\nfile-sandbox\n")
    download = ("download-file", "ids.csv", "--base-url", "sandbox:", "-q")
    assert run(*download, "--out-dir", "files").returncode == 0
    assert names(tmp_path / "files") == ["sample.jsonl", "sample_2.jsonl"]
    assert (tmp_path / "files" / "sample.jsonl").read_bytes() == b'{"fruit": "plum", "number": 2}\n'
    assert run(*download, "--out-dir", "numbered", "--name", "{number}").returncode == 0
    assert names(tmp_path / "numbered") == ["1.bin", "2.bin"]
