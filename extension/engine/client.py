"""The HTTP client of a run."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ...port_types.configuration import SANDBOX, Configuration
from ...port_types.errors import InvalidSetting
from .credentials import HostCredentials, request_headers

if TYPE_CHECKING:
    import httpx

__all__ = ["open_clients", "service_url"]

IN_PROCESS_HOST = "sandbox.localhost"
"""Made-up host of the sandbox in this process; requests to it never leave it."""


def service_url(configuration: Configuration) -> str:
    """Return the base url that requests are really sent to."""
    return f"http://{IN_PROCESS_HOST}/v1" if configuration.is_sandbox else configuration.base_url


@asynccontextmanager
async def open_clients(
    configuration: Configuration, host: HostCredentials | None = None
) -> "AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]":
    """Give the client that sends requests with the key, and one without it that fetches files.

    Raises:
        InvalidSetting: the key, the CA bundle or the sandbox's options are not usable.
    """
    import httpx

    timeout = httpx.Timeout(configuration.timeout, connect=min(30.0, configuration.timeout))
    limits = httpx.Limits(
        max_connections=configuration.concurrency, max_keepalive_connections=configuration.concurrency
    )
    trust = _trust(configuration)
    sandbox = _sandbox(configuration) if configuration.is_sandbox else None
    async with (
        httpx.AsyncClient(
            transport=sandbox,
            headers={"Accept-Encoding": "identity", **request_headers(configuration, host)},
            timeout=timeout,
            limits=limits,
            follow_redirects=False,
            verify=trust,
        ) as api,
        httpx.AsyncClient(
            mounts={f"all://{IN_PROCESS_HOST}": sandbox} if sandbox else None,
            timeout=timeout,
            limits=limits,
            verify=trust,
        ) as web,
    ):
        yield api, web


def _sandbox(configuration: Configuration) -> "httpx.AsyncBaseTransport":
    import httpx

    from ..sandbox import SandboxOptions, create_app

    try:
        options = SandboxOptions.from_query(configuration.base_url.removeprefix(SANDBOX).removeprefix("?"))
    except ValueError as error:
        raise InvalidSetting(f"base_url {configuration.base_url!r} has a wrong sandbox option: {error}") from None
    return httpx.ASGITransport(create_app(options))


def _trust(configuration: Configuration) -> ssl.SSLContext | bool:
    if not configuration.ca_bundle:
        return True
    try:
        return ssl.create_default_context(cafile=configuration.ca_bundle)
    except (OSError, ssl.SSLError) as error:
        raise InvalidSetting(
            f"ca_bundle is {configuration.ca_bundle!r}, which cannot be read as certificates ({error})."
        ) from None
