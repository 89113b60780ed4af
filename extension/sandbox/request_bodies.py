"""Request bodies while they arrive and are handled: bounded in memory together, and on disk where they are large."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

__all__ = ["SMALL", "BodyRoom", "BodyTooLarge", "HandlingMemory", "NoRoom", "ReceivedBody", "receive_body"]

SMALL = 65_536  # bytes of a body that comes as one message and is not worth counting
IN_MEMORY = 64_000_000  # bytes of all bodies together; what is more waits on disk
OWN_IN_MEMORY = 1_000_000  # bytes of one body
READ = 262_144  # bytes that the application gets at once
HANDLED = 128_000_000  # bytes of the bodies that are decoded and answered at the same time


class BodyTooLarge(Exception):
    """A body is larger than the sandbox accepts."""


class NoRoom(Exception):
    """All bodies together are larger than the sandbox keeps."""


class BodyRoom:
    """Counts the bytes of all bodies that have begun to arrive and are not answered yet.

    Args:
        max_body: Bytes of one body.
    """

    def __init__(self, max_body: int) -> None:
        self.max_body = max_body
        self.capacity = 4 * max_body
        self.held = 0
        self.in_memory = 0


class ReceivedBody:
    """One body, in memory while that has room for it.

    Args:
        room: What it shares with the others.

    Attributes:
        size: Bytes so far.
    """

    def __init__(self, room: BodyRoom) -> None:
        self.size = 0
        self._room = room
        self._in_memory = 0
        self._rolled = False
        self._file = SpooledTemporaryFile()  # noqa: SIM115  # closed by `close`

    def write(self, chunk: bytes) -> None:
        """Add a piece.

        Raises:
            BodyTooLarge: This body passes its limit.
            NoRoom: All bodies together pass theirs.
        """
        room = self._room
        if self.size + len(chunk) > room.max_body:
            raise BodyTooLarge
        if room.held + len(chunk) > room.capacity:
            raise NoRoom
        self.size += len(chunk)
        room.held += len(chunk)
        if not self._rolled:
            if self.size > OWN_IN_MEMORY or room.in_memory + len(chunk) > IN_MEMORY:
                self._file.rollover()
                self._rolled = True
                room.in_memory -= self._in_memory
                self._in_memory = 0
            else:
                self._in_memory += len(chunk)
                room.in_memory += len(chunk)
        self._file.write(chunk)

    def messages(self) -> Iterator[Message]:
        """Yield the body as messages of an ASGI server."""
        self._file.seek(0)
        left = self.size
        while True:
            chunk = self._file.read(READ)
            left -= len(chunk)
            yield {"type": "http.request", "body": chunk, "more_body": left > 0}
            if left <= 0:
                return

    def close(self) -> None:
        """Free the room it took."""
        self._room.held -= self.size
        self._room.in_memory -= self._in_memory
        self._file.close()


@asynccontextmanager
async def receive_body(receive: Receive, room: BodyRoom) -> AsyncIterator[tuple[Receive, int]]:
    """Read a request's body.

    A body that is refused is read to its end nevertheless, so that the client sees the refusal.

    Args:
        receive: The server's.
        room: Counts all bodies.

    Yields:
        A `receive` that gives the body again, then whatever the server says; and the body's bytes.

    Raises:
        BodyTooLarge: The body passes its limit.
        NoRoom: All bodies together pass theirs.
        ClientDisconnect: The client left.
    """
    first = await _next(receive)
    if not first.get("more_body") and len(first.get("body", b"")) <= min(SMALL, room.max_body):
        yield _replay(iter([first]), receive), len(first.get("body", b""))
        return
    body = ReceivedBody(room)
    refusal: BodyTooLarge | NoRoom | None = None
    try:
        message = first
        while True:
            if refusal is None:
                try:
                    body.write(message.get("body", b""))
                except (BodyTooLarge, NoRoom) as error:
                    refusal = error
            if not message.get("more_body"):
                break
            message = await _next(receive)
        if refusal:
            raise refusal
        yield _replay(body.messages(), receive), body.size
    finally:
        body.close()


async def _next(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message


def _replay(messages: Iterator[Message], receive: Receive) -> Receive:
    async def replay() -> Message:
        return next(messages, None) or await receive()

    return replay


class HandlingMemory:
    """Lets large bodies be decoded and answered a few at a time: their content is in memory then, more than once."""

    def __init__(self) -> None:
        self._used = 0
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def reserve(self, size: int) -> AsyncIterator[None]:
        """Wait until there is memory for a body of this size; one that is larger than all of it goes alone."""
        async with self._freed:
            await self._freed.wait_for(lambda: not self._used or self._used + size <= HANDLED)
            self._used += size
        try:
            yield
        finally:
            async with self._freed:
                self._used -= size
                self._freed.notify_all()
