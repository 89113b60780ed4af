"""KNIME tables as input rows: only the cells that requests need, read as they are asked for."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...engine.io.inputs import Input, Row
from ..kit.fields import MEDIA_KINDS
from .fields import has_many_columns
from .paths import WorkflowPaths
from .plan import Plan, cell_name

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ROW_ID", "Place", "open_table", "places"]

ROW_ID = "<RowID>"
"""Name under which KNIME hands out and takes RowIDs."""

Place = tuple[str, "pa.RecordBatch", int]
"""Where an input row lies: its RowID, batch and position."""


def open_table(table: Any, plan: Plan, paths: WorkflowPaths) -> Input:
    """Return the rows of `table` for the engine, which may go through them more than once."""
    import pyarrow as pa

    schema = pa.schema([(name, pa.null()) for name in plan.cells])
    return Input(_Rows(table, plan, paths), schema, int(table.num_rows))


def places(table: Any) -> Iterator[Place]:
    """Yield where each row of KNIME's `table` lies; one batch is in memory at a time."""
    for part in table.batches():
        batch = part.to_pyarrow()
        ids = batch.column(batch.schema.get_field_index(ROW_ID))
        for position in range(batch.num_rows):
            yield str(ids[position].as_py()), batch, position


class _Rows:
    """The rows of a table, read as they are asked for."""

    def __init__(self, table: Any, plan: Plan, paths: WorkflowPaths) -> None:
        self._table, self._plan, self._paths = table, plan, paths
        fields = plan.node.fields()
        self._files = {cell_name(columns) for name, columns in plan.columns.items() if fields[name].kind in MEDIA_KINDS}
        self._lists = {
            cell_name(columns): columns for name, columns in plan.columns.items() if has_many_columns(fields[name])
        }

    def __iter__(self) -> Iterator[Row]:
        for row_id, batch, position in places(self._table):
            cells: dict[str, Any] = {}
            for name in self._plan.cells:
                columns = self._lists.get(name, [name])
                found = [_plain(batch.column(batch.schema.get_field_index(column))[position]) for column in columns]
                cell = (_flat(found) or None) if name in self._lists else found[0]
                is_file = name in self._files or hasattr(cell, "fs_category")
                cells[name] = self._paths.plain(cell) if is_file else cell
            yield Row(row_id, cells, row_id)


def _flat(values: list[Any]) -> list[Any]:
    """Return the files of several cells as one list; a cell may hold a list itself."""
    lists = [value if isinstance(value, list) else [value] for value in values if value is not None]
    return [item for items in lists for item in items if item is not None]


def _plain(cell: Any) -> Any:
    value = cell.as_py()
    stream: Any = getattr(value, "fp", None)
    # An image that nobody has looked at yet still has the bytes of its PNG.
    return stream.getvalue() if hasattr(stream, "getvalue") else value
