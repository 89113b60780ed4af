"""The HTTP client of a run."""

import ssl
from typing import TYPE_CHECKING

from ...port_types.configuration import SANDBOX, Configuration
from ...port_types.errors import InvalidSetting
from .credentials import HostCredentials, request_headers

if TYPE_CHECKING:
    import httpx

__all__ = ["open_client", "service_url"]

IN_PROCESS = "http://sandbox.localhost"
"""Made-up host of the sandbox in this process; requests to it never leave it."""


def service_url(configuration: Configuration) -> str:
    """Return the base url that requests are really sent to."""
    return f"{IN_PROCESS}/v1" if configuration.is_sandbox else configuration.base_url


def open_client(configuration: Configuration, host: HostCredentials | None = None) -> "httpx.AsyncClient":
    """Return the client that sends requests with the key; it follows no redirects.

    Raises:
        InvalidSetting: the key, the CA bundle or the sandbox's options are not usable.
    """
    import httpx

    return httpx.AsyncClient(
        transport=_sandbox(configuration) if configuration.is_sandbox else None,
        headers={"Accept-Encoding": "identity", **request_headers(configuration, host)},
        timeout=httpx.Timeout(configuration.timeout, connect=min(30.0, configuration.timeout)),
        limits=httpx.Limits(
            max_connections=configuration.concurrency, max_keepalive_connections=configuration.concurrency
        ),
        follow_redirects=False,
        verify=_trust(configuration),
    )


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
