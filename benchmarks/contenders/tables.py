"""What contenders without tables of their own share: reading rows, and writing results in order as they come."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import orjson
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from job import Job

BATCH_ROWS, BATCH_BYTES = 256, 8_000_000
PREFETCH_FACTOR = 4

BOUNDARY = b"benchmark-5d6f0f4c"
CHAT = pa.schema(
    [
        ("row_id", pa.string()),
        ("content", pa.string()),
        ("finish_reason", pa.string()),
        ("index", pa.int64()),
        ("created", pa.int64()),
        ("model", pa.string()),
        ("usage", pa.string()),
    ]
)
IMAGES = pa.schema([("row_id", pa.string()), ("image", pa.binary())])


def rows(job: Job) -> Iterator[tuple[int, Any]]:
    """Yield number and cell of each row of the job's source."""
    column = "prompt" if job.is_chat else "image"
    number = 0
    for batch in ds.dataset(job.source).scanner(columns=[column], batch_size=256, batch_readahead=1).to_batches():
        for cell in batch.column(0).to_pylist():
            yield number, cell
            number += 1


def chat_rows(answer: Any) -> list[dict[str, Any]]:
    """Return the result rows of a chat completion."""
    common = {name: answer[name] for name in ("created", "model")}
    common["usage"] = orjson.dumps(answer["usage"]).decode()
    return [
        {
            "content": item["message"]["content"],
            "finish_reason": item["finish_reason"],
            "index": item["index"],
            **common,
        }
        for item in answer["choices"]
    ]


def image_bytes(cell: bytes | str) -> bytes:
    """Return the image that a cell holds or names."""
    return Path(cell).read_bytes() if isinstance(cell, str) else cell


def multipart(n: int) -> tuple[bytes, bytes, bytes]:
    """Return the content type of a request for `n` variations, and its body before and after the image."""
    part = b"--%s\r\nContent-Disposition: form-data; name=" % BOUNDARY
    before = b'%s"n"\r\n\r\n%d\r\n%s"image"; filename="i.png"\r\nContent-Type: image/png\r\n\r\n' % (part, n, part)
    return b"multipart/form-data; boundary=%s" % BOUNDARY, before, b"\r\n--%s--\r\n" % BOUNDARY


def get(url: str) -> bytes:
    """Return the request for a url."""
    _, _, host, path = url.split("/", 3)
    return f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def found_images(answer: memoryview) -> Iterator[bytes]:
    """Yield the images of an answer, decoded where they stand: the least that can be done."""
    import pybase64

    mark, body, at = b'"b64_json": "', answer.obj, 0
    while (at := body.find(mark, at)) >= 0:
        end = body.find(b'"', at + len(mark))
        yield pybase64.b64decode(memoryview(body)[at + len(mark) : end], validate=True)
        at = end


class Ordered:
    """Writes results in input order to the job's Parquet file as they come."""

    def __init__(self, job: Job) -> None:
        self._schema = CHAT if job.is_chat else IMAGES
        # Noise does not compress, and images are noise to a compressor.
        self._writer = pq.ParquetWriter(
            job.target,
            self._schema,
            compression="zstd" if job.is_chat else "none",
            use_dictionary=job.is_chat,
            write_statistics=job.is_chat,
        )
        self._limit = job.concurrency * PREFETCH_FACTOR
        self._moved = asyncio.Event()
        self._waiting: dict[int, list[dict[str, Any]]] = {}
        self._next = self._size = 0
        self._batch: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write()
        self._writer.close()

    def put(self, number: int, result: list[dict[str, Any]]) -> None:
        """Take the result of a row."""
        self._waiting[number] = result
        while self._next in self._waiting:
            for row in self._waiting.pop(self._next):
                self._batch.append({"row_id": str(self._next), **row})
                self._size += len(row.get("image", b""))
            self._next += 1
        self._moved.set()
        if len(self._batch) >= BATCH_ROWS or self._size >= BATCH_BYTES:
            self._write()

    async def room(self) -> None:
        """Wait until not too many results wait for an earlier one."""
        while len(self._waiting) >= self._limit:
            self._moved.clear()
            await self._moved.wait()

    def _write(self) -> None:
        columns = [
            pa.array([row[name] for row in self._batch], kind)
            for name, kind in zip(self._schema.names, self._schema.types, strict=True)
        ]
        self._writer.write_batch(pa.record_batch(columns, schema=self._schema))
        self._batch, self._size = [], 0
