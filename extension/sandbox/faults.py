"""Faults on purpose, each healed by a retry; seed, request content and attempt decide, never chance."""

import random
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from .errors import error_body, json_response
from .options import SandboxOptions
from .streams import ChunkedResponse

__all__ = ["Fault", "Faults"]

COUNTED_REQUESTS = 100_000  # requests whose attempts are counted, so that memory stays bounded


@dataclass(frozen=True)
class Fault:
    """A fault of one request: a whole response, or one that spoils the real response."""

    response: Response | None

    def spoil(self, response: Response) -> Response:
        """Return the first half of a body, under headers that say nothing is missing."""
        if isinstance(response, FileResponse):
            content = Path(response.path).read_bytes()
            return Response(content[: len(content) // 2], media_type=response.media_type)
        if isinstance(response, ChunkedResponse):
            return ChunkedResponse(response.chunks[: len(response.chunks) // 2], response.headers["content-type"])
        return Response(response.body[: len(response.body) // 2], media_type=response.media_type)


def _error(status: int, message: str, **headers: str) -> Callable[[], Response]:
    body = error_body(f"{message} (a fault of the sandbox, on purpose)", "server_error")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: json_response(body, status, named)


def _ok(content: str, media_type: str = "application/json") -> Callable[[], Response]:
    return lambda: Response(content, 200, media_type=media_type)


KINDS: tuple[Callable[[], Response | None], ...] = (
    _error(500, "The server had an error while processing your request"),
    _error(502, "Bad gateway"),
    _error(503, "The engine is currently overloaded", retry_after="0.05"),
    _error(504, "Gateway timeout"),
    _error(529, "Overloaded"),
    _error(408, "Request timeout"),
    _error(409, "Conflict: the resource is locked, try again"),
    _error(429, "Rate limit reached", retry_after_ms="20", retry_after="1"),
    _ok("<!doctype html><title>Sandbox fault</title><p>Please try again.", "text/html"),
    _ok(msgspec.json.encode(error_body("The sandbox failed on purpose", "server_error")).decode()),
    _ok(""),
    _ok("null"),
    lambda: None,  # the real response, cut in half
)


class Faults:
    """Draws the fault of a request, counting its attempts."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._attempts: OrderedDict[str, int] = OrderedDict()

    async def draw(self, request: Request) -> Fault | None:
        """Return the fault of this attempt, or None; attempts are told apart by idempotency key, else by content."""
        if not self._options.failure_rate:
            return None
        content = await _fingerprint(request)
        name = request.headers.get("idempotency-key", content)
        attempt = self._attempts.pop(name, 0) + 1
        self._attempts[name] = attempt
        if len(self._attempts) > COUNTED_REQUESTS:
            self._attempts.popitem(last=False)
        chance = random.Random(f"{self._options.seed}:{content}:{attempt}")  # noqa: S311  # a rehearsal, no secret
        if chance.random() >= self._options.failure_rate:
            return None
        return Fault(chance.choice(KINDS)())


async def _fingerprint(request: Request) -> str:
    """Return a digest of the request, without the boundary, which differs between attempts."""
    body = await request.body()
    _, found, boundary = request.headers.get("content-type", "").partition("boundary=")
    if found:
        body = body.replace(boundary.strip('"').encode(), b"")
    return blake2b(f"{request.method} {request.url.path}\n".encode() + body, digest_size=16).hexdigest()
