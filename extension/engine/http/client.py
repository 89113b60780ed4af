"""The HTTP client of a run."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from ....port_types.configuration import SANDBOX, Configuration
from ....port_types.errors import InvalidSetting
from ..credentials import HostCredentials, request_headers

if TYPE_CHECKING:
    import httpx

__all__ = ["ApiClient", "open_clients", "service_url"]

IN_PROCESS_HOST = "sandbox.localhost"
"""Made-up host of the sandbox in this process; requests to it never leave it."""


def service_url(configuration: Configuration) -> str:
    """Return the base url that requests are really sent to."""
    return f"http://{IN_PROCESS_HOST}/v1" if configuration.is_sandbox else configuration.base_url


@dataclass(frozen=True)
class ApiClient:
    """The way to a service: `send` takes a request and returns a response whose body is still to be read.

    Attributes:
        send: does so; it follows no redirects.
        headers: those that go with every request; one of them may hold the key.
        extensions: httpx's own, such as the timeouts.
    """

    send: "Callable[[httpx.Request], Awaitable[httpx.Response]]"
    headers: Mapping[str, str] = field(repr=False)
    extensions: dict[str, Any]


@asynccontextmanager
async def open_clients(
    configuration: Configuration, host: HostCredentials | None = None
) -> "AsyncIterator[tuple[ApiClient, Callable[[], httpx.AsyncClient]]]":
    """Give the way to the service, with the key, and what makes the client without it that fetches files.

    Raises:
        InvalidSetting: the key, the CA bundle or the sandbox's options are not usable.
    """
    import httpx

    host_header = httpx.URL(service_url(configuration)).netloc.decode()
    usual = {"Host": host_header, "Accept-Encoding": "identity", "User-Agent": "endpoint-nodes"}
    own = request_headers(configuration, host)
    named = {name.lower() for name in own}
    headers = {name: value for name, value in usual.items() if name.lower() not in named} | own
    seconds = httpx.Timeout(configuration.timeout, connect=min(30.0, configuration.timeout))
    limits = httpx.Limits(
        max_connections=configuration.concurrency, max_keepalive_connections=configuration.concurrency
    )
    sandbox = _sandbox(configuration) if configuration.is_sandbox else None
    # Reading the authorities takes longer than a hundred requests, so it waits until they are needed, and is done once.
    trust = cache(lambda: _trust(configuration.ca_bundle))
    async with AsyncExitStack() as stack:

        @cache
        def open_web() -> httpx.AsyncClient:
            client = httpx.AsyncClient(
                transport=_fast_transport(trust(), limits),
                mounts={f"all://{IN_PROCESS_HOST}": sandbox} if sandbox else None,
                timeout=seconds,
                limits=limits,
                verify=trust(),
            )
            stack.push_async_callback(client.aclose)
            return client

        encrypted = configuration.base_url.startswith("https:") or configuration.ca_bundle
        trusted = trust() if encrypted else None
        if transport := sandbox or _fast_transport(trusted, limits):
            # Past httpx's client, whose cookies, redirects and proxies are not wanted here but take their time.
            send = (await stack.enter_async_context(transport)).handle_async_request
        else:
            api = await stack.enter_async_context(
                httpx.AsyncClient(follow_redirects=False, verify=trusted or False, limits=limits)
            )
            send = partial(api.send, stream=True)
        # The sender itself ends a request that takes too long: only connecting has a time of its own.
        yield ApiClient(send, headers, {"timeout": {"connect": seconds.connect}}), open_web


def _fast_transport(trusted: ssl.SSLContext | None, limits: "httpx.Limits") -> "httpx.AsyncBaseTransport | None":
    # It loads httpx, which takes its time.
    from .transport import fast_transport

    return fast_transport(trusted, limits)


def _sandbox(configuration: Configuration) -> "httpx.AsyncBaseTransport":
    import httpx

    from ...sandbox import SandboxOptions, create_app

    try:
        options = SandboxOptions.from_query(configuration.base_url.removeprefix(SANDBOX).removeprefix("?"))
    except ValueError as error:
        raise InvalidSetting(f"base_url {configuration.base_url!r} has a wrong sandbox option: {error}") from None
    return httpx.ASGITransport(create_app(options))


def _trust(ca_bundle: str | None) -> ssl.SSLContext:
    import httpx

    if not ca_bundle:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=ca_bundle)
    except (OSError, ssl.SSLError) as error:
        raise InvalidSetting(f"ca_bundle is {ca_bundle!r}, which cannot be read as certificates ({error}).") from None
