"""One operation of the sandbox, and what every request to one goes through before its handler."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from .checks import Body, decode_form, decode_json
from .errors import ApiError, json_response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

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
    bodies: Mapping[str, type[Body]] = field(default_factory=dict)
    heavy: bool = False
    public: bool = False


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
        call = await self._checked(request)
        answer = self._operation.handler
        response = await asyncio.to_thread(answer, call) if self._operation.heavy else answer(call)
        return fault.spoil(response) if fault else response

    async def _checked(self, request: Request) -> Call:
        """The request with its body decoded, and its model known."""
        bodies = self._operation.bodies
        if not bodies:
            return Call(request, self._service, None, "")
        given = request.headers.get("content-type", "")
        media = given.partition(";")[0].strip().lower()
        if media not in bodies:
            raise ApiError(
                f"Unsupported content type: '{given}'. This API method only accepts "
                f"{' or '.join(map(repr, bodies))} requests.",
                status=415,
                code="unsupported_content_type",
            )
        body = await _decode(request, media, bodies[media])
        model = self._service.catalogue.for_operation(self._operation.path, body.model)
        return Call(request, self._service, body, model)


async def _decode(request: Request, media: str, kind: type[Body]) -> Body:
    if media == JSON:
        return decode_json(await request.body(), kind)
    try:
        async with request.form(max_part_size=32_000_000) as form:
            return await decode_form(form.multi_items(), kind)
    except HTTPException as error:
        raise ApiError(f"Could not parse multipart form: {error.detail}") from None
