"""One connection to a service: HTTP/1.1 over asyncio, parsed by httptools."""

import asyncio
from collections import deque
from collections.abc import AsyncIterable

import httptools
import httpx

__all__ = ["Connection"]

MAX_HEAD_BYTES = 256_000
"""More than any service says before its answer."""

MAX_HELD_BYTES = 1_000_000
"""Of an answer that nobody has taken yet; then the service has to wait."""

PIECE_BYTES = 256_000
"""Written at a time: what the system does not take at once is copied."""


class Connection(asyncio.Protocol):
    """Carries one request after the other, each with its response.

    Attributes:
        status: of the response.
        headers: of the response, as they came.
    """

    status = 0
    _headed = _held_back = _crowded = _cut = _kept = _closed = False
    _whole = True
    _head_bytes = _held = 0
    _seconds: float | None = None
    _changed: asyncio.Future[None] | None = None
    _problem: httpx.TransportError | None = None
    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self.headers: list[tuple[bytes, bytes]] = []
        self._pieces: deque[bytes] = deque()

    @property
    def reusable(self) -> bool:
        """Whether all has been sent, the response is whole and the service keeps the connection."""
        return self._whole and self._kept and not (self._cut or self._closed)

    async def send(self, head: bytes, body: bytes | AsyncIterable[bytes], seconds: float | None) -> None:
        """Send a request and wait for the head of its response, which may come before all is sent.

        Args:
            head: its first line and headers, with the blank line.
            body: in one, or in the parts of which the headers tell the whole length.
            seconds: how long nothing may happen, here and while the body is read; None for as long as it takes.

        Raises:
            httpx.TransportError: there is no response.
        """
        self.headers, self._seconds, self._head_bytes = [], seconds, 0
        self._headed = self._whole = self._kept = False
        if not isinstance(body, bytes):
            await self._write(head)
            async for part in body:
                await self._write(part)
        elif len(body) < PIECE_BYTES:
            await self._write(head + body)
        else:
            await self._write(head)
            await self._write(body)
        while not self._headed:
            await self._change()

    async def read(self) -> bytes:
        """Return the next part of the body, b"" at its end.

        Raises:
            httpx.TransportError: the rest does not come.
        """
        while not self._pieces:
            if self._whole:
                return b""
            await self._change()
        piece = self._pieces.popleft()
        self._held -= len(piece)
        if self._held_back and not self._pieces:
            self._held_back = False
            self._transport.resume_reading()
        return piece

    def close(self) -> None:
        """Close it at once, whatever is still to come."""
        self._closed = True
        self._transport.abort()

    async def _write(self, data: bytes) -> None:
        view = memoryview(data)
        for at in range(0, len(view), PIECE_BYTES):
            if self._headed:
                self._cut = True  # a service that has answered need not read on
                return
            if self._problem:
                raise self._problem
            self._transport.write(view[at : at + PIECE_BYTES])
            while self._crowded and not self._headed:
                await self._change()

    async def _change(self) -> None:
        if self._problem:
            raise self._problem
        self._changed = self._loop.create_future()
        try:
            if self._seconds is None:
                await self._changed
            else:
                async with asyncio.timeout(self._seconds):
                    await self._changed
        except TimeoutError:
            raise httpx.ReadTimeout(f"nothing came for {self._seconds:g} s") from None
        finally:
            self._changed = None

    def _wake(self) -> None:
        if self._changed and not self._changed.done():
            self._changed.set_result(None)

    def _fail(self, problem: httpx.TransportError) -> None:
        self._problem = self._problem or problem
        self.close()
        self._wake()

    # What asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(httpx.RemoteProtocolError("what came is not HTTP/1.1"))
        if not self._whole and not self._headed:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._fail(httpx.RemoteProtocolError("its headers do not end"))
        if self._held > MAX_HELD_BYTES and not self._held_back:
            self._held_back = True
            self._transport.pause_reading()
        self._wake()

    def pause_writing(self) -> None:
        self._crowded = True

    def resume_writing(self) -> None:
        self._crowded = False
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._closed = True
        bounded = any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self.headers)
        if self._headed and not (error or bounded):
            self._whole = True  # such a body ends with its connection
        where = "in the middle of the answer" if self._headed else "without an answer"
        self._problem = self._problem or httpx.ReadError(f"the connection was closed {where}")
        self._wake()

    # What the parser tells

    def on_message_begin(self) -> None:
        if self._whole:
            self._fail(httpx.RemoteProtocolError("more came than was asked for"))

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._headed:  # else it belongs to a trailer
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self._headed = self.status >= 200  # below, the answer is still to come

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)
        self._held += len(body)

    def on_message_complete(self) -> None:
        if self._headed:
            self._whole, self._kept = True, self._parser.should_keep_alive()
        else:
            self.headers = []
