"""Bad input meets one clear line, an exit code and no traceback; rows that can run still run when told to."""

import io
import os
import random
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from endpoint_nodes.extension.hosts.cli.app import app

COMMAND = Path(sys.executable).with_name("endpoint-nodes")


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def noise(mode: str = "RGB", width: int = 96, height: int = 96) -> Image.Image:
    pixels = random.Random(0).randbytes(width * height * len(mode))
    return Image.frombytes(mode, (width, height), pixels)


def corrupted_png() -> bytes:
    data = bytearray(encoded(noise(), "PNG"))
    data[len(data) // 2] ^= 0xFF
    return bytes(data)


def huge_png() -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def palette_png(width: int = 96) -> bytes:
    image = noise("RGB", width).quantize(16)
    return encoded(image, "PNG", transparency=0)


def sixteen_bit_png(width: int = 96) -> bytes:
    return encoded(Image.new("I;16", (width, 96), 0x8000), "PNG")


BROKEN = {
    "corrupted.png": (corrupted_png, "it is damaged or truncated"),
    "text.png": (lambda: b"Just some text, long enough to look at.", "it cannot be read as an image"),
    "truncated.jpg": (lambda: encoded(noise(), "JPEG")[:2000], "it is damaged or truncated"),
    "truncated.png": (lambda: encoded(noise(), "PNG")[:2000], "it is damaged or truncated"),
    "empty.png": (lambda: b"", "it is empty (0 bytes)"),
    "huge.png": (huge_png, "it has more than the 100,000,000 pixels that are safe to decode"),
}
"""What no setting repairs."""
UNUSUAL = {
    "cmyk.jpg": (lambda: encoded(noise("CMYK"), "JPEG"), "it is JPEG in mode CMYK"),
    "animated.gif": (
        lambda: encoded(noise("RGB"), "GIF", save_all=True, append_images=[noise("RGB").rotate(90)]),
        "an animation of 2 frames",
    ),
    "wide-16-bit.png": (lambda: sixteen_bit_png(128), "128 x 96 pixels"),
    "wide-palette.png": (lambda: palette_png(128), "128 x 96 pixels"),
}
"""What Fit repairs."""
FINE = {"fine.png": lambda: encoded(noise(), "PNG"), "16-bit.png": sixteen_bit_png, "palette.png": palette_png}


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """A folder with the named files."""
    made = {**{name: make for name, (make, _) in {**BROKEN, **UNUSUAL}.items()}, **FINE}

    def fill(*names: str) -> Path:
        images = tmp_path / "images"
        images.mkdir()
        for name in names:
            (images / name).write_bytes(made[name]())
        return images

    return fill


Run = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; returns its exit code and the different things it said on standard error."""

    def start(*arguments: object) -> tuple[int, list[str]]:
        with pytest.raises(SystemExit) as ended:
            app(["create-image-variation", "--size", "256x256", "--base-url", "sandbox:", *map(str, arguments)])
        code = int(ended.value.code or 0)
        lines = capsys.readouterr().err.splitlines()
        assert sum(line.startswith("Error: ") for line in lines) == (code > 1)
        return code, [line.removeprefix("Error: ") for line in lines]

    return start


@pytest.mark.parametrize("name", [*BROKEN, *UNUSUAL])
def test_one_bad_image_is_one_clear_line(name: str, folder: Callable[..., Path], tmp_path: Path, run: Run) -> None:
    out = tmp_path / "out.parquet"
    code, lines = run(folder(name) / name, "--fit", "refuse", "--out", out)
    assert code == 2, lines
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"Row {name}: image: {name} cannot be sent: ")
    assert {**BROKEN, **UNUSUAL}[name][1] in lines[0]
    assert lines[0].endswith(".")
    assert not out.exists()


def test_rows_that_can_run_still_run(folder: Callable[..., Path], tmp_path: Path, run: Run) -> None:
    names = [*BROKEN, *UNUSUAL, *FINE]
    code, lines = run(folder(*names), "--fit", "refuse", "--on-error", "continue", "--out", tmp_path / "out.parquet")
    assert code == 1
    told = {line.split(":")[0].removeprefix("Row ") for line in lines if line.startswith("Row ")}
    assert told == {*BROKEN, *UNUSUAL}
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["row_id"] for row in rows] == sorted(names)
    for row in rows:
        assert (row["image"] is None) == (row["error"] is not None) == (row["row_id"] in told)


def test_fit_repairs_what_is_only_unusual(folder: Callable[..., Path], tmp_path: Path, run: Run) -> None:
    out = tmp_path / "out.parquet"
    code, lines = run(folder(*BROKEN, *UNUSUAL, *FINE), "--on-error", "continue", "--out", out)
    assert code == 1
    told = {line.split(":")[0].removeprefix("Row ") for line in lines if line.startswith("Row ")}
    assert told == {*BROKEN}
    repaired = {row["row_id"]: row["repaired"] for row in pq.read_table(out).to_pylist()}
    assert repaired["fine.png"] is None
    assert repaired["cmyk.jpg"] == "JPEG re-encoded as PNG"
    assert repaired["animated.gif"] == "first of 2 frames; GIF re-encoded as PNG"
    assert repaired["wide-palette.png"] == "padded to 128 x 128"


def test_a_bad_first_row_stops_before_anything_is_sent(folder: Callable[..., Path], tmp_path: Path, run: Run) -> None:
    images = folder("fine.png").rename(tmp_path / os.fsdecode(b"\xff"))
    (images / "a-broken.png").write_bytes(b"no image")
    code, lines = run(images, "--concurrency", 1, "--out", tmp_path / "out.parquet")
    assert (code, len(lines)) == (2, 1), lines
    assert lines[0].startswith("Row a-broken.png: ")


def test_the_error_column_is_there_even_if_nothing_failed(
    folder: Callable[..., Path], tmp_path: Path, run: Run
) -> None:
    code, _ = run(folder("fine.png"), "--on-error", "continue", "--out", tmp_path / "out.csv")
    assert code == 0
    assert "error" in (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[0].split(",")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.png"], "The input nowhere.png does not exist."),
        (["{images}/nowhere/"], "does not exist."),
        (["{folder}/empty"], "has no images"),
        (["{images}", "--n", "0"], "--n must be from 1 to 10, not 0."),
        (["{images}", "--n", "11"], "--n must be from 1 to 10, not 11."),
        (["{images}", "--n", "x"], "--n must be a whole number, not 'x'."),
        (["{images}", "--n", "1.5"], "--n must be a whole number, not '1.5'."),
        (["{images}", "--size", "123x456"], "--size is '123x456', but the variations route takes 256x256"),
        (["{images}", "--size", "large"], "--size must be auto or WIDTHxHEIGHT"),
        (["{images}", "--fit", "stretch"], "--fit must be one of pad, crop, refuse, not 'stretch'."),
        (["{folder}/table.csv", "--image-column", "photo"], "The input has no column 'photo' for --image"),
        (["{folder}/table.csv"], "The input has no column 'image'"),
        (["{folder}/broken.parquet"], "broken.parquet cannot be read as a table"),
        (["{folder}/notes.docx"], "notes.docx"),
        ([], "--image is missing: give --image, or an INPUT with a column 'image'."),
        (["{images}", "--credential", "sk-123"], "--credential must be a reference"),
        (["{images}", "--base-url", "ftp://example.com"], "--base-url must start with https://"),
        (["{images}", "--base-url", "http://example.com"], "sends the key unencrypted to example.com"),
        (["{images}", "--base-url", "sandbox:?speed=9"], "The sandbox has no option 'speed'"),
        (["{images}", "--concurrency", "0"], "--concurrency must be from 1 to 1024, not 0."),
        (["{images}", "--extra-fields", "{broken"], "--extra-fields must be"),
        (["{images}", "--configuration", "nowhere.toml"], "The configuration nowhere.toml cannot be read"),
        (["{images}", "--out", "out.xls"], "The output out.xls must end in one of .parquet"),
        (["{images}", "--out", "nowhere/out.csv"], "The output's folder nowhere does not exist."),
        (["{images}", "--report", "nowhere/page.html"], "The report's folder nowhere does not exist."),
    ],
)
def test_bad_usage_is_one_clear_line(
    arguments: list[str], sentence: str, folder: Callable[..., Path], tmp_path: Path, run: Run
) -> None:
    images = folder("fine.png")
    (tmp_path / "table.csv").write_text("name\na\n", encoding="utf-8")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and nothing else")
    (tmp_path / "notes.docx").write_bytes(b"PK")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    given = [argument.replace("{images}", str(images)).replace("{folder}", str(tmp_path)) for argument in arguments]
    code, lines = run("--out", tmp_path / "out.parquet", *given)
    assert (code, len(lines)) == (2, 1), lines
    assert sentence in lines[0]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_table_whose_cells_name_no_file(folder: Callable[..., Path], tmp_path: Path, run: Run) -> None:
    folder("fine.png")
    cells = ["images/fine.png", "images/nowhere.png", "data:image/png;base64,%%%", "images", "", "\0"]
    (tmp_path / "table.csv").write_text("image\n" + "".join(f'"{cell}"\n' for cell in cells), encoding="utf-8")
    out = tmp_path / "out.parquet"
    code, (ahead, *lines) = run(tmp_path / "table.csv", "--on-error", "continue", "--out", out)
    assert code == 1
    assert ahead.startswith("Warning: 5 rows have something that cannot be sent")
    assert [line.partition(":")[0] for line in lines] == [f"table.csv, line {number}" for number in range(3, 8)]
    for line, reason in zip(lines, ("does not exist", "not valid base64", "directory", "is missing", ""), strict=True):
        assert reason in line
    assert [row["error"] is None for row in pq.read_table(out).to_pylist()] == [True, *[False] * 5]


def test_names_that_no_file_can_have_or_no_text_can_hold_cost_only_their_row(
    run: Run, folder: Callable[..., Path], tmp_path: Path
) -> None:
    images = folder("fine.png").rename(tmp_path / os.fsdecode(b"\xff"))
    (images / os.fsdecode(b"\xff\xfe.png")).write_bytes(encoded(noise(), "PNG"))
    out = tmp_path / "out.parquet"
    code, _ = run("--cache", tmp_path / "cache", images, "--out", out, "--on-error", "continue")
    assert (code, pq.read_table(out)["image"].null_count) == (0, 0)
    table = images / "table.csv"
    table.write_text(f"image\n{'x' * 500}\nfine.png\n", encoding="utf-8")
    code, lines = run(table, "--out", out, "--on-error", "continue", "--overwrite")
    assert code == 1, lines
    assert pq.read_table(out)["error"].is_null().to_pylist() == [False, True]


def test_the_installed_command_behaves_the_same(folder: Callable[..., Path], tmp_path: Path) -> None:
    images = folder("text.png", "fine.png")
    for options, code in ((["--n", "0"], 2), (["--on-error", "continue"], 1), (["--bogus"], 2)):
        given = [COMMAND, "create-image-variation", images, *options, "--base-url", "sandbox:", "--size", "256x256"]
        ended = subprocess.run([*given, "--out", tmp_path / "out.parquet"], capture_output=True, text=True, check=False)
        assert ended.returncode == code, ended.stderr
        assert "Traceback" not in ended.stderr
