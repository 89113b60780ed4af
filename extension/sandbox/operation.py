"""One operation of the sandbox, and what every request to one goes through before its handler."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .checks import Body, Fields, decode_form, decode_json
from .errors import ApiError, json_response
from .service import Service

__all__ = ["FORM", "JSON", "Call", "Endpoint", "Operation"]

FORM = "multipart/form-data"
JSON = "application/json"


@dataclass(frozen=True)
class Call:
    """A checked request, as a handler sees it.

    Attributes:
        body: The struct the operation names for the request's media type; None for GET.
        model: The model that answers; empty where the operation takes none.
    """

    request: Request
    service: Service
    body: Any
    model: str


@dataclass(frozen=True)
class Operation:
    """A route of the API (path without prefix).

    Attributes:
        handler: Makes the response; runs in a worker thread where `heavy`.
        bodies: The body's struct by media type; empty for GET.
        public: Served without key, latency and rate limit, as storage urls are.
    """

    method: str
    path: str
    handler: Callable[[Call], Response]
    bodies: Mapping[str, type[Fields]] = field(default_factory=dict)
    heavy: bool = False
    public: bool = False

    def call(self, request: Request, service: Service, body: Fields, default: str | None = None) -> Call:
        """Return the checked request of a decoded body.

        Args:
            request: Brought the body.
            service: Has the models.
            body: Decoded.
            default: The model where the body names none.

        Raises:
            ApiError: The model is refused.
        """
        model = ""
        if isinstance(body, Body):
            model = service.catalogue.for_operation(self.path, body.model if body.model is not None else default)
        return Call(request, service, body, model)


class Endpoint:
    """The ASGI application of one operation."""

    def __init__(self, operation: Operation, service: Service) -> None:
        self._operation = operation
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request that the router found to be of this operation."""
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        service = self._service
        headers: Mapping[str, str] = {}
        try:
            if not self._operation.public:
                service.check_key(request.headers.get("authorization"))
                headers = service.limiter.admit(int(request.headers.get("content-length", 0)))
                if service.options.latency:
                    await asyncio.sleep(service.options.latency)
            async with service.memory.reserve(request.scope["body_size"]):
                response = await self._handled(request)
        except ApiError as error:
            response = json_response(error.body, error.status, error.headers)
        response.headers.update(headers)
        return response

    async def _handled(self, request: Request) -> Response:
        fault = await self._service.faults.draw(request)
        if fault and fault.response:
            return fault.response
        answer = self._operation.handler
        async with self._check(request) as call:
            response = await asyncio.to_thread(answer, call) if self._operation.heavy else answer(call)
        return fault.spoil(response) if fault else response

    @asynccontextmanager
    async def _check(self, request: Request) -> AsyncIterator[Call]:
        """Yield the request with its body decoded and its model known; uploaded files are open as long."""
        bodies = self._operation.bodies
        if not bodies:
            yield Call(request, self._service, None, "")
            return
        given = request.headers.get("content-type", "")
        media = given.partition(";")[0].strip().lower()
        if media not in bodies:
            raise ApiError(
                f"Unsupported content type: '{given}'. This API method only accepts "
                f"{' or '.join(map(repr, bodies))} requests.",
                status=415,
                code="unsupported_content_type",
            )
        async with _decode(request, media, bodies[media]) as body:
            yield self._operation.call(request, self._service, body)


@asynccontextmanager
async def _decode(request: Request, media: str, kind: type[Fields]) -> AsyncIterator[Fields]:
    if media == JSON:
        yield decode_json(await request.body(), kind)
        return
    try:
        form = await request.form(max_part_size=32_000_000)
    except HTTPException as error:
        raise ApiError(f"Could not parse multipart form: {error.detail}") from None
    try:
        yield decode_form(form.multi_items(), kind)
    finally:
        await form.close()
