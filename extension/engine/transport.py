"""What lies under the HTTP client: aiohttp's connections where they can be had, else httpx's own."""

import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

__all__ = ["fast_transport"]


def fast_transport(**options: Any) -> "httpx.AsyncBaseTransport | None":
    """Return a transport for one client, None if httpx's own is to be used.

    httpx's own pool looks at every connection for every request: at 64 in flight it takes most of a run's CPU time.
    It stays where aiohttp is not installed, and for proxies, which httpx reads from the environment.

    Args:
        options: `verify` and `limits`, as httpx's own transport takes them.
    """
    if urllib.request.getproxies():
        return None
    try:
        import aiohttp
        import httpx
        from httpx_aiohttp import AiohttpTransport
    except ImportError:
        return None

    class Transport(AiohttpTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            try:
                return await super().handle_async_request(request)
            except httpx.TimeoutException as error:
                if isinstance(error.__cause__, TimeoutError):
                    raise
                # The library calls every lost connection a timeout.
                raise httpx.ConnectError(str(error) or "the connection was closed") from error.__cause__
            except (aiohttp.ClientError, ValueError) as error:
                # What the library does not translate, such as an answer that is no HTTP.
                reason = getattr(error, "message", "") or str(error) or type(error).__name__
                raise httpx.RemoteProtocolError(reason) from error

    return Transport(**options)
