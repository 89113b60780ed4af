"""Authentication beyond headers: keys in the query, and OAuth2 tokens that are asked for and renewed."""

import asyncio
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from ....nodes.base import Response
from ....port_types.configuration import Configuration
from ....port_types.errors import EndpointError, InvalidSetting, RunStopped, StopReason
from ..credentials import HostCredentials, look_up
from .attempt import EncodedRequest, HttpClient
from .secrets import Secrets

if TYPE_CHECKING:
    import httpx

__all__ = ["Authentication", "open_authentication"]

RENEW_SECONDS_BEFORE_END = 30.0
USUAL_LIFETIME = 3600.0
"""Seconds that a token is taken to live whose end the service does not tell."""


class Authentication:
    """What is added to each request to a service; by default nothing."""

    async def add_to(self, request: EncodedRequest) -> EncodedRequest:
        """Return `request` with what identifies the user.

        Raises:
            RunStopped: the service does not give it.
        """
        return request

    def renew(self, response: Response) -> bool:
        """Return whether the request may be sent once more, with something fresh, after this response."""
        return False


class QueryKey(Authentication):
    """A key in the query.

    Args:
        name: of the parameter.
        key: the secret.
    """

    def __init__(self, name: str, key: str) -> None:
        self._pair = f"{quote(name, safe='')}={quote(key, safe='')}"

    async def add_to(self, request: EncodedRequest) -> EncodedRequest:
        separator = "&" if "?" in request.url else "?"
        return replace(request, url=f"{request.url}{separator}{self._pair}")


class ClientCredentials(Authentication):
    """OAuth2 client credentials: https://www.rfc-editor.org/rfc/rfc6749#section-4.4. Tokens stay in memory.

    Args:
        token_url: where tokens are asked for.
        client: id and secret, with a colon between them.
        scopes: what the token is to allow.
        carrier: carries the request for a token.
        secrets: gets each token, so that no response shows it.
    """

    def __init__(
        self,
        token_url: "httpx.URL",
        client: str,
        scopes: list[str],
        carrier: Callable[[], HttpClient],
        secrets: Secrets,
    ) -> None:
        self._url, self._client, self._scopes = token_url, client, scopes
        self._carrier, self._secrets = carrier, secrets
        self._token, self._ends = "", 0.0
        self._lock = asyncio.Lock()

    async def add_to(self, request: EncodedRequest) -> EncodedRequest:
        async with self._lock:
            if time.monotonic() >= self._ends:
                await self._ask(request.timeout)
        return replace(request, headers={**request.headers, "Authorization": f"Bearer {self._token}"})

    def renew(self, response: Response) -> bool:
        if response.status != 401 or not self._token:
            return False
        self._ends = 0.0
        return True

    async def _ask(self, patience: float) -> None:
        form = {"grant_type": "client_credentials"} | ({"scope": " ".join(self._scopes)} if self._scopes else {})
        content = urlencode(form).encode()
        headers = {
            "Authorization": f"Basic {b64encode(self._client.encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(content)),
            "Accept": "application/json",
        }
        try:
            response = await self._carrier().send_once(
                EncodedRequest("POST", str(self._url), headers, [content], patience)
            )
            given = response.json if response.status < 300 else {}
        except (EndpointError, ValueError) as error:
            raise RunStopped(f"No token came from {self._url.host} ({error}).", StopReason.CREDENTIALS) from None
        token = given.get("access_token") if isinstance(given, dict) else None
        if not isinstance(token, str) or not token:
            answered = f"{self._url.host} answered {response.status} to the request for a token"
            raise RunStopped(f"{answered}; check `credential`, `token_url` and `scopes`.", StopReason.CREDENTIALS)
        self._secrets.add(token)
        lifetime = given.get("expires_in")
        seconds = float(lifetime) if isinstance(lifetime, int | float) else USUAL_LIFETIME
        self._token, self._ends = token, time.monotonic() + max(1.0, seconds - RENEW_SECONDS_BEFORE_END)


def open_authentication(
    configuration: Configuration, host: HostCredentials | None, carrier: Callable[[], HttpClient], secrets: Secrets
) -> Authentication:
    """Return what a Configuration adds to requests beyond headers.

    Raises:
        InvalidSetting: the key is not to be found, or something about it is not said.
    """
    import httpx

    reference = configuration.credential_reference
    if configuration.is_sandbox or reference is None or configuration.authentication not in ("query", "oauth2"):
        return Authentication()
    secret = look_up(reference, host)
    secrets.add(secret)
    if configuration.authentication == "query":
        return QueryKey(configuration.authentication_name or "", secret)
    secrets.add(secret.partition(":")[2])
    token_url = httpx.URL(configuration.token_url or "")
    if ":" not in secret:
        raise InvalidSetting("The credential for OAuth2 must be client id and client secret with a colon between them.")
    return ClientCredentials(token_url, secret, configuration.scopes, carrier, secrets)
