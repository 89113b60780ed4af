"""Fetching files that answers and tables refer to: http(s) only, no private addresses, bounded, without the key."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ....port_types.errors import BadResponse, BlockedUrl, DownloadFailed, RequestFailed
from .attempt import read_whole
from .retry import RETRIED
from .sender import pause

if TYPE_CHECKING:
    import httpx

__all__ = ["Fetcher", "absolute_url"]

MAX_FILE_BYTES = 256_000_000
MAX_REDIRECTS = 5


def absolute_url(url: str, base_url: str) -> str:
    """Return the address of a result that a service named, relative ones resolved against the base url.

    Raises:
        BadResponse: it is a file on the service's own disk, or no url at all.
    """
    path = urlsplit(base_url).path
    if url.startswith(("http://", "https://")):
        return url
    relative = "://" not in url and not url.startswith(("//", "file:")) and "\\" not in url and ":" not in url[:3]
    if relative and (not url.startswith("/") or url.startswith(f"{path.rstrip('/')}/")):
        return urljoin(f"{base_url}/", url)
    raise BadResponse(
        f"the service returned {url[:200]!r} as the result's url, which is no http address but a place of its own; "
        "ask it for base64 instead (Response format b64_json)"
    )


class Fetcher:
    """Fetches urls with attempts of their own.

    Args:
        open_client: gives a client without the service's key.
        attempts: how often a file is tried.
        may_be_private: whether a host may have a private address.
    """

    def __init__(
        self, open_client: "Callable[[], httpx.AsyncClient]", attempts: int, may_be_private: Callable[[str], bool]
    ) -> None:
        self._open_client, self._attempts, self._may_be_private = open_client, attempts, may_be_private

    async def fetch(self, url: str, defect: Callable[[bytes], str] = lambda _: "") -> bytes:
        """Return the file at `url`.

        Args:
            url: where it is.
            defect: returns what is wrong with the bytes ("it is no image"), or ""; then they are fetched again.

        Raises:
            DownloadFailed: it cannot be downloaded; a `BlockedUrl` if it must not be.
        """
        place = url.partition("?")[0]
        problem, status = "", None
        for attempt in range(1, self._attempts + 1):
            if attempt > 1:
                await asyncio.sleep(pause(attempt - 1))
            try:
                content = await self._once(url)
                if not (problem := defect(content)):
                    return content
            except BlockedUrl as error:
                raise error.with_prefix(f"{place} is not fetched: ") from None
            except (DownloadFailed, RequestFailed) as error:
                problem, status = str(error), error.status
                if error.status is not None and error.status not in RETRIED:
                    break
        raise DownloadFailed(f"{place} cannot be fetched: {problem}", status=status)

    async def _once(self, url: str) -> bytes:
        import httpx

        for _ in range(MAX_REDIRECTS + 1):
            try:
                request = await self._addressed(url)
                response = await self._open_client().send(request, stream=True, follow_redirects=False)
                try:
                    if response.is_redirect:
                        url = urljoin(url, response.headers.get("location", ""))
                        continue
                    answer = await read_whole(response, MAX_FILE_BYTES)
                finally:
                    await response.aclose()
            except (httpx.HTTPError, httpx.StreamError) as error:
                raise DownloadFailed(str(error) or type(error).__name__) from None
            except httpx.InvalidURL as error:
                raise BlockedUrl(f"it is no url ({error})") from None
            if answer.status != 200:
                raise DownloadFailed(f"it answered {answer.status}", status=answer.status)
            return answer.body
        raise BlockedUrl(f"it redirects more than {MAX_REDIRECTS} times")

    async def _addressed(self, url: str) -> "httpx.Request":
        """Return a request to the very address that was checked, so that a second look-up cannot change it."""
        import httpx

        target = httpx.URL(url)
        if target.scheme not in ("http", "https") or not target.host:
            raise BlockedUrl("only http and https are")
        if self._may_be_private(target.host):
            return self._open_client().build_request("GET", target)
        address = await self._checked_address(target.host, target.port or {"http": 80, "https": 443}[target.scheme])
        return self._open_client().build_request(
            "GET",
            target.copy_with(host=address),
            headers={"Host": target.netloc.decode()},
            extensions={"sni_hostname": target.host},
        )

    async def _checked_address(self, host: str, port: int) -> str:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise DownloadFailed(f"its host {host} is not known ({error.strerror})") from None
        addresses = [str(each[4][0]) for each in found]
        for address in addresses:
            if not ipaddress.ip_address(address.partition("%")[0]).is_global:
                raise BlockedUrl(f"its host {host} is at the private address {address}")
        return addresses[0]
