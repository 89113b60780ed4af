"""Result files: what is in them, and how Parquet divides them."""

import csv
import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from endpoint_nodes.extension.engine.io.media_files import MediaFiles
from endpoint_nodes.extension.engine.io.outputs import OUTPUT_SUFFIXES, check_output, write_table
from endpoint_nodes.port_types.errors import InvalidInput
from endpoint_nodes.port_types.table import Column, ColumnKind, arrow_schema

SCHEMA = pa.schema([("number", pa.int64()), ("data", pa.binary())])


def batches(count: int, rows: int, size: int) -> Iterator[pa.RecordBatch]:
    for at in range(0, count * rows, rows):
        numbers = range(at, at + rows)
        yield pa.record_batch([list(numbers), [bytes(size)] * rows], schema=SCHEMA)


@pytest.mark.parametrize(
    ("count", "rows", "size", "groups"),
    [
        pytest.param(100, 256, 10, [10_240, 10_240, 5_120], id="small rows by their number"),
        pytest.param(7, 4, 1_000_000, [8, 8, 8, 4], id="images by their size"),
        pytest.param(0, 1, 1, [], id="no rows"),
    ],
)
def test_parquet_row_groups_are_neither_tiny_nor_more_than_memory_should_hold(
    tmp_path: Path, count: int, rows: int, size: int, groups: list[int]
) -> None:
    path = tmp_path / "out.parquet"
    write_table(path, SCHEMA, batches(count, rows, size))
    file = pq.ParquetFile(path)
    assert [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)] == groups
    assert file.read().column("number").to_pylist() == list(range(count * rows))


@pytest.mark.parametrize("suffix", OUTPUT_SUFFIXES)
def test_an_error_leaves_nothing_behind(tmp_path: Path, suffix: str) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from batches(2, 3, 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_table(tmp_path / f"out{suffix}", SCHEMA, broken())
    assert not list(tmp_path.iterdir())


KINDS = arrow_schema(
    [
        Column("row_id", ColumnKind.TEXT, "Row."),
        Column("image", ColumnKind.IMAGE, "Image."),
        Column("usage", ColumnKind.JSON, "Tokens."),
        Column("created", ColumnKind.TIME, "When."),
    ]
)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
ROWS = [
    {"row_id": "a/b", "image": PNG, "usage": '{"total_tokens":3}', "created": 1},
    {"row_id": "=1+1", "image": None, "usage": None, "created": None},
    {"row_id": "a/b", "image": PNG, "usage": "[1]", "created": 2},
]


def cells_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines, delimiter="\t" if path.suffix == ".tsv" else ","))


def written(path: Path) -> Path:
    write_table(path, KINDS, [pa.RecordBatch.from_pylist(ROWS, schema=KINDS)])
    return path


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx"])
def test_cells_that_cannot_hold_images_name_files_beside_the_table(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"out{suffix}")
    files = sorted(file.name for file in (tmp_path / "out_files").iterdir())
    assert files == ["a_b.png", "a_b_2.png"]
    if suffix == ".xlsx":
        cells = list(openpyxl.load_workbook(path).active.iter_rows(min_row=2))
        assert cells[0][1].hyperlink.target == cells[0][1].value == "out_files/a_b.png"
        assert (cells[1][0].value, cells[1][0].data_type) == ("=1+1", "s")
    else:
        rows = cells_of(path)
        assert [row[1] for row in rows[1:]] == ["out_files/a_b.png", "", "out_files/a_b_2.png"]


@pytest.mark.parametrize("formula", ["=HYPERLINK(1)", "@SUM(1)", "+cmd|1", "-cmd|1", "\tx", "\rx"])
def test_a_csv_cell_never_begins_a_formula(tmp_path: Path, formula: str) -> None:
    schema = pa.schema([("text", pa.string())])
    write_table(tmp_path / "out.csv", schema, [pa.record_batch([[formula]], schema=schema)])
    (_, cells) = cells_of(tmp_path / "out.csv")
    assert cells == [f"'{formula}"]


@pytest.mark.parametrize("text", ["-5", "+1.5", "- a list item", "plain", ".5", ""])
def test_what_is_not_a_formula_is_written_as_it_is(tmp_path: Path, text: str) -> None:
    schema = pa.schema([("text", pa.string()), ("more", pa.string())])
    write_table(tmp_path / "out.csv", schema, [pa.record_batch([[text], ["x"]], schema=schema)])
    (_, cells) = cells_of(tmp_path / "out.csv")
    assert cells[0] == text


def test_json_lines_hold_lists_and_records_as_such(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in written(tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["usage"] for line in lines] == [{"total_tokens": 3}, None, [1]]
    assert json.loads(written(tmp_path / "out.json").read_text(encoding="utf-8")) == lines
    assert gzip.decompress(written(tmp_path / "out.jsonl.gz").read_bytes()).count(b"\n") == 3


@pytest.mark.parametrize("suffix", OUTPUT_SUFFIXES)
def test_a_result_of_ours_may_be_replaced(tmp_path: Path, suffix: str) -> None:
    check_output(written(tmp_path / f"out{suffix}"), KINDS)


@pytest.mark.parametrize("suffix", OUTPUT_SUFFIXES)
def test_a_file_of_somebody_else_is_not_replaced_unasked(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    path.write_bytes(b"My thesis\n")
    with pytest.raises(InvalidInput, match="exists and is not a result of this node"):
        check_output(path, KINDS)
    check_output(path, KINDS, overwrite=True)
    assert path.read_bytes() == b"My thesis\n"


def test_the_input_is_never_the_output(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("row_id,image,usage,created\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="is the input; choose another name"):
        check_output(path, KINDS, source=str(tmp_path / "." / "table.csv"), overwrite=True)


def test_outputs_that_cannot_be_written_are_refused_before(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InvalidInput, match="is a folder; name a file in it"):
        check_output(tmp_path / "folder.csv", KINDS)
    with pytest.raises(InvalidInput, match="cannot be written"):
        check_output(Path("/proc/out.csv"), KINDS)
    with pytest.raises(InvalidInput, match=r"must end in one of \.parquet"):
        check_output(tmp_path / "out.xls", KINDS)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


def test_a_result_is_on_the_disk_before_it_has_its_name(tmp_path: Path) -> None:
    """The order of system calls: the file's content, its name, the folder that holds the name."""
    script = f"""
import pyarrow as pa
from pathlib import Path
from endpoint_nodes.extension.engine.io.outputs import write_table
schema = pa.schema([("a", pa.int64())])
write_table(Path({str(tmp_path / "out.parquet")!r}), schema, [pa.record_batch([[1]], schema=schema)])
"""
    if not (strace := shutil.which("strace")):
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    calls = "trace=fsync,rename,renameat,renameat2"
    subprocess.run([strace, "-f", "-y", "-e", calls, "-o", trace, sys.executable, "-c", script], check=True)
    ours = [line for line in trace.read_text(encoding="utf-8").splitlines() if str(tmp_path) in line]
    kinds = ["rename" if "rename" in line else "content" if ".part>" in line else "folder" for line in ours]
    assert kinds == ["content", "rename", "folder"]


@pytest.mark.parametrize("pattern", ["{sku}_{index}", "{number}"])
def test_files_are_named_by_a_pattern(tmp_path: Path, pattern: str) -> None:
    schema = pa.schema(
        [*arrow_schema([Column("image", ColumnKind.IMAGE, "Image.")]), ("sku", pa.string()), ("index", pa.int64())]
    )
    files = MediaFiles(tmp_path / "pictures", schema, pattern)
    saved = [files.save({"image": PNG, "sku": "S:1", "index": at})["image"].name for at in range(2)]
    assert saved == {"{sku}_{index}": ["S_1_0.png", "S_1_1.png"], "{number}": ["1.png", "2.png"]}[pattern]
    with pytest.raises(InvalidInput, match="names a column 'skuu'"):
        MediaFiles(tmp_path, schema, "{skuu}")
