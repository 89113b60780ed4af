"""KNIME tables as input rows: only the cells that requests need, read as they are asked for."""

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...engine.io.inputs import Input, Row
from ..kit.fields import MEDIA_KINDS
from .fields import has_many_columns
from .paths import WorkflowPaths
from .plan import Plan, cell_name

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ROW_ID", "Kept", "open_table"]

ROW_ID = "<RowID>"
"""Name under which KNIME hands out and takes RowIDs."""

Kept = deque[tuple[str, "pa.RecordBatch", int]]
"""Where the input rows lie whose results are still to come: RowID, batch, position."""


def open_table(table: Any, plan: Plan, kept: Kept, paths: WorkflowPaths) -> Input:
    """Return the rows of `table` for the engine; each row read is noted in `kept` if its columns are."""
    import pyarrow as pa

    schema = pa.schema([(name, pa.null()) for name in plan.cells])
    return Input(_rows(table, plan, kept, paths), schema, int(table.num_rows))


def _rows(table: Any, plan: Plan, kept: Kept, paths: WorkflowPaths) -> Iterator[Row]:
    fields, keeps = plan.node.fields(), bool(plan.kept())
    files = {cell_name(columns) for name, columns in plan.columns.items() if fields[name].kind in MEDIA_KINDS}
    lists = {cell_name(columns): columns for name, columns in plan.columns.items() if has_many_columns(fields[name])}
    for part in table.batches():
        batch = part.to_pyarrow()
        ids = batch.column(batch.schema.get_field_index(ROW_ID))
        for position in range(batch.num_rows):
            row_id = str(ids[position].as_py())
            if keeps:
                kept.append((row_id, batch, position))
            cells: dict[str, Any] = {}
            for name in plan.cells:
                columns = lists.get(name, [name])
                found = [_plain(batch.column(batch.schema.get_field_index(column))[position]) for column in columns]
                cell = (_flat(found) or None) if name in lists else found[0]
                cells[name] = paths.plain(cell) if name in files or hasattr(cell, "fs_category") else cell
            yield Row(row_id, cells, row_id)


def _flat(values: list[Any]) -> list[Any]:
    """Return the files of several cells as one list; a cell may hold a list itself."""
    lists = [each if isinstance(each, list) else [each] for each in values if each is not None]
    return [each for some in lists for each in some if each is not None]


def _plain(cell: Any) -> Any:
    value = cell.as_py()
    stream: Any = getattr(value, "fp", None)
    # An image that nobody has looked at yet still has the bytes of its PNG.
    return stream.getvalue() if hasattr(stream, "getvalue") else value
