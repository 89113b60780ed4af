"""Thousands of rows in batches: the same table as a live one, each request once, and memory that does not grow."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROGRAM = """
import json, resource, sys, time
import pyarrow.parquet as pq
from endpoint_nodes.extension.engine import Execution
from endpoint_nodes.nodes import find_node
from endpoint_nodes.port_types.configuration import Configuration
url, cache, source, out, name, settings, delivery = sys.argv[1:]
configuration = Configuration(base_url=url, cache=cache, delivery=delivery, concurrency=16)
started, writer = time.monotonic(), None
with Execution(find_node(name)(**json.loads(settings)), configuration, source) as execution:
    with pq.ParquetWriter(out, execution.schema) as writer:
        for batch in execution:
            writer.write_batch(batch)
    execution.complete()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps({"mb": peak, "seconds": time.monotonic() - started, "sent": execution.summary().sent}))
"""


def picture(number: int) -> bytes:
    """A picture of about 150 kB that no other number gives."""
    return _noise() + number.to_bytes(4, "big")


@cache
def _noise() -> bytes:
    stream = io.BytesIO()
    Image.effect_noise((448, 448), 40).save(stream, "PNG")
    return stream.getvalue()


def chat(folder: Path, rows: int) -> Path:
    path = folder / f"{rows}.parquet"
    pq.write_table(pa.table({"prompt": [f"Describe product {row} in one sentence." for row in range(rows)]}), path)
    return path


def photos(folder: Path, rows: int) -> Path:
    path = folder / f"photos {rows}"
    path.mkdir()
    for row in range(rows):
        (path / f"{row:05}.png").write_bytes(picture(row))
    return path


def texts(folder: Path, rows: int) -> Path:
    path = folder / f"{rows}.parquet"
    pq.write_table(pa.table({"input": [f"Product {row}, good as new" for row in range(rows)]}), path)
    return path


EMBEDDINGS = {"model": "text-embedding-3-small", "encoding_format": "base64"}
CASES = {
    "chat": (chat, 5000, "create_chat_completion", {"model": "gpt-4.1-mini"}),
    "images": (photos, 2000, "create_image_variation", {"model": "dall-e-2", "route": "edits", "size": "256x256"}),
    "embeddings": (texts, 20_000, "create_embeddings", {**EMBEDDINGS, "rows_per_request": 64}),
}


@pytest.mark.parametrize("case", CASES)
def test_many_rows(case: str, sandbox_server: Callable[..., str], tmp_path: Path) -> None:
    make, rows, name, settings = CASES[case]
    url = sandbox_server(batch_seconds=1)
    told = {}
    for number, delivery in ((rows // 10, "batch"), (rows, "batch"), (rows, "live")):
        source = tmp_path / f"{delivery} {number}"
        source.mkdir()
        out = tmp_path / f"{delivery} {number}.parquet"
        given = [url, tmp_path / f"cache {delivery} {number}", make(source, number), out, name, json.dumps(settings)]
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *given, delivery], capture_output=True, text=True, check=True
        )
        told[delivery, number] = json.loads(done.stdout)
    print(case, told)  # noqa: T201 - what was measured
    batches = httpx.get(f"{url}/batches?limit=100").json()["data"]
    assert sum(batch["request_counts"]["completed"] for batch in batches) == rows + rows // 10
    found = pq.read_table(tmp_path / f"batch {rows}.parquet")
    live = pq.read_table(tmp_path / f"live {rows}.parquet")
    different = [column for column in ("created", "usage") if column in live.column_names]
    assert found.drop_columns(different).equals(live.drop_columns(different))
    small, large = told["batch", rows // 10]["mb"], told["batch", rows]["mb"]
    assert large < small + 80, f"memory grew from {small} to {large} MB"
