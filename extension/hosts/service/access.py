"""Who may ask, and how much may be sent: the token and the size of bodies, before anything else looks at a request."""

import hashlib
import hmac
from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .metrics import Metrics
from .reply import problem

__all__ = ["Access"]

OPEN = ("/health", "/cancel/")
"""Paths that need no token: one says nothing, the other has its own secret in it."""


class Access:
    """ASGI middleware around the whole application; it puts the owner of the token into the scope.

    Args:
        app: the application.
        tokens: those that are accepted.
        max_body: bytes of one request's body.
        metrics: counts requests.
    """

    def __init__(self, app: ASGIApp, tokens: Sequence[str], max_body: int, metrics: Metrics) -> None:
        self._app, self._max_body, self._metrics = app, max_body, metrics
        self._owners = {token.encode(): hashlib.sha256(token.encode()).hexdigest()[:16] for token in tokens}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.count("http_requests_total", f'status="{message["status"]}"')
            await send(message)

        headers = Request(scope).headers
        scope["owner"] = self._owner(headers.get("authorization", ""))
        refusal: Response | None = None
        if not scope["owner"] and not scope["path"].startswith(OPEN):
            refusal = problem(
                "A token is needed: send the header `Authorization: Bearer TOKEN` with that of the service.",
                401,
                {"www-authenticate": "Bearer"},
            )
        elif int(headers.get("content-length") or 0) > self._max_body:
            refusal = problem(self._too_large, 413)
        await (refusal or self._app)(scope, self._bounded(receive), reply)

    def _owner(self, authorization: str) -> str:
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return ""
        # Every token is compared, so that the time does not say which one was nearly right.
        found = [owner for token, owner in self._owners.items() if hmac.compare_digest(token, given.strip().encode())]
        return found[0] if found else ""

    def _bounded(self, receive: Receive) -> Receive:
        size = 0

        async def bounded() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._max_body:
                raise HTTPException(413, self._too_large)
            return message

        return bounded

    @property
    def _too_large(self) -> str:
        return f"The body is larger than the {self._max_body:,} bytes that this service takes in one request."
