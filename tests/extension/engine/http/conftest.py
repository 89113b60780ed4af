"""A server that says whatever a test tells it to, and a client to ask it, in one event loop."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from endpoint_nodes.extension.engine.http.attempt import EncodedRequest
from endpoint_nodes.extension.engine.http.network import NetworkClient
from endpoint_nodes.extension.engine.http.proxies import Proxies

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

    import trustme

    from endpoint_nodes.nodes.base import Response

    Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

PAUSE = b"<a moment later>"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Counts its connections; each is a talk."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.connections = self.ended = 0
        self.url = ""

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone
        finally:
            self.ended += 1
            writer.close()


class Asking:
    """Asks one server, over one client."""

    def __init__(self, client: NetworkClient, server: Server) -> None:
        self.client, self.server = client, server

    async def post(self, *chunks: bytes, seconds: float = 5, **options: Any) -> Response:
        headers = {"Content-Length": str(sum(map(len, chunks)))}
        request = EncodedRequest("POST", self.server.url, headers, list(chunks), seconds, **options)
        return await self.client.send_once(request)


@asynccontextmanager
async def asking(talk: Talk, authority: trustme.CA | None = None) -> AsyncIterator[Asking]:
    """Start a server that talks as told, and a client; with an `authority`, encrypted."""
    server, trust, encryption = Server(talk), ssl.create_default_context(), None
    if authority:
        authority.configure_trust(trust)
        encryption = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(encryption)
    client = NetworkClient(lambda: trust, Proxies())
    try:
        async with await asyncio.start_server(server.accept, "127.0.0.1", 0, limit=2**20, ssl=encryption) as listening:
            scheme = "https" if authority else "http"
            server.url = f"{scheme}://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
            yield Asking(client, server)
            await client.aclose()
    finally:
        await client.aclose()


def answering(*answers: bytes, close: bool = False) -> Talk:
    """Answer each request with the next of `answers`, the last one again and again.

    PAUSE in an answer divides what is sent a moment apart.
    """

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = list(answers)
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
            await reader.readexactly(int(length.partition(b":")[2]))
            for part in (left.pop(0) if len(left) > 1 else left[0]).split(PAUSE):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.01)
            if close:
                return

    return talk


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a test's coroutine to its end, in a minute at most."""

    async def limited() -> None:
        async with asyncio.timeout(60):
            await coroutine

    asyncio.run(limited())
