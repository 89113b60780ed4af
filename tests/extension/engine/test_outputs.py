"""Result files: what is in them, and how Parquet divides them."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from endpoint_nodes.extension.engine.io.outputs import OUTPUT_SUFFIXES, write_table

SCHEMA = pa.schema([("number", pa.int64()), ("data", pa.binary())])


def batches(count: int, rows: int, size: int) -> Iterator[pa.RecordBatch]:
    for at in range(0, count * rows, rows):
        numbers = range(at, at + rows)
        yield pa.record_batch([list(numbers), [bytes(size)] * rows], schema=SCHEMA)


@pytest.mark.parametrize(
    ("count", "rows", "size", "groups"),
    [
        pytest.param(100, 256, 10, [10_240, 10_240, 5_120], id="small rows by their number"),
        pytest.param(7, 4, 1_000_000, [8, 8, 8, 4], id="images by their size"),
        pytest.param(0, 1, 1, [], id="no rows"),
    ],
)
def test_parquet_row_groups_are_neither_tiny_nor_more_than_memory_should_hold(
    tmp_path: Path, count: int, rows: int, size: int, groups: list[int]
) -> None:
    path = tmp_path / "out.parquet"
    write_table(path, SCHEMA, batches(count, rows, size))
    file = pq.ParquetFile(path)
    assert [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)] == groups
    assert file.read().column("number").to_pylist() == list(range(count * rows))


@pytest.mark.parametrize("suffix", OUTPUT_SUFFIXES)
def test_an_error_leaves_nothing_behind(tmp_path: Path, suffix: str) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from batches(2, 3, 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_table(tmp_path / f"out{suffix}", SCHEMA, broken())
    assert not list(tmp_path.iterdir())
