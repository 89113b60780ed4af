"""From result rows to an Orange table that Orange's own widgets understand."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table, TimeVariable, Variable
from Orange.data.util import get_unique_names

from ....nodes.base import Node
from ....port_types.table import FILE_KINDS, Column, ColumnKind
from .json_columns import numbers_of

__all__ = ["CAPTION", "RESULT", "ROW_ID", "results_table", "shown_columns"]

CAPTION, ROW_ID = "caption", "row_id"
NAME = "Results"
LASTING = ("status", "error")
"""Columns that stand even where no row failed: a workflow selects by them."""
EMPTY = ("", "[]", "{}")
RESULT = "result"
"""Attribute of a variable that names the node's own column it holds, by which the next node finds it."""
EXACT = 2**53
"""Orange's numbers are floats: whole ones beyond this are kept as text, so that none loses a digit."""

Part = tuple[list[Variable], np.ndarray]
"""Variables and their values, one column a variable."""


def shown_columns(node: Node, rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Return the columns of a node's table: simplified results go without bookkeeping and without empty columns.

    Args:
        node: the node with its settings.
        rows: all result rows, by column name.
    """
    columns = node.result_columns()
    if node.result_format != "simplified":
        return list(columns)
    used = [column for column in columns if node.request_details or not column.detail]
    return [column for column in used if not rows or column.name in LASTING or _is_used(column, rows)]


def _is_used(column: Column, rows: Sequence[Mapping[str, Any]]) -> bool:
    if column.kind in FILE_KINDS:
        return True
    cells = (row.get(column.name) for row in rows)
    return any(not isinstance(cell, str) or cell not in EMPTY for cell in cells if cell is not None)


def results_table(
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Any]],
    folder: Path,
    beside: Table | None = None,
    names: Mapping[str, str] | None = None,
) -> Table:
    """Return `rows` as a table: measurements as features, everything else as metas.

    Without the input's columns a caption and the row's id come first.

    Args:
        columns: the result's columns.
        rows: values by column name, with "caption" and "row_id"; files by their name in `folder`.
        folder: where the files are.
        beside: the input table, if its own columns are to stand beside the results.
        names: what the columns are called, where that is not their name.
    """
    files = [column for column in columns if column.kind in FILE_KINDS]
    texts = [Column(CAPTION, ColumnKind.TEXT, ""), *files, Column(ROW_ID, ColumnKind.TEXT, "")]
    head = texts if beside is None else files
    named = {
        column.name: (dataclasses.replace(column, name=(names or {}).get(column.name, column.name)), column)
        for column in (*head, *(column for column in columns if column not in files))
    }
    features: list[Part] = []
    metas: list[Part] = []
    for name, (column, own) in named.items():
        for part, measured in _parts(column, [row.get(name) for row in rows], folder):
            for variable in part[0]:
                if own in columns and isinstance(variable, StringVariable):
                    variable.attributes[RESULT] = name
            (features if measured else metas).append(part)
    if beside is not None:
        return _with_input(features, metas, rows, beside, len(files))
    attributes, x = _joined(features, len(rows), float)
    described, m = _joined(metas, len(rows), object)
    table = Table.from_numpy(Domain(attributes, None, described), x, None, m)
    table.name = NAME
    return table


def _parts(column: Column, values: list[Any], folder: Path) -> Iterator[tuple[Part, bool]]:
    """Yield the variables of a column, each with whether models may learn from it."""
    if column.kind is ColumnKind.JSON and (numbers := numbers_of(column, values)):
        for inner, cells in numbers:
            yield _part(inner, cells, folder), inner.kind is ColumnKind.NUMBER
        return
    part = _part(column, values, folder)
    continuous = all(isinstance(variable, ContinuousVariable) for variable in part[0])
    # Vectors and scores are measurements; times and counts are the bookkeeping of requests.
    yield part, continuous and column.kind in (ColumnKind.VECTOR, ColumnKind.NUMBER)


def _part(column: Column, values: list[Any], folder: Path) -> Part:
    if column.kind is ColumnKind.VECTOR:
        return _vectors(column, values)
    if column.kind is ColumnKind.INTEGER and any(abs(value) > EXACT for value in values if value is not None):
        column = Column(column.name, ColumnKind.TEXT, column.help)
    variable = _variable(column, folder)
    if isinstance(variable, StringVariable):
        cells: list[Any] = ["" if value is None else str(value) for value in values]
        return [variable], np.array(cells, dtype=object).reshape(-1, 1)
    return [variable], np.array([np.nan if value is None else value for value in values], dtype=float).reshape(-1, 1)


def _variable(column: Column, folder: Path) -> Variable:
    match column.kind:
        case ColumnKind.INTEGER:
            return ContinuousVariable(column.name, number_of_decimals=0)
        case ColumnKind.NUMBER:
            return ContinuousVariable(column.name)
        case ColumnKind.BOOLEAN:
            return DiscreteVariable(column.name, values=("false", "true"))
        case ColumnKind.TIME:
            return TimeVariable(column.name, have_date=1, have_time=1)
    variable = StringVariable(column.name)
    if column.kind in FILE_KINDS:
        variable.attributes = {"type": column.kind.value, "origin": str(folder)}
    return variable


def _vectors(column: Column, values: list[Any]) -> Part:
    """Vectors of one length are one variable a dimension; others are JSON text."""
    lengths = {len(value) for value in values if value is not None}
    if len(lengths) > 1:
        import msgspec

        texts = [None if value is None else msgspec.json.encode(list(value)).decode() for value in values]
        return _part(Column(column.name, ColumnKind.JSON, column.help), texts, Path())
    length = lengths.pop() if lengths else 0
    cells = [[np.nan] * length if value is None else value for value in values]
    variables = [ContinuousVariable(f"{column.name}_{number}") for number in range(1, length + 1)]
    return variables, np.array(cells, dtype=float).reshape(len(values), length)


def _joined(parts: list[Part], rows: int, dtype: type) -> Part:
    blocks: list[np.ndarray] = [block.astype(dtype) for _, block in parts]
    return [variable for variables, _ in parts for variable in variables], (
        np.hstack(blocks) if blocks else np.empty((rows, 0), dtype=dtype)
    )


def _with_input(
    features: list[Part], metas: list[Part], rows: Sequence[Mapping[str, Any]], table: Table, files: int
) -> Table:
    """Return the results beside the input rows they came from, whose columns keep their names, roles and row ids.

    Only the first `files` metas, those that hold files, come before the input's: Image Viewer shows the first images.
    """
    source = table[[int(row[ROW_ID]) - 1 for row in rows]]
    taken = [variable.name for variable in (*table.domain.variables, *table.domain.metas)]
    features, metas = ([_renamed(part, taken) for part in parts] for parts in (features, metas))
    attributes, x = _joined(features, len(rows), float)
    shown, m = _joined(metas[:files], len(rows), object)
    others, more = _joined(metas[files:], len(rows), object)
    domain = table.domain
    # Results beside a Corpus (Orange3-Text) are one, so that text widgets go on with it.
    kind = type(table) if hasattr(table, "text_features") else Table
    joined = kind.from_numpy(
        Domain([*domain.attributes, *attributes], domain.class_vars, [*shown, *domain.metas, *others]),
        sp.hstack([source.X, x], format="csr") if sp.issparse(source.X) else np.hstack([source.X, x]),
        _dense(source.Y).reshape(len(rows), -1) if domain.class_vars else None,
        np.hstack([m, _dense(source.metas).astype(object), more]),
        W=source.W if source.has_weights() else None,
        attributes=dict(table.attributes),
        ids=source.ids,
    )
    joined.name = NAME
    return joined


def _renamed(part: Part, taken: list[str]) -> Part:
    """Return `part` under names that are not among `taken`: numbers of a JSON object may meet those of another."""
    free = [get_unique_names(taken, variable.name) for variable in part[0]]
    return [
        variable if variable.name == name else variable.renamed(name)
        for variable, name in zip(part[0], free, strict=True)
    ], part[1]


def _dense(block: Any) -> np.ndarray:
    array: np.ndarray = block.toarray() if sp.issparse(block) else block
    return array
