"""Inputs: tables of every kind are read as they are, and what is wrong with one is said by its line."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from endpoint_nodes.extension.engine.io.inputs import Input, ReadOptions, open_input
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.nodes.upload_file import UploadFile
from endpoint_nodes.port_types.errors import InvalidInput

CHAT = CreateChatCompletion(model="any", columns={"prompt": "name"})


def opened(source: Any, **options: Any) -> Input:
    found = open_input(source, CHAT, ReadOptions(**options))
    assert found
    return found


def names(source: Any, **options: Any) -> list[Any]:
    return [row.cells["name"] for row in opened(source, **options).rows]


def file_of(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


AS_THEY_ARE = ["00123", "1.10", "0x10", "1e5", "12345678901234567890", "true", "2024-01-05", "10:30"]


def test_cells_of_a_csv_file_stay_the_text_they_are(tmp_path: Path) -> None:
    path = file_of(tmp_path, "codes.csv", "name,other\n" + "".join(f"{code},x\n" for code in AS_THEY_ARE))
    assert names(path) == AS_THEY_ARE


def test_a_csv_column_that_changes_its_looks_late_is_read_to_the_end(tmp_path: Path) -> None:
    path = file_of(tmp_path, "late.csv", "name,other\n" + "a,1\n" * 200_000 + "b,x\n")
    assert opened(path).count == 200_001
    assert names(path)[-1] == "b"


@pytest.mark.parametrize("size", [1_050_000, 2_100_000, 5_000_000])
@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_long_lines_are_read_whole(tmp_path: Path, suffix: str, size: int) -> None:
    text = "x" * size
    lines = {".jsonl": [json.dumps({"name": text})] * 3, ".csv": ["name", *[text] * 3]}[suffix]
    assert names(file_of(tmp_path, f"long{suffix}", "\n".join(lines) + "\n")) == [text] * 3


def test_line_breaks_and_quotes_belong_to_a_cell(tmp_path: Path) -> None:
    path = file_of(tmp_path, "quoted.csv", 'name\n"two\nlines"\n"a ""quoted"" word"\n\nlast\n')
    assert names(path) == ["two\nlines", 'a "quoted" word', "last"]
    assert [row.place for row in opened(path).rows] == [f"quoted.csv, line {line}" for line in (2, 4, 6)]


def test_a_blank_cell_holds_no_value(tmp_path: Path) -> None:
    assert names(file_of(tmp_path, "blank.csv", "name,other\n,1\n")) == [None]


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("comma.csv", "name,city\nAda,Turin\n", {}),
        ("bom.csv", b"\xef\xbb\xbfname,city\nAda,Turin\n", {}),
        ("tabs.tsv", "name\tcity\nAda\tTurin\n", {}),
        ("semicolons.csv", "name;city\nAda;Turin\n", {"delimiter": ";"}),
        ("packed.csv.gz", gzip.compress(b"name,city\nAda,Turin\n"), {}),
        ("lines.jsonl", '{"name": "Ada"}\n\n{"name": "Bo", "city": null}\n', {"limit": 1}),
        ("packed.jsonl.gz", gzip.compress(b'{"name": "Ada"}\n'), {}),
        ("list.json", '[{"name": "Ada"}]', {}),
    ],
)
def test_text_tables_of_every_kind_are_read(
    tmp_path: Path, name: str, content: str | bytes, options: dict[str, Any]
) -> None:
    assert names(file_of(tmp_path, name, content), **options) == ["Ada"]


def test_the_encoding_can_be_named(tmp_path: Path) -> None:
    path = file_of(tmp_path, "latin.csv", "name\nMüller\n".encode("windows-1252"))
    assert names(path, encoding="windows-1252") == ["Müller"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("latin.csv", "name\nAda\nMüller\n".encode("latin-1"), "latin.csv, line 3 is not UTF-8 (Windows-1252?)."),
        ("empty.csv", "", "empty.csv is empty: it has no header line."),
        ("dup.csv", "name,name\na,b\n", "dup.csv has several columns named 'name'; rename all but one."),
        ("ragged.csv", "name,city\na,b\na,b,c\n", "ragged.csv, line 3 has 3 cells, but the header has 2."),
        ("open.csv", 'name\n"never closed\n', "open.csv, line 2 is not valid CSV"),
        ("semi.csv", "name;city\na;b\n", "Is the file separated by semicolons? Say --delimiter ';'."),
        ("broken.jsonl", '{"name": "a"}\n{"name"\n', "broken.jsonl, line 2 is not valid JSON"),
        ("number.jsonl", '{"name": "a"}\n7\n', "number.jsonl, line 2 is not a JSON object."),
        ("record.json", '{"name": "a"}', "record.json must hold a JSON list of objects"),
        ("packed.csv.gz", b"no gzip at all", "packed.csv.gz cannot be read"),
        ("in.xlsx", b"no workbook", "in.xlsx cannot be read as an Excel workbook"),
        ("notes.docx", b"PK", "notes.docx is not a table that can be read (.parquet, .arrow"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_before_any_row(
    tmp_path: Path, name: str, content: str | bytes, sentence: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        opened(file_of(tmp_path, name, content))
    assert sentence in str(refused.value)


def test_a_type_that_changes_late_is_a_sentence_with_its_line(tmp_path: Path) -> None:
    lines = [json.dumps({"name": number}) for number in range(50_000)] + [json.dumps({"name": "text"})]
    with pytest.raises(InvalidInput, match=r"late.jsonl, line 50001 has a value of another type"):
        opened(file_of(tmp_path, "late.jsonl", "\n".join(lines)))


def test_addresses_are_not_tables() -> None:
    with pytest.raises(InvalidInput, match="tables are read from files, so download it first"):
        opened("https://example.com/x.csv")


def test_a_workbook_is_read_from_its_first_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["name", "price"], ["00123", 1.5], [], ["Ada", 2]):
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")
    found = opened(tmp_path / "in.xlsx")
    assert [(row.place, dict(row.cells)) for row in found.rows] == [
        ("in.xlsx, row 2", {"name": "00123", "price": 1.5}),
        ("in.xlsx, row 4", {"name": "Ada", "price": 2}),
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda: [{"name": "Ada"}, {"name": "Bo", "city": "Turin"}],
        lambda: {"name": ["Ada", "Bo"]},
        lambda: pd.DataFrame({"name": ["Ada", "Bo"]}),
        lambda: pl.DataFrame({"name": ["Ada", "Bo"]}),
        lambda: pa.table({"name": ["Ada", "Bo"]}),
        lambda: pa.table({"name": ["Ada", "Bo"]}).to_reader(),
    ],
)
def test_tables_in_memory_are_read(make: Callable[[], Any]) -> None:
    assert names(make()) == ["Ada", "Bo"]


@pytest.mark.parametrize("source", [["Hello", "World"], pd.Series(["Hello", "World"], name="greeting")])
def test_a_list_of_values_or_a_series_fills_the_first_field(source: Any) -> None:
    found = open_input(source, CreateChatCompletion(model="any"))
    assert found
    assert [row.cells["prompt"] for row in found.rows] == ["Hello", "World"]


def test_parts_in_a_folder_are_one_table(tmp_path: Path) -> None:
    for part in range(3):
        pq.write_table(pa.table({"name": [f"{part}a", f"{part}b"]}), tmp_path / f"part-{part}.parquet")
    assert names(tmp_path) == ["0a", "0b", "1a", "1b", "2a", "2b"]
    assert names(str(tmp_path / "part-[01].parquet")) == ["0a", "0b", "1a", "1b"]


def test_a_folder_of_images_takes_its_subfolders_and_counts_what_it_leaves_out(tmp_path: Path) -> None:
    for name in ("a.png", "sub/b.jpg", "sub/c.heic", "notes.txt", "sub/more.txt", ".hidden/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = open_input(tmp_path, CreateImageVariation())
    assert found
    assert [row.id for row in found.rows] == ["a.png", "sub/b.jpg", "sub/c.heic"]
    assert found.notes == ("2 files were left out of the folder (2 .txt).",)


def test_rows_can_be_limited_sampled_and_named(tmp_path: Path) -> None:
    path = file_of(tmp_path, "sku.csv", "sku,name\n" + "".join(f"S{number},n{number}\n" for number in range(100)))
    assert [row.id for row in opened(path, limit=2, id_column="sku").rows] == ["S0", "S1"]
    drawn = [row.id for row in opened(path, sample=10, seed=4, id_column="sku").rows]
    assert drawn == [row.id for row in opened(path, sample=10, seed=4, id_column="sku").rows]
    assert len(set(drawn)) == 10
    assert drawn != [row.id for row in opened(path, sample=10, seed=5, id_column="sku").rows]
    assert opened(path, sample=10, limit=3).count == 3
    with pytest.raises(InvalidInput, match="no column 'ean' to name its rows; its columns are sku, name"):
        opened(path, id_column="ean")


def test_the_parts_of_a_table_are_one_table(tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    file_of(parts, "_SUCCESS", "")
    file_of(parts, "part-1.csv", "name,city\nplum,Rome\npear,Oslo\n")
    file_of(parts, "part-2.csv.gz", gzip.compress(b"city,name\nLima,fig\n"))
    for source in (parts, f"{parts}/*.csv*"):
        rows = list(opened(source).rows)
        assert [(row.id, row.cells["name"], row.name) for row in rows] == [
            ("0", "plum", "part-1.csv, line 2"),
            ("1", "pear", "part-1.csv, line 3"),
            ("2", "fig", "part-2.csv.gz, line 2"),
        ]
    assert opened(parts).count == 3
    file_of(parts, "part-3.jsonl", '{"name": "lime", "city": null}\n')
    assert names(parts)[-1] == "lime"


def test_files_that_are_not_parts_of_one_table_are_refused(tmp_path: Path) -> None:
    file_of(tmp_path, "a.csv", "name\nplum\n")
    other = file_of(tmp_path, "b.csv", "nme\npear\n")
    with pytest.raises(InvalidInput, match=r"b\.csv has the columns nme, but a\.csv has name"):
        opened(tmp_path)
    other.unlink()
    pq.write_table(pa.table({"name": ["pear"]}), tmp_path / "c.parquet")
    with pytest.raises(InvalidInput, match=r"c\.parquet and the other files are of different formats"):
        opened(tmp_path)


UPLOAD = UploadFile(purpose="user_data")


@pytest.mark.parametrize("name", ["prices.csv", "lines.jsonl", "broken.json", "paper.pdf", "notes.txt"])
def test_what_is_no_list_of_files_is_the_file_to_upload(tmp_path: Path, name: str) -> None:
    path = file_of(tmp_path, name, '{"name": 1}\n')
    found = open_input(path, UPLOAD)
    assert found
    assert [row.cells["file"] for row in found.rows] == [str(path)]
    assert bool(found.notes) == (path.suffix in (".csv", ".jsonl", ".json"))


def test_a_folder_of_tables_is_uploaded_file_by_file(tmp_path: Path) -> None:
    paths = [file_of(tmp_path, name, "a,b\n1,2\n") for name in ("one.csv", "two.csv")]
    found = open_input(tmp_path, UPLOAD)
    assert found
    assert [row.cells["file"] for row in found.rows] == list(map(str, paths))


def test_a_table_that_lists_files_is_read_as_one(tmp_path: Path) -> None:
    path = file_of(tmp_path, "list.csv", "file,filename\na.pdf,b.pdf\n")
    for node in (UPLOAD, UploadFile(purpose="user_data", columns={"file": "filename"})):
        found = open_input(path, node)
        assert found
        assert [row.cells for row in found.rows] == [{"file": "a.pdf", "filename": "b.pdf"}]
