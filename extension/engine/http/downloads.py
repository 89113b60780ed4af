"""Fetching files that answers and tables refer to: http(s) only, no private addresses, bounded, without the key."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ....port_types.errors import BadResponse, BlockedUrl, DownloadFailed, RequestFailed
from ....port_types.secrecy import without_secrets
from .attempt import EncodedRequest, HttpClient
from .retry import is_transient, pause

if TYPE_CHECKING:
    import httpx

__all__ = ["Fetcher", "absolute_url"]

MAX_FILE_BYTES = 256_000_000
MAX_REDIRECTS = 5
REDIRECTS = {301, 302, 303, 307, 308}


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
        f"the service returned {url[:200]!r} as the result's url, which is not an http(s) URL (it looks like a path "
        "on the server); ask it for base64 instead (`response_format=b64_json`)"
    )


class Fetcher:
    """Fetches urls with attempts of their own, without the service's key.

    Args:
        client_for: returns who may ask for a url; raises `BlockedUrl` if nobody may.
        headers: those of every request.
        attempts: how often a file is tried.
        timeout: seconds for all of one attempt.
    """

    def __init__(
        self,
        client_for: "Callable[[httpx.URL], HttpClient]",
        headers: Mapping[str, str],
        attempts: int,
        timeout: float,
    ) -> None:
        self._client_for, self._headers, self._attempts, self._timeout = client_for, headers, attempts, timeout

    async def fetch(self, url: str, defect: Callable[[bytes], str] = lambda _: "") -> bytes:
        """Return the file at `url`.

        Args:
            url: where it is.
            defect: returns what is wrong with the bytes ("it is not an image"), or ""; then they are fetched again.

        Raises:
            DownloadFailed: it cannot be downloaded; a `BlockedUrl` if it must not be.
        """
        place = without_secrets(url)
        problem, status = "", None
        for attempt in range(1, self._attempts + 1):
            if attempt > 1:
                await asyncio.sleep(pause(attempt - 1))
            try:
                async with asyncio.timeout(self._timeout):
                    content = await self._fetch_once(url)
                if not (problem := defect(content)):
                    return content
            except TimeoutError:
                problem = f"it did not arrive within {self._timeout:g} s"
            except BlockedUrl as error:
                raise error.with_prefix(f"{place} is not fetched: ") from None
            except (DownloadFailed, RequestFailed) as error:
                problem, status = str(error), error.status
                if error.status is not None and not is_transient(error.status):
                    break
        raise DownloadFailed(f"{place} cannot be fetched: {problem}", status=status)

    async def _fetch_once(self, url: str) -> bytes:
        import httpx

        for _ in range(MAX_REDIRECTS + 1):
            try:
                target = httpx.URL(url)
                has_host = bool(target.host)  # which is decoded here
            except (httpx.InvalidURL, ValueError, IndexError) as error:
                raise BlockedUrl(f"it is not a url ({error})") from None
            if target.scheme not in ("http", "https") or not has_host:
                raise BlockedUrl("only http and https urls are")
            request = EncodedRequest("GET", str(target), dict(self._headers), [], self._timeout, MAX_FILE_BYTES)
            response = await self._client_for(target).send_once(request)
            if response.status not in REDIRECTS or "location" not in response.headers:
                if response.status != 200:
                    raise DownloadFailed(f"it answered {response.status}", status=response.status)
                return response.body
            url = urljoin(url, response.headers["location"])
        raise BlockedUrl(f"it redirects more than {MAX_REDIRECTS} times")
