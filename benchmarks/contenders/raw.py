"""The limit: an asyncio client that does the same work and nothing else; one connection a worker, no checks."""

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson
from job import Job

from . import tables


class Connection(asyncio.BufferedProtocol):
    """One connection to the service, one request at a time; its buffer is used again for every answer."""

    def __init__(self) -> None:
        self._space = bytearray(65_536)
        self._filled = 0
        self._wanted = 0  # bytes of head and body, 0 while the head is not whole
        self._start = 0
        self._answered: asyncio.Future[None]

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def get_buffer(self, _: int) -> memoryview:
        return memoryview(self._space)[self._filled :]

    def buffer_updated(self, count: int) -> None:
        self._filled += count
        if not self._wanted:
            self._read_head()
        if self._wanted and self._filled >= self._wanted:
            self._answered.set_result(None)

    def _read_head(self) -> None:
        end = self._space.find(b"\r\n\r\n", 0, self._filled)
        if end < 0:
            return
        head = bytes(self._space[:end]).lower()
        self._start = end + 4
        self._wanted = self._start + int(head.partition(b"content-length:")[2].partition(b"\r")[0])
        if self._wanted > len(self._space):
            # Another one, since the transport still holds a view of this one.
            grown = bytearray(self._wanted)
            grown[: self._filled] = memoryview(self._space)[: self._filled]
            self._space = grown

    async def ask(self, *parts: bytes) -> memoryview:
        """Send a request and return its answer's body, good until the next request."""
        self._filled = self._wanted = 0
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.writelines(parts)
        await self._answered
        return memoryview(self._space)[self._start : self._wanted]


class Client:
    """Does the job row by row; each worker has a connection, and one more where answers name urls."""

    def __init__(self, job: Job) -> None:
        self._job = job
        path = job.base_url.split("/", 3)[3]
        operation = "chat/completions" if job.is_chat else "images/variations"
        self._head = f"POST /{path}/{operation} HTTP/1.1\r\nHost: 127.0.0.1:{job.port}\r\n".encode()

    async def work(self, rows: Iterator[tuple[int, Any]], done: tables.Ordered) -> None:
        """Take rows until there are none."""
        _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", self._job.port)
        answer = self._chat if self._job.is_chat else self._images
        for number, cell in rows:
            done.put(number, await answer(connection, cell))
            await done.room()

    async def _chat(self, connection: Connection, prompt: str) -> list[dict[str, Any]]:
        body = orjson.dumps({"messages": [{"role": "user", "content": prompt}], "model": "benchmark"})
        answer = await connection.ask(
            self._head, b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body), body
        )
        return tables.chat_rows(orjson.loads(answer))

    async def _images(self, connection: Connection, cell: bytes | str) -> list[dict[str, Any]]:
        kind, before, after = tables.multipart(self._job.n)
        image = tables.image_bytes(cell)
        length = len(before) + len(image) + len(after)
        head = b"Content-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind, length)
        answer = await connection.ask(self._head, head, before, image, after)
        if self._job.work.startswith("b64"):
            return [{"image": image} for image in tables.found_images(answer)]
        urls = [item["url"] for item in orjson.loads(answer)["data"]]
        return [{"image": bytes(await connection.ask(tables.get(url)))} for url in urls]


async def _run(job: Job) -> None:
    client = Client(job)
    rows = tables.rows(job)
    with tables.Ordered(job) as done:
        await asyncio.gather(*(client.work(rows, done) for _ in range(min(job.concurrency, job.rows))))


def run(job: Job) -> None:
    """Do the job."""
    asyncio.run(_run(job))
