"""From result rows to an Orange table that Orange's own widgets understand."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table, TimeVariable, Variable
from Orange.data.util import get_unique_names

from ....port_types.table import Column, ColumnKind

__all__ = ["CAPTION", "FILE_KINDS", "ROW_ID", "results_table"]

CAPTION, ROW_ID = "caption", "row_id"
FILE_KINDS = (ColumnKind.IMAGE, ColumnKind.AUDIO, ColumnKind.FILE)
EXACT = 2**53
"""Orange's numbers are floats: whole ones beyond this are kept as text, so that none loses a digit."""

Part = tuple[list[Variable], np.ndarray]
"""Variables and their values, one column a variable."""


def results_table(
    columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], folder: Path, beside: Table | None = None
) -> Table:
    """Return `rows` as a table: measurements as features, everything else as metas, a caption first.

    Args:
        columns: the result's columns.
        rows: values by column name, with "caption" and "row_id"; files by their name in `folder`.
        folder: where the files are.
        beside: the input table, if its own columns are to stand beside the results.
    """
    texts = [Column(CAPTION, ColumnKind.TEXT, ""), *(each for each in columns if each.kind in FILE_KINDS)]
    texts += [Column(ROW_ID, ColumnKind.TEXT, "")]
    rest = [each for each in columns if each not in texts]
    parts = {each.name: _part(each, [row.get(each.name) for row in rows], folder) for each in (*texts, *rest)}
    measured = [each.name for each in rest if _is_measurement(parts[each.name], each)]
    features, x = _joined([parts[name] for name in measured], len(rows), float)
    metas, m = _joined([part for name, part in parts.items() if name not in measured], len(rows), object)
    table = Table.from_numpy(Domain(features, None, metas), x, None, m)
    table.name = "Results"
    return table if beside is None else _with_input(table, rows, beside)


def _part(column: Column, values: list[Any], folder: Path) -> Part:
    if column.kind is ColumnKind.VECTOR:
        return _vectors(column, values)
    if column.kind is ColumnKind.INTEGER and any(abs(each) > EXACT for each in values if each is not None):
        column = Column(column.name, ColumnKind.TEXT, column.help)
    variable = _variable(column, folder)
    if isinstance(variable, StringVariable):
        cells: list[Any] = ["" if each is None else str(each) for each in values]
        return [variable], np.array(cells, dtype=object).reshape(-1, 1)
    return [variable], np.array([np.nan if each is None else each for each in values], dtype=float).reshape(-1, 1)


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
    lengths = {len(each) for each in values if each is not None}
    if len(lengths) > 1:
        import msgspec

        texts = [None if each is None else msgspec.json.encode(list(each)).decode() for each in values]
        return _part(Column(column.name, ColumnKind.JSON, column.help), texts, Path())
    length = lengths.pop() if lengths else 0
    cells = [[np.nan] * length if each is None else each for each in values]
    variables = [ContinuousVariable(f"{column.name}_{number}") for number in range(1, length + 1)]
    return variables, np.array(cells, dtype=float).reshape(len(values), length)


def _is_measurement(part: Part, column: Column) -> bool:
    """Return whether models may learn from it: vectors and scores, not the bookkeeping of requests."""
    continuous = all(isinstance(each, ContinuousVariable) for each in part[0])
    return continuous and column.kind in (ColumnKind.VECTOR, ColumnKind.NUMBER)


def _joined(parts: list[Part], rows: int, dtype: type) -> Part:
    blocks: list[np.ndarray] = [block.astype(dtype) for _, block in parts]
    return [each for variables, _ in parts for each in variables], (
        np.hstack(blocks) if blocks else np.empty((rows, 0), dtype=dtype)
    )


def _with_input(results: Table, rows: Sequence[Mapping[str, Any]], table: Table) -> Table:
    """Return `results` with the columns of the input rows they came from, in the roles these had."""
    source = table[[int(row[ROW_ID]) - 1 for row in rows]]
    taken = [each.name for each in (*results.domain.variables, *results.domain.metas)]
    renamed = {}
    for each in (*table.domain.variables, *table.domain.metas):
        name = get_unique_names(taken, each.name)
        taken.append(name)
        renamed[each] = each if name == each.name else each.renamed(name)

    def own(variables: Sequence[Variable]) -> list[Variable]:
        return [renamed[each] for each in variables]

    domain = Domain(
        [*results.domain.attributes, *own(table.domain.attributes)],
        own(table.domain.class_vars),
        [*results.domain.metas, *own(table.domain.metas)],
    )
    joined = Table.from_numpy(
        domain,
        np.hstack([results.X, source.X]),
        source.Y.reshape(len(rows), -1) if table.domain.class_vars else None,
        np.hstack([results.metas.astype(object), source.metas.astype(object)]),
    )
    joined.name = results.name
    return joined
