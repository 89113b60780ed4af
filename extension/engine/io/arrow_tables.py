"""Reading tables that are Arrow's own: Parquet, Arrow and Feather files, and folders of such parts."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....port_types.errors import InvalidInput
from .rows import Input, Row

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["from_batches", "open_arrow_files"]

READ_BYTES = 8_000_000
"""About how much of a file is read at once."""


def open_arrow_files(paths: list[Path]) -> Input:
    """Open one file, or several parts of one table, in this order.

    Raises:
        InvalidInput: a file cannot be read, or the parts have different columns.
    """
    import pyarrow as pa

    opened = [_open(path) for path in paths]
    schema = opened[0][0]
    for path, (other, _, _) in zip(paths, opened, strict=True):
        if not other.equals(schema):
            raise InvalidInput(f"{path} has other columns or types than {paths[0].name}; parts must be alike.")
    try:
        batches = chain.from_iterable(batches for _, _, batches in opened)
        read = from_batches(schema, batches, sum(count for _, count, _ in opened))
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(f"{paths[0]} cannot be read as a table ({error}).") from None
    return Input(read.rows, read.schema, read.count, paths[0].parent)


def _open(path: Path) -> "tuple[pa.Schema, int, Iterable[pa.RecordBatch]]":
    import pyarrow as pa
    import pyarrow.dataset
    import pyarrow.parquet

    suffix = path.suffix.lower().removeprefix(".")
    try:
        if suffix == "parquet":
            with pa.parquet.ParquetFile(path) as file:
                schema, count = file.schema_arrow, file.metadata.num_rows
            return schema, count, _parquet_batches(path, _rows_at_once(path, count))
        dataset = pa.dataset.dataset(path, format="feather" if suffix == "feather" else "arrow")
        count = dataset.count_rows()
        scanner = dataset.scanner(batch_size=_rows_at_once(path, count), batch_readahead=1, fragment_readahead=1)
        return dataset.schema, count, scanner.to_reader()
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(f"{path} cannot be read as a table ({error}).") from None


def _rows_at_once(path: Path, count: int) -> int:
    return max(1, min(256, READ_BYTES * count // max(1, path.stat().st_size)))


def _parquet_batches(path: Path, rows: int) -> "Iterator[pa.RecordBatch]":
    import pyarrow.parquet as pq

    # A dataset scanner would hold whole row groups, however large they are.
    with pq.ParquetFile(path, buffer_size=READ_BYTES) as file:
        yield from file.iter_batches(rows)


def from_batches(schema: "pa.Schema", batches: "Iterable[pa.RecordBatch]", count: int | None) -> Input:
    """Return the rows of `batches`, numbered from 0."""
    rows = (Row(str(number), cells, str(number)) for number, cells in enumerate(_cells(batches)))
    return Input(rows, schema, count)


def _cells(batches: "Iterable[pa.RecordBatch]") -> Iterator[dict[str, Any]]:
    for batch in batches:
        try:
            cells = batch.to_pylist()
        except (OverflowError, ValueError) as error:
            raise InvalidInput(
                f"The input holds a value that cannot be read, such as a date before the year 1 ({error})."
            ) from None
        yield from cells
