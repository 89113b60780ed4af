"""What the cache costs, and what it saves: ``python benchmarks/cache_price.py`` on a quiet machine.

Chat rows with 64 in flight against a service that answers at once, with and without the cache in turns; then the same
rows again, which all come from it. The times are of the whole run from table to result, medians of several rounds.
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pyarrow as pa

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.configuration import NO_CACHE, Configuration

IN_FLIGHT = 64
SETTLED = 2.5
"""Seconds after which a response counts as on the disk, whoever kept it."""


class Answering(asyncio.Protocol):
    """Gives every request the same answer at once: the least that a service can cost."""

    choice = json.dumps({"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "x" * 300}})
    body = f'{{"object": "chat.completion", "choices": [{choice}]}}'.encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._got = transport, b""

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if found and len(body) >= int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]):
            self._got = b""
            self._transport.write(self.answer)


def serve(parent: Connection, protocol: type[asyncio.Protocol] = Answering) -> None:
    """Serve on a free port, which is sent to `parent`."""

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
        parent.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def rows_per_second(base_url: str, cache: str, rows: int) -> float:
    """Return rows a second of one run."""
    table = pa.table({"prompt": [f"What is {number}?" for number in range(rows)]})
    configuration = Configuration(base_url=base_url, concurrency=IN_FLIGHT, cache=cache)
    began = time.perf_counter()
    execute(CreateChatCompletion(model="benchmark"), configuration, table)
    return rows / (time.perf_counter() - began)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000, help="of the runs that ask")
    parser.add_argument("--cached", type=int, default=100_000, help="of the runs that find everything in the cache")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    mine, its = multiprocessing.Pipe()
    service = multiprocessing.Process(target=serve, args=(its,), daemon=True)
    service.start()
    base_url = f"http://127.0.0.1:{mine.recv()}/v1"
    with tempfile.TemporaryDirectory() as folder:
        rows_per_second(base_url, NO_CACHE, 1_000)  # loads what is loaded once
        without, kept = [], []
        for number in range(arguments.rounds):
            without.append(rows_per_second(base_url, NO_CACHE, arguments.rows))
            kept.append(rows_per_second(base_url, str(Path(folder, str(number))), arguments.rows))
        off, on = statistics.median(without), statistics.median(kept)
        print(f"without the cache {off:,.0f} rows/s, with it {on:,.0f} rows/s: {on / off:.2f}")
        full = str(Path(folder, "full"))
        rows_per_second(base_url, full, arguments.cached)
        time.sleep(SETTLED)
        found = statistics.median(rows_per_second(base_url, full, arguments.cached) for _ in range(3))
        print(f"{arguments.cached:,} rows from the cache: {found:,.0f} rows/s")
    service.terminate()


if __name__ == "__main__":
    main()
