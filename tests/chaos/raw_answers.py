"""What servers may say, whole, byte by byte, in two pieces and cut after every byte: no wrong answer, and no hang.

However an answer is divided on its way, what becomes of it is the same; and what is cut is never taken for whole.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import zlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from endpoint_nodes.extension.engine.http.attempt import EncodedRequest
from endpoint_nodes.extension.engine.http.network import NetworkClient
from endpoint_nodes.extension.engine.http.proxies import Proxies
from endpoint_nodes.port_types.errors import EndpointError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BODY = json.dumps({"created": 1, "data": [{"text": "an answer"}]}).encode()
SECONDS = 5.0
TURNS = 3
"""Turns of the event loop between two pieces, in which the first one is read: both ends are in one loop."""


def head(*lines: str, status: str = "200 OK", version: str = "1.1") -> bytes:
    return "\r\n".join([f"HTTP/{version} {status}", *lines, "", ""]).encode("latin-1")


def sized(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    return head(f"Content-Length: {len(body)}", *lines, status=status) + body


def chunks(*pieces: bytes, extension: str = "", trailer: str = "") -> bytes:
    sent = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension.encode(), piece) for piece in (*pieces, b""))
    return head("Transfer-Encoding: chunked") + sent[:-2] + f"{trailer}\r\n".encode()


ANSWERS: dict[str, tuple[bytes, bytes | None]] = {
    # name: what is sent, and the body that must come of it; None for an error
    "a length": (sized(BODY), BODY),
    "no body": (sized(b""), b""),
    "no content": (head(status="204 No Content"), b""),
    "not modified": (head("ETag: x", status="304 Not Modified"), b""),
    "a refusal": (sized(BODY, status="400 Bad Request"), BODY),
    "no reason": (sized(BODY).replace(b"200 OK", b"200"), BODY),
    "an empty reason": (sized(BODY).replace(b"200 OK", b"200 "), BODY),
    "a reason in latin-1": (sized(BODY).replace(b"OK", "Schön".encode("latin-1")), BODY),
    "a status nobody knows": (sized(BODY, status="299 Well"), BODY),
    "one chunk": (chunks(BODY), BODY),
    "many chunks": (chunks(*(BODY[at : at + 3] for at in range(0, len(BODY), 3))), BODY),
    "chunks of a byte": (chunks(*(BODY[at : at + 1] for at in range(len(BODY)))), BODY),
    "chunks with extensions": (chunks(BODY[:9], BODY[9:], extension=";name=value"), BODY),
    "chunks with quoted extensions": (chunks(BODY, extension=';name="a b"'), BODY),
    "chunks with spaces behind their size": (chunks(BODY, extension="  "), BODY),
    "capitals in the size of a chunk": (chunks(b"x" * 171).replace(b"ab\r\n", b"AB\r\n"), b"x" * 171),
    "zeros before the size of a chunk": (chunks(BODY).replace(b"\r\n\r\n", b"\r\n\r\n000", 1), BODY),
    "a trailer": (chunks(BODY, trailer="X-Late: 1\r\n"), BODY),
    "a length in the trailer": (chunks(BODY, trailer="Content-Length: 3\r\n"), None),
    "interim responses": (head("Link: x", status="103 Early Hints") * 2 + sized(BODY), BODY),
    "an interim response and chunks": (head(status="100 Continue") + chunks(BODY), BODY),
    "names of headers in capitals": (sized(BODY).replace(b"Content-Length", b"CONTENT-LENGTH"), BODY),
    "no space behind the colon": (sized(BODY).replace(b"Length: ", b"Length:"), BODY),
    "spaces around the length": (
        sized(BODY).replace(b"Length: ", b"Length:   ").replace(b"\r\n\r\n", b"  \r\n\r\n"),
        BODY,
    ),
    "a folded header": (sized(BODY, "X-Folded: a\r\n  b"), BODY),
    "an empty header": (sized(BODY, "X-Empty:"), BODY),
    "a header that is not ASCII": (sized(BODY, "X-Name: Schön"), BODY),
    "a hundred headers": (sized(BODY, *(f"X-{number}: {number}" for number in range(100))), BODY),
    "a long header": (sized(BODY, "X-Long: " + "x" * 5000), BODY),
    "HTTP/1.0 with a length": (sized(BODY).replace(b"HTTP/1.1", b"HTTP/1.0"), BODY),
    "the end of the connection": (head("Connection: close") + BODY, BODY),
    "the end of the connection, HTTP/1.0": (head(version="1.0") + BODY, BODY),
    "gzip": (sized(gzip.compress(BODY, mtime=0), "Content-Encoding: gzip"), BODY),
    "gzip in two members": (
        sized(gzip.compress(BODY[:9], mtime=0) + gzip.compress(BODY[9:], mtime=0), "Content-Encoding: gzip"),
        BODY,
    ),
    "deflate": (sized(zlib.compress(BODY), "Content-Encoding: deflate"), BODY),
    "identity": (sized(BODY, "Content-Encoding: identity"), BODY),
    "half a gzip body": (sized(gzip.compress(BODY, mtime=0)[:-9], "Content-Encoding: gzip"), None),
    "gzip that is none": (sized(BODY, "Content-Encoding: gzip"), None),
    "an encoding that nobody asked for": (sized(BODY, "Content-Encoding: br"), None),
    "gzip twice": (sized(BODY, "Content-Encoding: gzip, gzip"), None),
    "two lengths": (sized(BODY, "Content-Length: 3"), None),
    "two equal lengths": (sized(BODY, f"Content-Length: {len(BODY)}"), None),
    "equal lengths in a list": (sized(BODY).replace(b"%d" % len(BODY), b"%d, %d" % (len(BODY), len(BODY))), None),
    "a length below zero": (head("Content-Length: -5") + BODY, None),
    "a length that is not a number": (head("Content-Length: many") + BODY, None),
    "a length in hexadecimal": (head("Content-Length: 0x10") + BODY, None),
    "a length and chunks": (chunks(BODY).replace(b"\r\n", b"\r\nContent-Length: 5\r\n", 1), None),
    "a chunk size that is not a number": (head("Transfer-Encoding: chunked") + b"zz\r\n", None),
    "a size of a chunk below zero": (head("Transfer-Encoding: chunked") + b"-1\r\n", None),
    "a chunk longer than its size": (head("Transfer-Encoding: chunked") + b"3\r\n" + BODY + b"\r\n0\r\n\r\n", None),
    "a space in the name of a header": (sized(BODY).replace(b"Content-Length:", b"Content Length :"), None),
    "a header without a colon": (sized(BODY, "X-Broken"), None),
    "a zero byte in a header": (sized(BODY, "X-Zero: a\0b"), None),
    "a status that is not a number": (sized(BODY, status="abc OK"), None),
    "another protocol": (b"220 mail.example ESMTP\r\n\r\n", None),
    "HTTP/2": (b"\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x80\0\4\0\1\0\0\0\5\0\xff\xff\xff", None),
    "TLS": (b"\x15\3\1\0\2\2\x46", None),
    "nothing": (b"", None),
    "an empty line first": (b"\r\n" + sized(BODY), BODY),
    "a second answer behind it": (sized(BODY) + sized(b"another", status="401 No"), BODY),
    "a second answer behind chunks": (chunks(BODY) + sized(b"another"), BODY),
    "an empty line behind it": (sized(BODY) + b"\r\n", BODY),
    "a length that is too large": (sized(BODY).replace(b"%d" % len(BODY), b"999", 1), None),
}
ENDS_WITH_CONNECTION = {name for name in ANSWERS if name.startswith("the end of the connection")}
"""Answers of which nobody can tell whether they are whole."""


class Service:
    """Sends one answer a connection, in pieces, and closes it."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.base_url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"question")
            for piece in self.pieces:
                for _ in range(TURNS):
                    await asyncio.sleep(0)
                if writer.transport.is_closing():  # the client has seen enough
                    break
                writer.write(piece)
            writer.close()
            await writer.wait_closed()
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()


class Asking:
    def __init__(self, service: Service, client: NetworkClient) -> None:
        self._service, self._client = service, client

    async def outcome(self, *pieces: bytes) -> bytes | None:
        """Return the body that comes of an answer in these pieces, None for an error."""
        self._service.pieces = [piece for piece in pieces if piece]
        headers = {"Content-Length": "8"}
        request = EncodedRequest("POST", self._service.base_url, headers, [b"question"], SECONDS, repeatable=False)
        try:
            async with asyncio.timeout(2 * SECONDS):
                return (await self._client.send_once(request)).body
        except EndpointError as error:
            # The connection is closed, so that there is nothing to wait for.
            return b"a timeout" if "Timeout" in str(error) else None


@asynccontextmanager
async def asking() -> AsyncIterator[Asking]:
    service = Service()
    client = NetworkClient(ssl.create_default_context, Proxies())
    try:
        async with await asyncio.start_server(service.serve, "127.0.0.1", 0) as server:
            service.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            yield Asking(service, client)
            await client.aclose()
    finally:
        await client.aclose()


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_the_same_however_it_is_divided(name: str) -> None:
    answer, body = ANSWERS[name]

    async def ask() -> None:
        async with asking() as service:
            assert await service.outcome(answer) == body
            assert await service.outcome(*(answer[at : at + 1] for at in range(len(answer)))) == body
            for at in range(1, len(answer)):
                assert await service.outcome(answer[:at], answer[at:]) == body, at

    asyncio.run(ask())


@pytest.mark.parametrize("name", sorted(set(ANSWERS) - ENDS_WITH_CONNECTION))
def test_an_answer_that_is_cut_is_never_taken_for_whole(name: str) -> None:
    answer, body = ANSWERS[name]

    async def ask() -> None:
        async with asking() as service:
            for at in range(len(answer)):
                assert await service.outcome(answer[:at]) in (None, body), at

    asyncio.run(ask())
