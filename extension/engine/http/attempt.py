"""One attempt: what is sent, who can send it, and what may go wrong on the way."""

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ....nodes.base import Response
from ....port_types.errors import RequestFailed

__all__ = [
    "MAX_RESPONSE_BYTES",
    "EncodedRequest",
    "FileChunk",
    "HttpClient",
    "NotSent",
    "OnLine",
    "Unreachable",
    "check_announced",
    "decoded",
    "feed_lines",
    "too_large",
]

MAX_RESPONSE_BYTES = 512_000_000
"""Ten of the largest images as base64 stay below; more is not read into memory."""

MAX_EXPANSION = 100
"""How many times larger than what was sent a compressed body may be: text reaches 20, a bomb 1,000."""


OnLine = Callable[[Response, bytes], Awaitable[None]]
"""Given a response, whose body is empty as yet, and a line of that, without its end."""

PIECE_BYTES = 256_000
"""Read of a file at a time."""


@dataclass(frozen=True)
class FileChunk:
    """A file as a part of a body: read while it is sent, so that it is never in memory as a whole."""

    path: Path

    def __len__(self) -> int:
        return self.path.stat().st_size

    def pieces(self) -> Iterator[bytes]:
        """Yield its content."""
        with self.path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield piece


class Unreachable(RequestFailed):
    """The attempt brought no whole response: no connection, a timeout, a broken body. Another one may."""


class NotSent(Unreachable):
    """No connection was made, so that the service has seen nothing of the request."""


@dataclass(slots=True)  # frozen ones take five times as long to make
class EncodedRequest:
    """A request as it goes over the wire.

    Attributes:
        method: HTTP method.
        url: absolute http(s) url, as it goes over the wire; its query may hold the key.
        headers: all of them but ``Host``; they may hold the key.
        chunks: the body in parts, so that a file need not be copied.
        timeout: seconds for all of it, from connecting to the last byte of the response.
        max_bytes: size of the largest response body that is read.
        repeatable: whether it may go out twice, should a connection be lost before the response.
        on_line: given the lines of a successful response as they arrive, however many they are; the response then has
            an empty body, and `timeout` is for each piece of it. None keeps the body as it is.
    """

    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    chunks: Sequence[bytes | FileChunk] = field(repr=False)
    timeout: float
    max_bytes: int = MAX_RESPONSE_BYTES
    repeatable: bool = True
    on_line: OnLine | None = field(default=None, repr=False)

    def with_headers(self, headers: dict[str, str], on_line: OnLine | None) -> "EncodedRequest":
        """Return the request with other headers, and lines that go elsewhere."""
        chunks, timeout, max_bytes = self.chunks, self.timeout, self.max_bytes
        return EncodedRequest(self.method, self.url, headers, chunks, timeout, max_bytes, self.repeatable, on_line)


class HttpClient(Protocol):
    """Whatever carries a request to a service and brings its response: the network, or the sandbox in this process."""

    async def send_once(self, request: EncodedRequest) -> Response:
        """Send `request` and return the whole response, whatever its status; redirects are not followed.

        Raises:
            NotSent: no connection could be made.
            Unreachable: no whole response came.
            RequestFailed: the body is too large, or written in an encoding nobody asked for.
            RunStopped: no request will ever get through, such as with a certificate that is not trusted.
        """


async def feed_lines(head: Response, pieces: AsyncIterator[bytes], on_line: OnLine) -> None:
    """Hand the lines that the `pieces` of a body make up to `on_line`, one after the other."""
    parts: list[bytes] = []
    async for piece in pieces:
        *ends, rest = piece.split(b"\n")
        for end in ends:
            parts.append(end)
            await on_line(head, b"".join(parts))
            parts.clear()
        if rest:
            parts.append(rest)
    if parts:
        await on_line(head, b"".join(parts))


def too_large(status: int, max_bytes: int) -> RequestFailed:
    """Return the error for a body of more than `max_bytes`."""
    return RequestFailed(f"the service answered with more than {max_bytes // 1_000_000} MB", status=status)


def check_announced(status: int, headers: dict[str, str], max_bytes: int) -> None:
    """Refuse a body by the length that its headers announce.

    Raises:
        RequestFailed: it is longer than `max_bytes`.
    """
    length = headers.get("content-length", "")
    if length.isdigit() and int(length) > max_bytes:
        raise too_large(status, max_bytes)


def decoded(response: Response, max_bytes: int) -> Response:
    """Return `response` with its body decompressed, should the service have compressed it without being asked.

    Raises:
        Unreachable: the compressed body is cut short or broken.
        RequestFailed: it is written in another encoding, or expands beyond all measure.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower() or "identity"
    if encoding == "identity":
        return response
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise RequestFailed(
            f"the service answered in the content encoding {encoding[:40]!r}, which was not asked for",
            status=response.status,
        )
    limit = min(max_bytes, 1_000_000 + MAX_EXPANSION * len(response.body))
    body, rest = bytearray(), response.body
    while rest:
        # 32 + 15: both gzip and zlib, with the largest window. A gzip body may have several members.
        member = zlib.decompressobj(wbits=47)
        try:
            body += member.decompress(rest, limit - len(body) + 1)
        except zlib.error:
            raise Unreachable(f"the {encoding} body of the response is broken") from None
        if len(body) > limit:
            raise RequestFailed(
                f"the service answered with a {encoding} body that expands to more than {limit:,} bytes",
                status=response.status,
            )
        if not member.eof:
            raise Unreachable(f"the {encoding} body of the response ends too early")
        rest = member.unused_data
    return Response(response.status, response.headers, bytes(body))
