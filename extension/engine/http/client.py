"""The clients of a run: one that carries the key to the service, and those without it that fetch files."""

import hashlib
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ....nodes.base import Response
from ....port_types.configuration import Configuration
from ....port_types.errors import InvalidSetting
from ..credentials import HostCredentials, request_headers
from .addresses import check_literal
from .attempt import EncodedRequest, HttpClient, OnLine
from .authentication import Authentication, open_authentication
from .downloads import Fetcher
from .in_process import SANDBOX_ORIGIN, SandboxClient
from .proxies import Proxies
from .secrets import Secrets

if TYPE_CHECKING:
    import httpx

    from .network import NetworkClient

__all__ = ["ApiClient", "Clients", "open_clients", "service_url"]

USUAL_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "endpoint-nodes"}
"""Compressing base64 costs more time than it saves."""


def service_url(configuration: Configuration) -> str:
    """Return the base url that requests are really sent to."""
    return f"{SANDBOX_ORIGIN}/v1" if configuration.is_sandbox else configuration.base_url


class ApiClient:
    """An `HttpClient` that adds the headers with the key, and hides what a service repeats of them.

    Args:
        client: carries the requests.
        headers: those that go with every request.
        secrets: what no response may show.
        authentication: adds what identifies the user beyond headers.
    """

    def __init__(
        self, client: HttpClient, headers: Mapping[str, str], secrets: Secrets, authentication: Authentication
    ) -> None:
        self._client, self._headers, self._secrets = client, headers, secrets
        self._authentication = authentication

    async def send_once(self, request: EncodedRequest) -> Response:
        with_key = request.with_headers({**self._headers, **request.headers}, self._hiding(request.on_line))
        response = await self._client.send_once(await self._authentication.add_to(with_key))
        if self._authentication.renew(response):
            response = await self._client.send_once(await self._authentication.add_to(with_key))
        return self._secrets.hidden(response)

    def _hiding(self, on_line: OnLine | None) -> OnLine | None:
        if on_line is None:
            return None

        async def hiding(head: Response, line: bytes) -> None:
            await on_line(head, self._secrets.hide(line))

        return hiding


@dataclass(frozen=True)
class Clients:
    """What a run asks with.

    Attributes:
        identity: names the service and who asks it; unlike the key, it may be shown.
        service: sends requests, with the key.
        results: fetches what responses refer to, never from a private address other than the service's own.
        media: fetches what the user's table refers to, which may be anywhere, as on the user's own disk.
    """

    identity: str
    service: ApiClient
    results: Fetcher
    media: Fetcher


@asynccontextmanager
async def open_clients(configuration: Configuration, host: HostCredentials | None = None) -> AsyncIterator[Clients]:
    """Open the clients of a run, in its event loop.

    Raises:
        InvalidSetting: the key, the CA bundle, a proxy or the sandbox's options are not usable.
    """
    own_headers = request_headers(configuration, host)
    proxies = Proxies()
    # Reading the authorities takes longer than a hundred requests, so it waits until they are needed, and is done once.
    trust = cache(lambda: _trust(configuration.ca_bundle))
    if configuration.ca_bundle:
        trust()
    async with AsyncExitStack() as stack:

        @cache
        def network(*, public: bool = False) -> "NetworkClient":
            from .network import open_network

            client = open_network(trust, proxies, public=public)
            stack.push_async_callback(client.aclose)
            return client

        service: HttpClient = SandboxClient(configuration) if configuration.is_sandbox else network()
        origin = _origin(service_url(configuration))

        def for_media(url: "httpx.URL") -> HttpClient:
            return service if _origin(str(url)) == origin else network()

        def for_results(url: "httpx.URL") -> HttpClient:
            if _origin(str(url)) == origin:
                return service
            check_literal(url.host)
            # Behind a proxy, names are for the proxy to look up: this machine may not know them.
            return network() if proxies.proxy_for(url.scheme, url.host, url.port) else network(public=True)

        named = {name.lower() for name in own_headers}
        headers = {name: value for name, value in USUAL_HEADERS.items() if name.lower() not in named} | own_headers
        secrets = Secrets([*_secret_values(configuration, own_headers), *proxies.passwords])
        attempts, timeout = configuration.max_attempts, configuration.timeout
        asked_by = hashlib.sha256(repr(sorted(own_headers.items())).encode()).hexdigest()
        yield Clients(
            f"{configuration.base_url} {asked_by}",
            ApiClient(service, headers, secrets, open_authentication(configuration, host, network, secrets)),
            Fetcher(for_results, USUAL_HEADERS, attempts, timeout),
            Fetcher(for_media, USUAL_HEADERS, attempts, timeout),
        )


def _origin(url: str) -> tuple[str, str, int | None]:
    import httpx

    parts = httpx.URL(url)
    return parts.scheme, parts.host, parts.port


def _secret_values(configuration: Configuration, headers: Mapping[str, str]) -> list[str]:
    """Return the values of headers that were looked up by reference."""
    public = {*configuration.headers.values(), configuration.organization, configuration.project}
    secrets = []
    for value in headers.values():
        if value not in public:
            key = value.removeprefix("Bearer ").removeprefix(f"{configuration.authentication_name}=")
            if configuration.authentication == "basic" and value.startswith("Basic "):
                key = value.removeprefix("Basic ")
                secrets += b64decode(key).decode().split(":", 1)
            secrets.append(key)
    return secrets


def _trust(ca_bundle: str | None) -> ssl.SSLContext:
    import httpx

    if not ca_bundle:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=ca_bundle)
    except (OSError, ssl.SSLError) as error:
        raise InvalidSetting(f"ca_bundle is {ca_bundle!r}, which cannot be read as certificates ({error}).") from None
