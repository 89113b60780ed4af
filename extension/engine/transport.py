"""What lies under the HTTP client: aiohttp's connections where they can be had, else httpx's own."""

import ssl
import urllib.request

import httpx

try:
    import aiohttp
    from yarl import URL

    _AIOHTTP_ERRORS = (aiohttp.ClientError, OSError, ValueError)  # a timeout is an OSError
except ImportError:  # aiohttp has no wheel for every system that httpx runs on
    aiohttp = None  # type: ignore[assignment]

__all__ = ["fast_transport"]

BUFFER_BYTES = 1_000_000
"""Bytes of an answer that may wait for the event loop; where it is small, a large image is received in bits."""


def fast_transport(trusted: ssl.SSLContext | bool, limits: httpx.Limits) -> httpx.AsyncBaseTransport | None:
    """Return a transport for one client, None if httpx's own is to be used.

    httpx's own pool looks at every connection for every request: at 64 in flight it takes most of a run's CPU time.
    It stays where aiohttp is not installed, and for proxies, which httpx reads from the environment.

    Args:
        trusted: the authorities; False where nothing is encrypted.
        limits: how many connections are opened at most.
    """
    return AiohttpTransport(trusted, limits) if aiohttp and not urllib.request.getproxies() else None


class AiohttpTransport(httpx.AsyncBaseTransport):
    """httpx's types over aiohttp's connections, with nothing of aiohttp's own that httpx does already."""

    def __init__(self, trusted: ssl.SSLContext | bool, limits: httpx.Limits) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trusted, limit=limits.max_connections or 0),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            read_bufsize=BUFFER_BYTES,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        seconds = request.extensions.get("timeout", {})
        # What is in memory goes as it is; else the bytes go as they come.
        stream = request.stream
        body = b"".join(stream) if isinstance(stream, httpx.SyncByteStream) else stream
        try:
            response = await self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
                data=body or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(sock_connect=seconds.get("connect"), sock_read=seconds.get("read")),
                server_hostname=request.extensions.get("sni_hostname"),
            )
        except _AIOHTTP_ERRORS as error:
            raise _httpx_error(error) from error
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Body(response), request=request)

    async def aclose(self) -> None:
        await self._session.close()


class _Body(httpx.AsyncByteStream):
    """The body of an answer, in the pieces in which it arrives."""

    def __init__(self, response: "aiohttp.ClientResponse") -> None:
        self._response = response

    def __aiter__(self) -> "_Body":
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await self._response.content.readany()
        except _AIOHTTP_ERRORS as error:
            raise _httpx_error(error) from error
        if not piece:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        # The connection is used again only if the body has been read to its end.
        self._response.release()


def _httpx_error(error: Exception) -> httpx.TransportError:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return httpx.ConnectTimeout(str(error))
    if isinstance(error, TimeoutError):
        return httpx.ReadTimeout(str(error))
    if isinstance(error, aiohttp.ClientConnectorError):
        return httpx.ConnectError(f"cannot connect ({error.strerror or error})")
    # A connection that is lost, an answer that breaks off, one that is no HTTP, a url that aiohttp will not have.
    return httpx.RemoteProtocolError(getattr(error, "message", "") or str(error) or type(error).__name__)
