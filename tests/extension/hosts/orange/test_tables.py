"""Tables between Orange and the engine."""

from pathlib import Path
from typing import Any

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table, TimeVariable
from scipy import sparse

from endpoint_nodes.extension.hosts.orange.files import save_file
from endpoint_nodes.extension.hosts.orange.inputs import captions, request_rows
from endpoint_nodes.extension.hosts.orange.results import results_table
from endpoint_nodes.port_types.table import Column, ColumnKind

COLUMNS = [Column(kind.value, kind, "") for kind in ColumnKind]


def row(number: int, /, **values: Any) -> dict[str, Any]:
    return {"caption": f"c{number}", "row_id": str(number), **values}


def mixed() -> Table:
    path, plain = StringVariable("path"), StringVariable("plain")
    path.attributes = {"type": "image", "origin": "/photos"}
    domain = Domain(
        [ContinuousVariable("size"), TimeVariable("made", have_date=1, have_time=1)],
        DiscreteVariable("colour", values=("red", "blue")),
        [path, plain],
    )
    return Table.from_numpy(
        domain,
        np.array([[3.0, 0.0], [2.5, np.nan]]),
        np.array([1.0, np.nan]),
        np.array([["a.png", "first"], ["http://host/b.png", ""]], dtype=object),
    )


def test_every_kind_of_cell_becomes_what_a_field_can_check() -> None:
    names = ["size", "made", "colour", "path", "plain"]
    frame = request_rows(mixed(), [*names, "gone"])
    assert list(frame.index) == [1, 2]
    assert [frame[name].tolist() for name in names] == [
        [3, 2.5],
        ["1970-01-01 00:00:00", None],
        ["blue", None],
        ["/photos/a.png", "http://host/b.png"],
        ["first", None],
    ]


def test_a_table_that_gives_no_value_gives_one_request_a_row() -> None:
    assert len(request_rows(mixed(), [])) == 2


def test_rows_are_named_after_their_first_text_or_their_number() -> None:
    assert captions(mixed()) == ["first", "row 2"]
    assert captions(mixed()[:, :1]) == ["row 1", "row 2"]


def test_each_kind_of_column_has_its_variable(tmp_path: Path) -> None:
    values = {"text": "t", "integer": 7, "number": 0.5, "boolean": True, "time": 1_700_000_000, "json": "{}"}
    files = {"image": "a.png", "audio": "a.wav", "vector": [1.0, 2.0]}
    table = results_table(COLUMNS, [row(1, **values, **files), row(2)], tmp_path)
    assert [variable.name for variable in table.domain.metas][:5] == ["caption", "image", "audio", "file", "row_id"]
    assert [variable.name for variable in table.domain.attributes] == ["number", "vector_1", "vector_2"]
    assert {
        variable.name: type(variable) for variable in table.domain.metas if not isinstance(variable, StringVariable)
    } == {
        "integer": ContinuousVariable,
        "boolean": DiscreteVariable,
        "time": TimeVariable,
    }
    assert table.domain["image"].attributes == {"type": "image", "origin": str(tmp_path), "result": "image"}
    assert [str(table[0][name]) for name in ("integer", "boolean", "time", "json")] == [
        "7",
        "true",
        "2023-11-14 22:13:20",
        "{}",
    ]
    assert np.isnan(table.X[1]).all()
    assert str(table[1]["text"]) == "?"


def test_no_integer_loses_a_digit(tmp_path: Path) -> None:
    column = [Column("n", ColumnKind.INTEGER, "")]
    exact = results_table(column, [row(1, n=2**53)], tmp_path)
    assert exact.get_column("n")[0] == 2**53
    large = results_table(column, [row(1, n=2**63 - 1), row(2, n=5), row(3)], tmp_path)
    assert list(large.get_column("n")) == ["9223372036854775807", "5", ""]


def test_vectors_of_different_lengths_are_json(tmp_path: Path) -> None:
    column = [Column("v", ColumnKind.VECTOR, "")]
    table = results_table(column, [row(1, v=[1.0]), row(2, v=[1.0, 2.0]), row(3)], tmp_path)
    assert list(table.get_column("v")) == ["[1.0]", "[1.0,2.0]", ""]


def test_input_columns_keep_their_roles_and_double_names_are_told_apart(tmp_path: Path) -> None:
    rows = [row(2, text="b"), row(2, text="c"), row(1, text="a")]
    beside = mixed()
    table = results_table(
        [Column("text", ColumnKind.TEXT, ""), Column("score", ColumnKind.NUMBER, "")],
        rows,
        tmp_path,
        beside,
        {"score": "size"},
    )
    assert [variable.name for variable in table.domain.attributes] == ["size", "made", "size (1)"]
    assert [variable.name for variable in table.domain.metas] == ["path", "plain", "text"]
    assert table.domain.class_var is beside.domain.class_var
    assert list(table.ids) == [beside.ids[1], beside.ids[1], beside.ids[0]]
    assert list(table.get_column("size")) == [2.5, 2.5, 3.0]
    assert list(table.get_column("plain")) == ["", "", "first"]
    assert table.domain["path"].attributes["origin"] == "/photos"


def test_sparse_tables_stay_beside_the_results(tmp_path: Path) -> None:
    dense = mixed()
    words = Table.from_numpy(dense.domain, sparse.csr_matrix(dense.X), dense.Y, dense.metas)
    table = results_table([Column("v", ColumnKind.VECTOR, "")], [row(2, v=[1.0, 2.0]), row(1)], tmp_path, words)
    assert sparse.issparse(table.X)
    assert table.X.toarray()[0].tolist()[2:] == [1.0, 2.0]
    assert list(table.get_column("size")) == [2.5, 3.0]
    words = Table.from_numpy(dense.domain, dense.X, sparse.csr_matrix(dense.Y.reshape(-1, 1)), dense.metas)
    assert results_table([], [row(1)], tmp_path, words).Y.tolist() == [1.0]


def test_objects_of_numbers_are_a_column_each(tmp_path: Path) -> None:
    columns = [Column(name, ColumnKind.JSON, "") for name in ("scores", "usage", "flags", "mixed", "none")]
    cells = {"scores": '{"hate": 0.5, "harm": 0}', "usage": '{"total": 7, "details": {"cached": 1}}'}
    cells |= {"flags": '{"hate": true}', "mixed": '{"a": 1, "b": "c"}'}
    table = results_table(columns, [row(1, **cells), row(2)], tmp_path)
    assert [variable.name for variable in table.domain.attributes] == ["scores_hate", "scores_harm"]
    assert [variable.name for variable in table.domain.metas][2:] == [
        "usage_total",
        "usage_details_cached",
        "flags_hate",
        "mixed",
        "none",
    ]
    assert [str(table[0][name]) for name in ("scores_hate", "usage_total", "flags_hate")] == ["0.5", "7", "true"]
    assert np.isnan(table.X[1]).all()


def test_a_saved_table_reads_back_the_same(tmp_path: Path) -> None:
    tricky = {"text": 'a\tb\n"c"', "integer": 2**60 + 1, "json": '{"k": "v\\n"}', "image": "a.png"}
    table = results_table(COLUMNS, [row(1, **tricky, boolean=True, time=5), row(2)], tmp_path)
    table.save(str(tmp_path / "saved.tab"))
    again = Table.from_file(str(tmp_path / "saved.tab"))
    assert len(again) == 2
    for name in ("caption", "row_id", "text", "integer", "json", "image", "time"):
        assert [str(row[name]) for row in again] == [str(row[name]) for row in table], name
    assert again.domain["image"].attributes == table.domain["image"].attributes


def test_files_have_readable_names_and_the_same_content_is_one_file(tmp_path: Path) -> None:
    png = b"\x89PNG\r\n\x1a\n"
    names = [save_file(png, "Mug / 2 · 1", tmp_path), save_file(png, "Mug / 2 · 1", tmp_path)]
    names += [save_file(b"RIFF....WAVE", "x" * 200, tmp_path), save_file(b"???", "../..", tmp_path)]
    assert names[0] == names[1]
    assert names[0].startswith("Mug-2-1-")
    assert [Path(path).suffix for path in names[1:]] == [".png", ".wav", ".bin"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(set(names))
