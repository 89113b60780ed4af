"""How much faster four Ray workers are than one: ``.venv-ray/bin/python benchmarks/ray_scaling.py --latency 0.05``.

Each worker has 16 requests in flight, the service answers after the given latency, and the time counts from the first
row to the output in place; starting Ray and importing the package are left out by a run that is not counted.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pyarrow as pa
import ray

from endpoint_nodes.extension.hosts.ray_data import execute_on_ray
from endpoint_nodes.nodes.create_embeddings import CreateEmbeddings
from endpoint_nodes.port_types.configuration import Configuration

WORKERS, IN_FLIGHT = 4, 16
NODE = CreateEmbeddings(model="none", rows_per_request=1)


class Answering(asyncio.Protocol):
    """Gives every request the same answer, later: the least that a service can cost, so that clients are measured."""

    latency = 0.0
    answer = json.dumps({"model": "none", "data": [{"index": 0, "embedding": [0.5] * 8}], "usage": {}}).encode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._got = transport, b""

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), None)
        whole = len(body) >= length if length is not None else body.endswith(b"0\r\n\r\n")
        if found and whole:
            self._got = b""
            asyncio.get_running_loop().call_later(self.latency, self._reply)

    def _reply(self) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(self.answer)
        if not self._transport.is_closing():
            self._transport.write(head + self.answer)  # type: ignore[attr-defined]


def serve(latency: float, told: Connection) -> None:
    """Serve on the loopback until the process is ended; tells its port."""

    async def work() -> None:
        Answering.latency = latency
        server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0, backlog=1024)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(work())


def measured(base_url: str, folder: Path, workers: int, rows: int) -> float:
    """Return rows a second of one run, its cache on disk."""
    configuration = Configuration(
        base_url=base_url, concurrency=workers * IN_FLIGHT, cache=str(folder / "cache"), max_age=0
    )
    table = pa.table({"input": [f"text {number}" for number in range(rows)]})
    began = time.perf_counter()
    execute_on_ray(NODE, configuration, table, folder / "out", workers=workers)
    return rows / (time.perf_counter() - began)


def main() -> None:
    """Measure, and print each round and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.05, help="Seconds.")
    parser.add_argument("--seconds", type=float, default=30, help="What one worker takes at best.")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    mine, theirs = multiprocessing.Pipe()
    service = multiprocessing.Process(target=serve, args=(given.latency, theirs), daemon=True)
    service.start()
    base_url = f"http://127.0.0.1:{mine.recv()}/v1"
    ray.init("local", num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level="error")
    rate = IN_FLIGHT / given.latency
    found: dict[int, list[float]] = {1: [], WORKERS: []}
    with tempfile.TemporaryDirectory() as folder:
        measured(base_url, Path(folder), WORKERS, 64 * WORKERS)
        for _ in range(given.rounds):
            for workers, rates in found.items():
                rates.append(measured(base_url, Path(folder), workers, int(given.seconds * rate)))
                load = os.getloadavg()[0]
                print(f"{workers} workers: {rates[-1]:.0f} rows/s (at best {workers * rate:.0f}; load {load:.1f})")
    one, several = (statistics.median(rates) for rates in found.values())
    print(f"Medians: {one:.0f} and {several:.0f} rows/s: {several / one / WORKERS:.2f} x {WORKERS} x one worker")


if __name__ == "__main__":
    main()
