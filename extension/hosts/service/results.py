"""Results as JSON lines, as an Arrow stream, and one file at a time."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ....nodes.base.media.audio import sniff_audio
from ....nodes.base.media.images import sniff_image
from ...engine.io.media_files import media_columns
from ...engine.io.writers import JsonWriter

__all__ = ["ARROW", "JSON_LINES", "arrow_stream", "cell", "json_lines", "media_type"]

ARROW, JSON_LINES = "application/vnd.apache.arrow.stream", "application/x-ndjson"


def json_lines(path: Path, address: str) -> Iterator[bytes]:
    """Yield the rows of a result, batch by batch; images and recordings are addresses under `address`."""
    import pyarrow as pa

    with pa.ipc.open_file(pa.memory_map(str(path))) as file:
        first = 0
        for number in range(file.num_record_batches):
            batch = _with_addresses(file.get_batch(number), address, first)
            first += batch.num_rows
            text = io.StringIO()
            JsonWriter(text, batch.schema).write_batch(batch)
            yield text.getvalue().encode()


def _with_addresses(batch: Any, address: str, first: int) -> Any:
    import pyarrow as pa

    for name in media_columns(batch.schema):
        at = batch.schema.get_field_index(name)
        valid = batch.column(at).is_valid().to_pylist()
        cells = [
            f"{address}/{first + row}/{quote(name, safe='')}" if there else None for row, there in enumerate(valid)
        ]
        field = batch.schema.field(at).with_type(pa.string())
        columns = [*batch.columns[:at], pa.array(cells, pa.string()), *batch.columns[at + 1 :]]
        batch = pa.RecordBatch.from_arrays(columns, schema=batch.schema.set(at, field))
    return batch


def arrow_stream(path: Path) -> Iterator[bytes]:
    """Yield a result as an Arrow stream, batch by batch."""
    import pyarrow as pa

    with pa.ipc.open_file(pa.memory_map(str(path))) as file:
        buffer = io.BytesIO()
        with pa.ipc.new_stream(buffer, file.schema) as writer:
            for number in range(file.num_record_batches):
                writer.write_batch(file.get_batch(number))
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue()


def cell(path: Path, row: int, column: str) -> bytes | None:
    """Return the image or recording in a cell, None if there is none."""
    import pyarrow as pa

    with pa.ipc.open_file(pa.memory_map(str(path))) as file:
        if column not in media_columns(file.schema):
            return None
        for number in range(file.num_record_batches):
            batch = file.get_batch(number)
            if row < batch.num_rows:
                value: bytes | None = batch.column(column)[row].as_py()
                return value
            row -= batch.num_rows
    return None


def media_type(data: bytes) -> str:
    """Return what an image or recording is."""
    return sniff_image(data) or sniff_audio(data) or "application/octet-stream"
