"""The page of everyday tasks works as written, in a folder with the example table and images."""

import gzip
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[2]
START, *TASKS = re.split(r"^## \d+\. ", (ROOT / "docs" / "everyday.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
NEEDED = {"Transcribe recordings": "Read texts aloud"}
"""Tasks that work on what another one leaves."""


def commands(text: str) -> list[str]:
    return [
        line for block in re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL) for line in block.splitlines()
    ]


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


@pytest.fixture
def perform(tmp_path: Path) -> Callable[[str], list[str]]:
    """Carry out the task whose title starts so; return what each of its commands said."""
    shutil.copy(ROOT / "examples" / "products.csv", tmp_path)
    shutil.copytree(ROOT / "examples" / "images", tmp_path / "images")
    environment = {name: value for name, value in os.environ.items() if "OPENAI" not in name and "ENDPOINT" not in name}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"

    def start(command: str) -> str:
        ended = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout + ended.stderr

    def carry_out(title: str) -> list[str]:
        if needed := NEEDED.get(title):
            carry_out(needed)
        (task,) = (task for task in TASKS if task.startswith(title))
        return [start(command) for command in commands(task)]

    for command in commands(START):
        start(command)
    return carry_out


def test_there_are_fifteen() -> None:
    assert len(TASKS) == 15
    assert all(commands(task) for task in TASKS)


def test_look_before_you_pay(perform: Callable[[str], list[str]]) -> None:
    dry, three = perform("Look before you pay")
    assert "8 requests; nothing was sent." in dry
    assert '"content": "Describe Glazed mug"' in dry
    assert "3 rows: 0 from the cache, 3 sent, 0 failed" in three


def test_describe_every_row_for_excel(tmp_path: Path, perform: Callable[[str], list[str]]) -> None:
    perform("Describe every row")
    sheet = openpyxl.load_workbook(tmp_path / "described.xlsx").active
    assert sheet
    assert (sheet.max_row, [cell.value for cell in sheet[2]][:2]) == (9, ["MUG-012", "Glazed mug"])


def test_classify_into_columns_with_types(tmp_path: Path, perform: Callable[[str], list[str]]) -> None:
    perform("Classify")
    header, *rows = lines(tmp_path / "classified.csv")
    assert header == "sku,name,category,fragile"
    assert {row.split(",")[2] for row in rows} <= {"home", "fashion", "electronics"}
    assert {row.split(",")[3] for row in rows} <= {"true", "false"}


def test_captions_for_a_folder(tmp_path: Path, perform: Callable[[str], list[str]]) -> None:
    perform("Write captions")
    header, *rows = lines(tmp_path / "captions.csv")
    assert (header, len(rows)) == ("row_id,content", 8)
    assert rows[0].startswith("backpack.png,")


def test_only_the_new_row_is_sent(perform: Callable[[str], list[str]]) -> None:
    first, _, again = perform("Run again after rows were added")
    assert "8 rows: 0 from the cache, 8 sent" in first
    assert "9 rows: 8 from the cache, 1 sent" in again


def test_join_by_a_key(tmp_path: Path, perform: Callable[[str], list[str]]) -> None:
    perform("Join the answers")
    assert lines(tmp_path / "answers.jsonl")[0].startswith('{"row_id":"MUG-012","content":')


def test_several_images_with_a_row(tmp_path: Path, perform: Callable[[str], list[str]]) -> None:
    perform("Send several images")
    assert names(tmp_path / "edits") == ["MUG-012.png", "SHO-340.png"]


def test_a_pipe(tmp_path: Path, perform: Callable[[str], list[str]]) -> None:
    perform("Work in a pipe")
    assert len(gzip.decompress((tmp_path / "described.jsonl.gz").read_bytes()).splitlines()) == 3


def test_a_chain_of_nodes(tmp_path: Path, perform: Callable[[str], list[str]]) -> None:
    perform("Chain nodes")
    header, *rows = lines(tmp_path / "told.csv")
    assert header == "sku,content"
    assert [row.split(",")[0] for row in rows] == ["MUG-012", "SHO-340"]
    assert "256 x 256" in rows[0], "the variation was looked at"


def test_vectors(tmp_path: Path, perform: Callable[[str], list[str]]) -> None:
    perform("Turn texts into vectors")
    table = pq.read_table(tmp_path / "vectors.parquet")
    assert table.num_rows == 8
    assert str(table.schema.field("embedding").type) in ("list<element: float>", "list<item: float>")


def test_speech(tmp_path: Path, perform: Callable[[str], list[str]]) -> None:
    perform("Read texts aloud")
    assert names(tmp_path / "speech") == ["CHA-105.wav", "MUG-012.wav", "SHO-340.wav"]


def test_transcripts_and_subtitles(tmp_path: Path, perform: Callable[[str], list[str]]) -> None:
    perform("Transcribe recordings")
    assert "terracotta glaze" in (tmp_path / "heard.csv").read_text(encoding="utf-8"), "what was said was heard"
    assert names(tmp_path / "subtitles") == ["CHA-105.srt", "MUG-012.srt", "SHO-340.srt"]
    assert " --> " in (tmp_path / "subtitles" / "MUG-012.srt").read_text(encoding="utf-8")


def test_moderation(tmp_path: Path, perform: Callable[[str], list[str]]) -> None:
    perform("Check what users wrote")
    rows = lines(tmp_path / "checked.jsonl")
    assert len(rows) == 8
    assert '"flagged":false,"category_scores":{"' in rows[0]


def test_pictures_as_files(tmp_path: Path, perform: Callable[[str], list[str]]) -> None:
    perform("Make pictures")
    assert len(names(tmp_path / "pictures")) == len(names(tmp_path / "chosen")) == 32
    assert names(tmp_path / "pictures")[:2] == ["backpack_0.png", "backpack_1.png"]
    assert (tmp_path / "variations.html").stat().st_size > 10_000


def test_a_job_for_a_scheduler(tmp_path: Path, perform: Callable[[str], list[str]]) -> None:
    perform("Leave it to a scheduler")
    assert '"rows": 8, "failed": 0' in (tmp_path / "summary.json").read_text(encoding="utf-8")
    assert lines(tmp_path / "events.jsonl")[0] == '{"event": "start", "node": "create-chat-completion", "rows": 8}'
    assert pq.read_table(tmp_path / "described.parquet").num_rows == 8
