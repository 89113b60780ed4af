"""Tables that are in memory already: pandas, polars, Arrow, lists and dicts."""

from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING, Any

from ....port_types.errors import InvalidInput
from .arrow_tables import from_batches
from .media import encode_picture
from .rows import Input, Row

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["open_in_memory"]


def open_in_memory(source: Any, single_column: str | None) -> Input | None:
    """Open a table in memory, None if `source` is not one.

    Args:
        source: an Arrow table, batch or reader, anything with Arrow's stream interface (polars), a pandas DataFrame
            or Series, a list of dicts, a dict of lists, or a list of values.
        single_column: the column that a list of values, or a Series, fills.

    Raises:
        InvalidInput: it holds what a table cannot hold.
    """
    import pyarrow as pa

    if isinstance(source, pa.RecordBatchReader):
        return from_batches(source.schema, source, None)
    if hasattr(source, "itertuples"):
        return _from_frame(source)
    if hasattr(source, "to_frame") and hasattr(source, "index"):
        return _from_frame(source.to_frame(single_column or source.name))
    if isinstance(source, pa.RecordBatch):
        source = pa.Table.from_batches([source])
    elif hasattr(source, "__arrow_c_stream__") and not isinstance(source, pa.Table):
        source = pa.table(source)
    elif isinstance(source, dict):
        source = _to_arrow(lambda: pa.table({name: _plain(values) for name, values in source.items()}))
    elif isinstance(source, list | tuple):
        source = _from_list(list(source), single_column)
    if not isinstance(source, pa.Table):
        return None
    return from_batches(source.schema, source.to_batches(), source.num_rows)


def _from_list(values: list[Any], single_column: str | None) -> "pa.Table":
    import pyarrow as pa

    if all(isinstance(value, dict) for value in values) and values:
        names = dict.fromkeys(name for record in values for name in record)
        return _to_arrow(lambda: pa.table({name: _plain(record.get(name) for record in values) for name in names}))
    if single_column is None:
        raise InvalidInput("The input is a list of values, but this node has no field that it could fill; give dicts.")
    return _to_arrow(lambda: pa.table({single_column: _plain(values)}))


def _plain(values: Iterable[Any]) -> list[Any]:
    return [str(value) if isinstance(value, PathLike) else encode_picture(value) for value in values]


def _to_arrow(make: Any) -> "pa.Table":
    import pyarrow as pa

    try:
        table: pa.Table = make()
    except (pa.ArrowException, OverflowError, TypeError, UnicodeEncodeError) as error:
        raise InvalidInput(f"The input cannot be read as a table ({error}).") from None
    return table


def _from_frame(frame: Any) -> Input:
    import pyarrow as pa

    plain = frame.copy(deep=False)
    try:
        for name in (name for name, dtype in frame.dtypes.items() if dtype.kind == "O"):
            plain[name] = frame[name].map(encode_picture)
        table = pa.Table.from_pandas(plain, preserve_index=False)
    except pa.ArrowException as error:
        raise InvalidInput(f"The DataFrame cannot be read as a table ({error.args[-1]}: {error.args[0]}).") from None
    except UnicodeEncodeError as error:
        raise InvalidInput(f"The DataFrame cannot be read as a table ({error}).") from None
    ids = frame.index.map(str)
    keys = ids if ids.is_unique else map(str, range(len(frame)))
    cells = (row.cells for row in from_batches(table.schema, table.to_batches(), None).rows)
    return Input((Row(*row) for row in zip(ids, cells, keys, strict=True)), table.schema, len(frame))
