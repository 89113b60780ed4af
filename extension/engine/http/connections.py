"""aiohttp's connections: to which addresses they may go, and which of them may carry a further request."""

import asyncio
import select
import socket
import ssl
import weakref
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler

from ....port_types.errors import BlockedUrl
from .addresses import is_public

__all__ = ["CURRENT_USE", "Connector", "PublicResolver", "Use"]


@dataclass
class Use:
    """How a request is to get its connection, and how it got it.

    Attributes:
        fresh: whether it must be a new one.
        reused: whether it has carried another request before.
        tls: its encryption, None if it has none.
    """

    fresh: bool = False
    reused: bool = False
    tls: ssl.SSLObject | None = None

    def was_cut(self) -> bool:
        """Return whether the connection has ended without the word that TLS closes with (RFC 8446, 6.1)."""
        try:
            return self.tls is not None and self.tls.read(1) != b""
        except ssl.SSLZeroReturnError:
            return False
        except ssl.SSLError:
            return True


HAS_POLL = hasattr(select, "poll")
"""Unlike `select`, it knows no highest descriptor; Windows has the other only, without such a limit."""

CURRENT_USE: ContextVar[Use] = ContextVar("CURRENT_USE")
"""Set by whoever asks for a connection, in the same task."""


class Connector(aiohttp.TCPConnector):
    """Connections that are only reused where nothing has come on them that nobody asked for.

    Some servers, and the load balancers before them, send a response too many. On a connection that is kept it would
    be taken for the response to the next request. A host that has done so once gets a connection for each request.

    Args:
        resolver: looks names up.
        keepalive: seconds for which an idle connection is kept.
    """

    def __init__(self, resolver: AbstractResolver, keepalive: float = 15.0) -> None:
        # No limit of its own: the limiter of a run knows how many requests may be in flight.
        super().__init__(resolver=resolver, limit=0, keepalive_timeout=keepalive)
        self._loop.set_exception_handler(_pass_lost_connections_over)
        self._carried: weakref.WeakSet[Any] = weakref.WeakSet()
        self._distrusted: set[tuple[str, int | None]] = set()

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[aiohttp.tracing.Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's own signature
    ) -> aiohttp.connector.Connection:
        """Return a connection as `CURRENT_USE` asks for it, and note there whether it was used before."""
        use = CURRENT_USE.get()
        origin = (req.host, req.port)
        spared = []
        try:
            while True:
                connection = await super().connect(req, traces, timeout)
                protocol, transport = connection.protocol, connection.transport
                use.reused = protocol in self._carried
                use.tls = transport.get_extra_info("ssl_object") if transport else None
                if not use.reused:
                    self._carried.add(protocol)
                    _observe_loss(protocol)
                    return connection
                if origin in self._distrusted or self._has_input(connection, origin):
                    connection.close()
                elif use.fresh:
                    spared.append(connection)
                else:
                    return connection
        finally:
            for connection in spared:
                connection.release()

    def _has_input(self, connection: aiohttp.connector.Connection, origin: tuple[str, int | None]) -> bool:
        """Return whether anything has arrived since the last response: bytes, or the end of the connection."""
        protocol, transport = connection.protocol, connection.transport
        if protocol is None or transport is None or protocol.should_close:
            self._distrusted.add(origin)
            return True
        plain = transport.get_extra_info("socket")
        if not _readable(plain):
            return False
        if not transport.get_extra_info("sslcontext") and _peek(plain):
            self._distrusted.add(origin)
        return True


class PublicResolver(aiohttp.ThreadedResolver):
    """Looks names up and refuses those of which any address is not public.

    What is checked is what is connected to: a second look-up cannot change it.
    """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await super().resolve(host, port, family)
        for result in found:
            if not is_public(result["host"]):
                raise BlockedUrl(f"its host {host} is at the private address {result['host']}")
        return found


def _observe_loss(protocol: ResponseHandler | None) -> None:
    """Look at why a connection ends, else asyncio says on standard error that nobody did."""
    closed = None if protocol is None else protocol.closed
    if closed:
        closed.add_done_callback(lambda ended: ended.exception())


def _pass_lost_connections_over(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Leave out that an upload was cut off: its response says why. Before 3.14, aiohttp leaves that to asyncio."""
    if not isinstance(context.get("exception"), ConnectionError):
        loop.default_exception_handler(context)


def _readable(plain: Any) -> bool:
    if HAS_POLL:
        poll = select.poll()
        poll.register(plain.fileno(), select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([plain.fileno()], [], [], 0)[0])


def _peek(plain: Any) -> bytes:
    """Return what lies in the socket's buffer, b"" if that is its end."""
    try:
        with socket.fromfd(plain.fileno(), plain.family, plain.type) as same:
            same.setblocking(False)
            return same.recv(1, socket.MSG_PEEK)
    except (OSError, ssl.SSLError):
        return b""
