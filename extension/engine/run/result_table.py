"""The columns of a run's result: those of the input first, under their own names, then those of the node."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ....nodes.base import Node
from ....port_types.errors import InvalidSetting
from ....port_types.nearest import nearest
from ....port_types.table import Column, ColumnKind, arrow_schema
from ..io.inputs import Input

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "INPUT_KEY",
    "OWN_KEY",
    "ROW_ID",
    "ResultTable",
    "TableRow",
    "result_names",
    "result_schema",
    "select_columns",
]

ROW_ID = Column("row_id", ColumnKind.TEXT, "Id of the input row.")

INPUT_KEY = b"endpoint_nodes.input"
"""Key of an Arrow field's metadata that holds the name of the input column it was kept from."""

OWN_KEY = b"endpoint_nodes.column"
"""Key of an Arrow field's metadata that holds the name that the node has for its own column."""


TableRow = tuple[Mapping[str, Any], Mapping[str, Any]]
"""The cells of an input row, and one of the node's own rows for it."""


class ResultTable:
    """What becomes of a node's own rows in the table that a user gets.

    A user's names win: those of the input's columns, then those that the user gave to answers. A column of the node
    that would have a taken name is called after the node as well ("model" becomes "chat_model").

    Args:
        node: the node.
        opened: its input, None for a single request.
        select: names of the columns to keep, in this order; None keeps all.

    Attributes:
        schema: Arrow schema of the table, known before anything runs.
        holds_files: whether a row may hold images, recordings or other files, in the input or in the result.

    Raises:
        InvalidSetting: `select` names a column that the table would not have.
    """

    def __init__(self, node: Node, opened: Input | None, select: Sequence[str] | None = None) -> None:
        import pyarrow as pa

        kept = _kept_columns(node, opened)
        # A table that came through a node before has the ids of its rows already.
        needs_ids = opened is not None and ROW_ID.name not in kept.names
        own = (ROW_ID, *node.result_columns()) if needs_ids else node.result_columns()
        names = result_names(node, own, kept.names)
        own_fields = [_mark(field, OWN_KEY, field.name).with_name(names[field.name]) for field in arrow_schema(own)]
        inputs = [_mark(field, INPUT_KEY, field.name) for field in kept]
        schema = pa.schema([*inputs, *own_fields])
        self.schema = select_columns(schema, select)
        types = [*(opened.schema.types if opened else ()), *schema.types]
        self.holds_files = any(not (pa.types.is_primitive(kind) or pa.types.is_string(kind)) for kind in types)
        self._inputs = [field.name for field in inputs if field.name in self.schema.names]
        self._own = [(name, final) for name, final in names.items() if final in self.schema.names]

    def batch(self, rows: "Sequence[TableRow]") -> "pa.RecordBatch":
        """Return `rows` as a batch of the schema; what is lacking is null."""
        import pyarrow as pa

        columns = {name: [cells.get(name) for cells, _ in rows] for name in self._inputs}
        columns |= {final: [result.get(name) for _, result in rows] for name, final in self._own}
        return pa.record_batch([_array(columns[field.name], field.type) for field in self.schema], schema=self.schema)


def _array(values: list[Any], arrow_type: "pa.DataType") -> "pa.Array[Any]":
    import pyarrow as pa

    try:
        return pa.array(values, type=arrow_type)
    except UnicodeEncodeError:
        # Python has such text for names of files that are not UTF-8.
        readable = [value.encode("utf-8", "replace").decode() if isinstance(value, str) else value for value in values]
        return pa.array(readable, type=arrow_type)


def _mark(field: "pa.Field[Any]", key: bytes, name: str) -> "pa.Field[Any]":
    metadata: dict[bytes | str, bytes | str] = {**(field.metadata or {}), key: name.encode()}  # type: ignore[dict-item]
    return field.with_metadata(metadata)


def _kept_columns(node: Node, opened: Input | None) -> "pa.Schema":
    import pyarrow as pa

    # A folder's only column, paths, says nothing that the row's id does not.
    if opened is None or not node.keep_columns or opened.fields:
        return pa.schema([])
    for field in opened.schema:
        _check_kept(field)
    return opened.schema


def _check_kept(field: "pa.Field[Any]") -> None:
    """Refuse a column that cannot be made again from its values.

    Raises:
        InvalidSetting: it cannot.
    """
    import pyarrow as pa

    try:
        pa.array([], type=field.type)
        remade = str(field.type) != "extension<arrow.bool8>"
    except pa.ArrowException:
        remade = False
    if not remade:
        raise InvalidSetting(
            f"The column {field.name!r} is of the type {field.type}, which a result cannot keep; give it another type, "
            "or keep no columns: `keep_columns=false`."
        )


def result_names(node: Node, own: Sequence[Column], kept: Iterable[str]) -> dict[str, str]:
    """Return what each of a node's `own` columns is called beside the columns `kept` from the input, by its name."""
    prefix = node.function_name()
    taken = set(kept) - {ROW_ID.name}
    names = {}
    for column in sorted(own, key=lambda column: not column.label):
        name = final = column.label or column.name
        number = 1
        while final in taken:
            final = f"{prefix}_{name}" if number == 1 else f"{prefix}_{name}_{number}"
            number += 1
        names[column.name] = final
        taken.add(final)
    return {column.name: names[column.name] for column in own}


def select_columns(schema: "pa.Schema", names: Sequence[str] | None) -> "pa.Schema":
    """Return the schema of the columns called `names`, in this order; all of them if it is None.

    Raises:
        InvalidSetting: the table has no such column, or one is named twice.
    """
    import pyarrow as pa

    if names is None:
        return schema
    for number, name in enumerate(names):
        if name not in schema.names:
            near = nearest(name, schema.names)
            guess = f"did you mean {near!r}?" if near else f"its columns are {', '.join(schema.names)}."
            raise InvalidSetting(f"The result has no column {name!r} to select; {guess}")
        if name in names[:number]:
            raise InvalidSetting(f"The column {name!r} is selected twice; a table has it once.")
    return pa.schema([schema.field(name) for name in names])


def result_schema(node: Node, opened: Input | None) -> "pa.Schema":
    """Return the schema of the result, known before anything runs."""
    return ResultTable(node, opened).schema
