"""Files of batches over the network: large ones, and connections that break."""

from __future__ import annotations

import asyncio
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from endpoint_nodes.extension.engine.batch.service import open_service
from endpoint_nodes.extension.engine.http.client import open_clients
from endpoint_nodes.port_types.configuration import NO_CACHE, Configuration
from endpoint_nodes.port_types.errors import EndpointError, RequestFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINES = [b'{"custom_id": "%d", "text": "%s"}' % (number, b"x" * (number % 500)) for number in range(2000)]
CONTENT = b"\n".join(LINES) + b"\n"


class Breaking:
    """Serves a file and breaks the connection again and again: behind every `piece` bytes, in the middle of a line.

    Attributes:
        ranges: what was asked for.
    """

    def __init__(self, piece: int, *, keeps_ranges: bool) -> None:
        self._piece, self._keeps_ranges = piece, keeps_ranges
        self._broken = 0
        self.ranges: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        del receive
        asked = dict(scope["headers"]).get(b"range", b"").decode()
        self.ranges.append(asked)
        start = int(asked[6:-1]) if asked and self._keeps_ranges else 0
        self._broken += 1
        end = len(CONTENT) if self._broken > 4 else min(len(CONTENT), self._piece * self._broken)
        status = 206 if start else 200
        length = str(len(CONTENT) - start).encode()
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": CONTENT[start:end], "more_body": end < len(CONTENT)})
        if end < len(CONTENT):
            raise ConnectionError


def read(url: str, file: str = "file-1", **settings: Any) -> tuple[list[bytes], bool]:
    lines: list[bytes] = []

    async def take(line: bytes) -> None:
        await asyncio.sleep(0)
        lines.append(line)

    async def work() -> bool:
        configuration = Configuration(base_url=url, cache=NO_CACHE, **settings)
        async with open_clients(configuration) as clients, open_service(configuration, clients.service) as service:
            return await service.read_lines(file, take)

    found = asyncio.run(work())
    return lines, found


@pytest.mark.parametrize("keeps_ranges", [True, False])
def test_each_line_comes_once_however_often_the_connection_breaks(
    app_server: Callable[[Any], str], keeps_ranges: bool
) -> None:
    app = Breaking(100_003, keeps_ranges=keeps_ranges)
    lines, found = read(app_server(app))
    assert found
    assert lines == LINES
    assert len(app.ranges) == 5
    assert all(asked.startswith("bytes=") for asked in app.ranges[1:])


def test_a_file_that_cannot_be_read_to_its_end_is_an_error(app_server: Callable[[Any], str]) -> None:
    with pytest.raises(EndpointError, match="given up after 2 attempts"):
        read(app_server(Breaking(1_003, keeps_ranges=True)), max_attempts=2)


def test_a_file_that_is_gone_is_told_from_one_that_is_empty(sandbox_url: str) -> None:
    assert read(sandbox_url, "file-that-is-gone") == ([], False)


@pytest.mark.parametrize("body", [b"null", b"[]", b'{"error": {"message": "Try again."}}', b""])
def test_a_batch_of_which_nothing_is_said_is_not_taken_for_gone(app_server: Callable[[Any], str], body: bytes) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    async def work() -> None:
        configuration = Configuration(base_url=app_server(app), cache=NO_CACHE, max_attempts=1)
        async with open_clients(configuration) as clients, open_service(configuration, clients.service) as service:
            await service.get("batch_1")

    with pytest.raises(RequestFailed):
        asyncio.run(work())


class Discarding:
    """Takes an upload and keeps nothing of it but its size."""

    size = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        del scope
        more = True
        while more:
            message = await receive()
            self.size += len(message.get("body", b""))
            more = message.get("more_body", False)
        answer = b'{"id": "file-1"}'
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": answer})


def test_an_upload_is_never_in_memory_as_a_whole(app_server: Callable[[Any], str], tmp_path: Path) -> None:
    path, app = tmp_path / "lines.jsonl", Discarding()
    with path.open("wb") as file:
        for _ in range(60):
            file.write(b"x" * 999_999 + b"\n")
    url = app_server(app)

    async def work() -> int:
        configuration = Configuration(base_url=url, cache=NO_CACHE)
        async with open_clients(configuration) as clients, open_service(configuration, clients.service) as service:
            tracemalloc.start()
            assert await service.upload(path, "endpoint-nodes-1.jsonl") == "file-1"
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return peak

    assert asyncio.run(work()) < 20_000_000
    assert app.size > 60_000_000
