"""What lies under the HTTP client: connections without a queue, or httpx's own where there is a proxy."""

import asyncio
import ssl
import time
import urllib.request
from collections.abc import Callable

import httpx

from .connection import Connection

__all__ = ["fast_transport"]

Origin = tuple[bytes, bytes, int | None, str]
"""Scheme, host, port, and the name that the certificate must have."""


def fast_transport(trusted: ssl.SSLContext | None, limits: httpx.Limits) -> httpx.AsyncBaseTransport | None:
    """Return a transport for one client, None if httpx's own is to be used.

    httpx's own pool looks at every connection for every request: at 64 in flight it takes most of a run's CPU time.
    It stays for proxies, which httpx reads from the environment.

    Args:
        trusted: the authorities; None where nothing is encrypted.
        limits: how many connections are opened and kept, and for how long.
    """
    return None if urllib.request.getproxies() else Transport(trusted, limits)


class Transport(httpx.AsyncBaseTransport):
    """httpx's types over HTTP/1.1 connections of which the one used last is used next; for one event loop."""

    def __init__(self, trusted: ssl.SSLContext | None, limits: httpx.Limits) -> None:
        self._trusted, self._limits = trusted, limits
        self._most = limits.max_connections or 1_000_000
        self._room = asyncio.Semaphore(self._most)
        self._in_use = 0
        self._idle: list[tuple[Origin, Connection, float]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        seconds = request.extensions.get("timeout", {})
        url = request.url
        name = request.extensions.get("sni_hostname") or url.raw_host.decode("ascii")
        origin = (url.raw_scheme, url.raw_host, url.port, name)
        await self._room.acquire()
        self._in_use += 1
        connection = None
        try:
            connection = self._kept(origin) or await self._opened(origin, seconds.get("connect"))
            stream = request.stream
            body = b"".join(stream) if isinstance(stream, httpx.SyncByteStream) else stream
            await connection.send(_head(request), body, seconds.get("read"))
        except BaseException:
            if connection:
                connection.close()
            self._leave()
            raise
        return httpx.Response(
            connection.status,
            headers=connection.headers,
            stream=_Body(connection, lambda: self._take_back(origin, connection)),
            request=request,
        )

    def _kept(self, origin: Origin) -> Connection | None:
        expired = time.monotonic() - (self._limits.keepalive_expiry or float("inf"))
        for at in reversed(range(len(self._idle))):
            of, connection, since = self._idle[at]
            if not connection.reusable or since < expired:
                del self._idle[at]
                connection.close()
            elif of == origin:
                del self._idle[at]
                return connection
        return None

    async def _opened(self, origin: Origin, seconds: float | None) -> Connection:
        if self._idle and len(self._idle) + self._in_use > self._most:
            self._idle.pop(0)[1].close()
        scheme, host, port, name = origin
        encrypted = scheme == b"https"
        try:
            async with asyncio.timeout(seconds):
                _, connection = await asyncio.get_running_loop().create_connection(
                    Connection,
                    host.decode("ascii"),
                    port or (443 if encrypted else 80),
                    ssl=(self._trusted or True) if encrypted else None,
                    server_hostname=name if encrypted else None,
                    happy_eyeballs_delay=0.25,
                )
        except TimeoutError:
            raise httpx.ConnectTimeout("it cannot be reached in time") from None
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", "") or error
            raise httpx.ConnectError(f"it cannot be reached ({reason})") from error
        return connection

    def _take_back(self, origin: Origin, connection: Connection) -> None:
        if connection.reusable:
            self._idle.append((origin, connection, time.monotonic()))
        else:
            connection.close()
        self._leave()

    def _leave(self) -> None:
        self._in_use -= 1
        self._room.release()

    async def aclose(self) -> None:
        for _, connection, _ in self._idle:
            connection.close()
        self._idle.clear()
        await asyncio.sleep(0)  # the connections are closed in the loop's next round


def _head(request: httpx.Request) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    lines += [b"%b: %b" % each for each in request.headers.raw]
    head = b"\r\n".join(lines) + b"\r\n\r\n"
    if head.count(b"\n") != len(lines) + 1 or head.count(b"\r") != len(lines) + 1:
        raise httpx.LocalProtocolError("a header has a line break in it")
    return head


class _Body(httpx.AsyncByteStream):
    """The body of a response, in the pieces in which it arrives."""

    def __init__(self, connection: Connection, let_go: Callable[[], None]) -> None:
        self._connection, self._let_go = connection, let_go

    def __aiter__(self) -> "_Body":
        return self

    async def __anext__(self) -> bytes:
        if piece := await self._connection.read():
            return piece
        raise StopAsyncIteration

    async def aclose(self) -> None:
        let_go, self._let_go = self._let_go, lambda: None
        let_go()
