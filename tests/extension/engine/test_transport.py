"""The transport: what services may say in HTTP/1.1, byte by byte on real sockets, and which connections are kept."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from endpoint_nodes.extension.engine.http.transport import Transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

LIMITS = httpx.Limits(max_connections=2, max_keepalive_connections=2, keepalive_expiry=60)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Service:
    """Counts its connections; each is a talk."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.connections = self.ended = 0

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone
        finally:
            self.ended += 1
            writer.close()


@asynccontextmanager
async def talking(talk: Talk, limits: httpx.Limits = LIMITS) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    service = Service(talk)
    async with await asyncio.start_server(service.meet, "127.0.0.1", 0) as server:
        base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        transport = Transport(None, limits)
        async with httpx.AsyncClient(transport=transport, base_url=base_url, timeout=2) as client:
            yield service, client


def always(*answers: bytes, close: bool = False) -> Talk:
    """Response each request with the next of `answers`, its parts a moment apart where a NUL divides them."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = 0
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next((int(x.split(b":")[1]) for x in head.lower().split(b"\r\n") if b"content-length" in x), 0)
            await reader.readexactly(length)
            for part in answers[number % len(answers)].split(b"\0"):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.01)
            number += 1
            if close:
                return

    return talk


def run(coroutine: Any) -> Any:
    return asyncio.run(asyncio.wait_for(coroutine, 20))


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (OK, b"ok"),
        (b"HTTP/1.1 200 OK\r\ncontent-le\0ngth: 2\r\n\0\r\no\0k", b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\n\0HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n\0001\r\nk\r\n0\r\nX-Late: 1\r\n\r\n", b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
    ],
)
def test_an_answer_is_read_however_it_comes_and_the_connection_is_kept(answer: bytes, body: bytes) -> None:
    async def ask() -> None:
        async with talking(always(answer)) as (service, client):
            for _ in range(3):
                response = await client.post("/", content=b"question")
                assert (response.content, "x-late" in response.headers) == (body, False)
            assert service.connections == 1

    run(ask())


@pytest.mark.parametrize(
    ("answer", "close"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", False),
        (b"HTTP/1.1 200 OK\r\n\r\no\0k", True),
        (OK + b"HTTP/1.1 200 OK\r\n", False),
    ],
)
def test_a_connection_that_cannot_be_used_again_is_closed(answer: bytes, close: bool) -> None:
    async def ask() -> None:
        async with talking(always(answer, close=close)) as (service, client):
            for number in (1, 2):
                assert (await client.post("/", content=b"question")).content == b"ok"
                assert service.connections == number

    run(ask())


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000, "its headers do not end"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", "what came is not HTTP/1.1"),
        (b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", "what came is not HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "what came is not HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\n", "closed without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", "closed in the middle of the answer"),
    ],
)
def test_what_is_no_whole_answer_is_an_error(answer: bytes, problem: str) -> None:
    async def ask() -> None:
        async with talking(always(answer, close=True)) as (_, client):
            with pytest.raises(httpx.TransportError, match=problem):
                await client.post("/", content=b"question")

    run(ask())


def test_a_connection_closed_while_idle_is_not_used_again() -> None:
    async def ask() -> None:
        async with talking(always(OK, close=True)) as (service, client):
            for _ in range(3):
                assert (await client.post("/", content=b"question")).content == b"ok"
                await asyncio.sleep(0.05)
            assert service.connections == 3

    run(ask())


def test_no_more_connections_than_allowed_and_none_for_longer() -> None:
    async def ask() -> None:
        async with talking(always(OK)) as (other, there), talking(always(OK)) as (service, client):
            await asyncio.gather(*(client.post("/", content=b"question") for _ in range(20)))
            assert service.connections == 2
            # Another host takes the place of an idle connection.
            await asyncio.gather(*(client.post(there.base_url, content=b"question") for _ in range(4)))
            await asyncio.sleep(0.05)
            assert (other.connections, service.ended) == (2, 2)

    run(ask())


def test_an_idle_connection_expires() -> None:
    async def ask() -> None:
        limits = httpx.Limits(max_connections=2, keepalive_expiry=0.02)
        async with talking(always(OK), limits) as (service, client):
            for _ in range(2):
                await client.post("/", content=b"question")
                await asyncio.sleep(0.1)
            assert service.connections == 2

    run(ask())


def test_an_early_refusal_of_a_large_body_is_read() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
        await asyncio.sleep(1)  # and reads no further

    async def ask() -> None:
        async with talking(refuse) as (service, client):
            response = await client.post("/", content=b"x" * 30_000_000)
            assert (response.status_code, response.content) == (413, b"big")
            await client.aclose()
            await asyncio.sleep(0.05)
            assert service.connections == 1

    run(ask())


def test_large_bodies_arrive_whole_both_ways_and_do_not_pile_up() -> None:
    size = 30_000_000
    sent = 0

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        assert set(await reader.readexactly(size)) == {120}
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // 100_000):
            writer.write(b"y" * 100_000)
            await writer.drain()
            sent += 100_000

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * (size // 3)

    async def ask() -> None:
        async with talking(echo) as (_, client):
            given = {"content": parts(), "headers": {"content-length": str(size)}}
            async with client.stream("POST", "/", **given) as response:
                await asyncio.sleep(0.3)
                held = sent
                got = b"".join([piece async for piece in response.aiter_raw()])
            assert (len(got), set(got)) == (size, {121})
            # What the system's own buffers take goes through; the rest waits until it is read.
            assert held < size / 2

    run(ask())


def test_silence_ends_by_the_timeout_and_closes_the_connection() -> None:
    async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def ask() -> None:
        async with talking(silence) as (service, client):
            with pytest.raises(httpx.ReadTimeout, match=r"nothing came for 0.1 s"):
                await client.post("/", content=b"question", timeout=0.1)
            await asyncio.sleep(0.05)
            assert service.ended == 1

    run(ask())


def test_a_header_cannot_bring_another() -> None:
    async def ask() -> None:
        async with talking(always(OK)) as (service, client):
            with pytest.raises(httpx.LocalProtocolError, match="line break"):
                await client.get("/", headers={"X-Name": "a\r\nX-Other: b"})
            assert (await client.get("/")).content == b"ok"
            assert service.connections == 2

    run(ask())


def test_nobody_there_and_a_name_that_is_none_are_connect_errors() -> None:
    async def ask() -> None:
        async with httpx.AsyncClient(transport=Transport(None, LIMITS)) as client:
            for url in ("http://127.0.0.1:9/", f"http://{'x' * 70}.invalid/"):
                with pytest.raises(httpx.ConnectError, match="it cannot be reached"):
                    await client.get(url)

    run(ask())
