"""The result table: batches of the engine become batches of equal size for KNIME."""

from collections.abc import Container
from itertools import groupby
from typing import TYPE_CHECKING, Any

import knime.extension as knext

from .cells import knime_array
from .plan import Plan, own_name
from .rows import ROW_ID, places

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Results"]

Place = tuple["pa.RecordBatch", int]

BATCH_ROWS = 64
"""KNIME demands equal batches; texts and vectors wait in memory until there is one."""


class Results:
    """Writes result rows to KNIME as they come, so that memory holds one batch and not the table.

    RowIDs are those of the input; the second result of a row "RowA" is called "RowA_2". Without an input they are
    Row0, Row1 …

    Args:
        plan: what the table looks like.
        source: KNIME's input table, None if there is none.
    """

    def __init__(self, plan: Plan, source: Any) -> None:
        self._plan, self._source = plan, source
        # Results come in the order of the input, so that one look at each of its batches is enough.
        self._inputs = places(source) if source is not None else iter(())
        self._input: tuple[str, pa.RecordBatch | None, int] = ("", None, 0)
        self._kinds, self._names, self._own_names = plan.kinds(), plan.kept(), plan.own_names()
        self._table = knext.BatchOutputTable.create(row_ids="keep")
        self._waiting: list[pa.Table] = []
        self._ids: set[str] = set()
        self._count = 0

    def add(self, batch: "pa.RecordBatch") -> None:
        """Take over one batch of the engine; its images go to disk at once."""
        self._waiting.append(self._cells(batch))
        if sum(rows.num_rows for rows in self._waiting) >= BATCH_ROWS:
            self._write(whole_batches=True)

    def finish(self) -> Any:
        """Return KNIME's table, complete."""
        if not self._count:
            self._waiting.append(self._cells(_empty(self._plan, self._kinds)))
        self._write(whole_batches=False)
        return self._table

    def _write(self, *, whole_batches: bool) -> None:
        import pyarrow as pa

        rows = pa.concat_tables(self._waiting).combine_chunks()
        end = rows.num_rows - rows.num_rows % BATCH_ROWS
        for start in range(0, end, BATCH_ROWS):
            self._table.append(rows.slice(start, BATCH_ROWS))
        rest = rows.slice(end)
        if not whole_batches and (rest.num_rows or not self._count):
            self._table.append(rest)
        self._waiting = [rest]

    def _cells(self, batch: "pa.RecordBatch") -> "pa.Table":
        import pyarrow as pa

        row_ids = [f"Row{self._count + number}" for number in range(batch.num_rows)]
        places: list[Place] = []
        if self._source is not None:
            row_ids = [str(row_id) for row_id in batch.column("row_id").to_pylist()]
            places = [self._place_of(row_id) for row_id in row_ids] if self._names else []
        columns: dict[str, Any] = {ROW_ID: pa.array([self._unique(row_id) for row_id in row_ids], pa.string())}
        own = {own_name(field): batch.column(at) for at, field in enumerate(batch.schema)}
        for name in self._plan.schema.names:
            if name in self._kinds:
                columns[name] = knime_array(self._kinds[name], own[self._own_names[name]])
            else:
                columns[name] = self._kept_cells(self._names[name], places)
        self._count += batch.num_rows
        return pa.table(columns)

    def _unique(self, row_id: str) -> str:
        name, number = row_id, 1
        while name in self._ids:
            number += 1
            name = f"{row_id}_{number}"
        self._ids.add(name)
        return name

    def _place_of(self, row_id: str) -> "Place":
        while self._input[0] != row_id or self._input[1] is None:
            self._input = next(self._inputs)
        return self._input[1], self._input[2]

    def _kept_cells(self, column: str, places: "list[Place]") -> "pa.ChunkedArray[Any]":
        """Return the cells of an input column at `places`, as KNIME handed them out."""
        import pyarrow as pa

        chunks = []
        for _, group in groupby(places, key=lambda place: id(place[0])):
            found = list(group)
            cells = found[0][0].column(found[0][0].schema.get_field_index(column))
            chunks.append(cells.take(pa.array([position for _, position in found])))
        return pa.chunked_array(chunks) if chunks else self._source.to_pyarrow().column(column).slice(0, 0)


def _empty(plan: Plan, kinds: Container[str]) -> "pa.RecordBatch":
    import pyarrow as pa

    own = plan.own_names()
    fields = [field.with_name(own[field.name]) for field in plan.schema if field.name in kinds]
    return pa.RecordBatch.from_pylist([], pa.schema(fields))
