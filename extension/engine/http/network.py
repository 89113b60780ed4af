"""Requests over the network: aiohttp's connections, with the names of errors that a user can act on."""

import asyncio
import os
import ssl
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from ....nodes.base import Response
from ....port_types.errors import RequestFailed, RunStopped, StopReason
from .attempt import (
    EncodedRequest,
    FileChunk,
    NotSent,
    Unreachable,
    check_announced,
    decoded,
    feed_lines,
    too_large,
)
from .connections import CURRENT_USE, Connector, PublicResolver, Use
from .proxies import LOGIN_NEEDED, Proxies

__all__ = ["NetworkClient", "open_network"]

CONNECT_SECONDS = 30.0
"""A service that has not accepted a connection by then never will."""

PIECE_BYTES = 256_000
"""Written at a time: what the system does not take at once is copied."""

BUFFER_BYTES = 1_000_000
"""Of a response that may wait for the event loop; where it is small, a large image is received in bits."""

_LOST = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)


class NetworkClient:
    """An `HttpClient` over TCP and TLS, directly or through a proxy; for one event loop.

    Args:
        trust: returns the certificate authorities; called only where something is encrypted.
        proxies: the way to a host.
        resolver: looks names up, None for the system's way.
    """

    def __init__(
        self, trust: Callable[[], ssl.SSLContext], proxies: Proxies, resolver: AbstractResolver | None = None
    ) -> None:
        self._trust, self._proxies = trust, proxies
        self._session = aiohttp.ClientSession(
            connector=Connector(resolver or aiohttp.ThreadedResolver()),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            read_bufsize=BUFFER_BYTES,
            max_line_size=64_000,
            max_field_size=64_000,
        )

    async def send_once(self, request: EncodedRequest) -> Response:
        url = URL(request.url, encoded=True)
        proxy = self._proxies.proxy_for(url.scheme, url.raw_host or "", url.explicit_port)
        # Raised outside of the handler: the frames behind aiohttp's errors hold the key.
        problem: RequestFailed | RunStopped
        try:
            return await self._send_again_if_lost(request, url, proxy)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            is_timeout = isinstance(error, TimeoutError)
            problem = _timeout(error, request) if is_timeout else _explained(error, request, proxy)
            _clear_frames(error)
        try:
            raise problem
        finally:
            del problem  # or error and frame would refer to each other

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _send_again_if_lost(self, request: EncodedRequest, url: URL, proxy: str | None) -> Response:
        use = Use(fresh=not request.repeatable)
        CURRENT_USE.set(use)
        try:
            return await self._exchange(request, url, proxy)
        except _LOST as error:
            # The service closed an idle connection while the request was on its way, and has not seen it.
            if not use.reused or isinstance(error, aiohttp.ClientConnectorError) or _has_begun(error):
                raise
        CURRENT_USE.set(Use(fresh=True))
        return await self._exchange(request, url, proxy)

    async def _exchange(self, request: EncodedRequest, url: URL, proxy: str | None) -> Response:
        encrypted = url.scheme == "https" or (proxy or "").startswith("https:")
        response = await self._session.request(
            request.method,
            url,
            headers=request.headers,
            data=_body(request.chunks),
            allow_redirects=False,
            timeout=_timeouts(request.timeout, streamed=request.on_line is not None),
            ssl=self._trust() if encrypted else True,
            proxy=proxy,
        )
        try:
            return await _read(response, request)
        except BaseException:
            response.close()
            raise


@cache
def _timeouts(seconds: float, *, streamed: bool) -> aiohttp.ClientTimeout:
    if streamed:
        return aiohttp.ClientTimeout(sock_read=seconds, sock_connect=min(seconds, CONNECT_SECONDS))
    return aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, CONNECT_SECONDS))


def _body(chunks: Sequence[bytes | FileChunk]) -> Any:
    if not chunks:
        return None
    content = [chunk for chunk in chunks if not isinstance(chunk, FileChunk)]
    if len(content) == len(chunks) and sum(map(len, content)) < PIECE_BYTES:
        # aiohttp would look through its kinds of payload for it.
        return aiohttp.BytesPayload(b"".join(content))
    return _pieces(chunks)


async def _pieces(chunks: Sequence[bytes | FileChunk]) -> AsyncIterator[bytes | memoryview]:
    for chunk in chunks:
        if isinstance(chunk, FileChunk):
            for piece in chunk.pieces():
                yield piece
            continue
        view = memoryview(chunk)
        for start in range(0, len(view), PIECE_BYTES):
            yield view[start : start + PIECE_BYTES]


async def _read(response: aiohttp.ClientResponse, request: EncodedRequest) -> Response:
    if response.status == 407:
        raise RunStopped(LOGIN_NEEDED, StopReason.CREDENTIALS, status=407)
    headers = _headers(response)
    content, max_bytes = response.content, request.max_bytes
    if request.on_line and response.status < 300:
        if headers.get("content-encoding", "identity") != "identity":
            raise RequestFailed("the service sent a file in a content encoding, which was not asked for")
        head = Response(response.status, headers, b"")
        await feed_lines(head, content.iter_any(), request.on_line)
        _check_end(response, headers)
        return head
    check_announced(response.status, headers, max_bytes)
    if response.connection is None or response.connection.protocol is None:
        body = content.read_nowait()  # it came whole, together with the headers
    else:
        body = await _receive(response, max_bytes)
    if len(body) > max_bytes:
        raise too_large(response.status, max_bytes)
    _check_end(response, headers)
    return decoded(Response(response.status, headers, body), max_bytes)


async def _receive(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """Return the body of `response`, or as much of it as shows that it is longer than `max_bytes`."""
    pieces, size = [], 0
    with _ended_by_loss(response):
        while size <= max_bytes and (piece := await response.content.readany()):
            pieces.append(piece)
            size += len(piece)
    # Does not copy a single piece.
    return b"".join(pieces)


def _check_end(response: aiohttp.ClientResponse, headers: dict[str, str]) -> None:
    """Refuse a body that ends with its connection, if that was cut off (RFC 9112, 9.8).

    Where its content shows the end, that is enough: not every server closes connections as it should.

    Raises:
        ClientPayloadError: it is not whole.
    """
    shows_end = headers.get("content-type", "").startswith(("application/json", "image/"))
    has_no_length = "content-length" not in headers and "transfer-encoding" not in headers
    ends_with_connection = has_no_length and response.content.total_bytes > 0
    if ends_with_connection and not shows_end and CURRENT_USE.get().was_cut():
        raise aiohttp.ClientPayloadError


@contextmanager
def _ended_by_loss(response: aiohttp.ClientResponse) -> Iterator[None]:
    """End the body of `response` with an error where aiohttp closes the connection over what it cannot read.

    It does not tell whoever is reading the body, who would wait for the timeout.
    """
    connection, content = response.connection, response.content
    if connection is None or connection.protocol is None:  # the body is whole by now
        yield
        return
    protocol = connection.protocol

    def end(_: "asyncio.Future[None] | None") -> None:
        if not content.is_eof() and content.exception() is None:
            reason = getattr(protocol.exception(), "message", "")
            content.set_exception(aiohttp.ClientResponseError(response.request_info, (), message=reason))

    if closed := protocol.closed:
        closed.add_done_callback(end)
    else:
        end(None)
    try:
        yield
    finally:
        if closed:
            closed.remove_done_callback(end)


def _headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Return headers by name in lower case, as latin-1: aiohttp reads UTF-8 and leaves what is not as surrogates."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    if not "".join(headers.values()).isascii():
        headers = {name: value.encode("utf-8", "surrogateescape").decode("latin-1") for name, value in headers.items()}
    return headers


def _clear_frames(error: BaseException | None) -> None:
    """Release what the frames of an error hold: some refer to it in turn, and would keep a request in memory."""
    while error:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _host(request: EncodedRequest) -> str:
    url = URL(request.url, encoded=True)
    return f"{url.raw_host}:{url.explicit_port}" if url.explicit_port else url.raw_host or ""


def _reason(error: object) -> str:
    """Return what an error says, in one line."""
    number = getattr(error, "errno", None) or 0
    # asyncio writes addresses in place of the system's words; the errors of name servers are negative.
    text = os.strerror(number) if number > 0 else getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:150]


def _has_begun(error: aiohttp.ClientError) -> bool:
    return isinstance(error, aiohttp.ServerDisconnectedError) and not isinstance(error.message, str)


def _timeout(error: Exception, request: EncodedRequest) -> RequestFailed:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        seconds = min(request.timeout, CONNECT_SECONDS)
        return NotSent(f"{_host(request)} cannot be reached: no connection within {seconds:g} s")
    return Unreachable(f"the service did not answer within {request.timeout:g} s (Timeout)")


def _explained(error: Exception, request: EncodedRequest, proxy: str | None) -> RequestFailed | RunStopped:
    """Return aiohttp's error in words that name the host and what to do."""
    host = _host(request)
    match error:
        case aiohttp.ClientConnectorCertificateError():
            reason = getattr(error.certificate_error, "verify_message", "") or _reason(error.certificate_error)
            return RunStopped(f"the certificate of {host} is not trusted: {reason}.", StopReason.CERTIFICATE)
        case aiohttp.ClientHttpProxyError(status=407):
            return RunStopped(LOGIN_NEEDED, StopReason.CREDENTIALS, status=407)
        case aiohttp.ClientHttpProxyError():
            return NotSent(f"{host} cannot be reached: the proxy answered {error.status} {_reason(error.message)}")
        case aiohttp.ClientConnectorDNSError() if not proxy:
            return NotSent(f"{host} cannot be reached: its name is not known ({_reason(error.os_error)})")
        case aiohttp.ClientConnectorError() if proxy:
            return NotSent(f"{host} cannot be reached: its proxy cannot be ({_reason(error.os_error)})")
        case aiohttp.ClientConnectorError():
            return NotSent(f"{host} cannot be reached ({_reason(error.os_error)})")
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError():
            return Unreachable(f"no whole answer from {host}: the connection was closed without an answer")
        case aiohttp.ClientPayloadError():
            return Unreachable(f"no whole answer from {host}: the connection was closed in the middle of the answer")
        case aiohttp.ClientResponseError():
            # The rest of the parser's message shows what came, which is binary as often as not.
            reason = error.message.partition("\n")[0].partition(": b'")[0].rstrip(":")
            problem = f"no whole answer from {host}: what came is not HTTP/1.1 ({reason})"
            # A service that gives the length of an answer twice, or wrongly, does so every time.
            return (RequestFailed if "Content-Length" in reason else Unreachable)(problem)
        case _:
            return Unreachable(f"no whole answer from {host}: {_reason(error)}")


def open_network(trust: Callable[[], ssl.SSLContext], proxies: Proxies, *, public: bool) -> NetworkClient:
    """Return a client, which must be closed; one that is `public` connects to public addresses only."""
    return NetworkClient(trust, proxies, PublicResolver() if public else None)
