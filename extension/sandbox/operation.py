"""One operation of the sandbox, and what every request to one goes through before its handler."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .checks import Body, Fields, decode_form, decode_json
from .errors import ApiError, json_response
from .request_bodies import SMALL
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
            size = request.scope["body_size"]
            if size <= SMALL:
                response = await self._handled(request)
            else:
                async with service.memory.reserve(size):
                    response = await self._handled(request)
        except ApiError as error:
            response = json_response(error.body, error.status, error.headers)
        # A response has none of these yet, so that looking for them first would only take time.
        response.raw_headers.extend((name.encode(), value.encode()) for name, value in headers.items())
        return response

    async def _handled(self, request: Request) -> Response:
        fault = await self._service.faults.draw(request)
        if fault and fault.response:
            return fault.response
        answer = self._operation.handler
        try:
            call = await self._checked(request)
            response = await asyncio.to_thread(answer, call) if self._operation.heavy else answer(call)
        finally:
            await request.close()  # and with it the files of a form
        return fault.spoil(response) if fault else response

    async def _checked(self, request: Request) -> Call:
        """Return the request with its body decoded and its model known."""
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
        return self._operation.call(request, self._service, await _decode(request, media, bodies[media]))


async def _decode(request: Request, media: str, kind: type[Fields]) -> Fields:
    if media == JSON:
        return decode_json(await request.body(), kind)
    try:
        form = await request.form(max_part_size=32_000_000)
    except HTTPException as error:
        raise ApiError(f"Could not parse multipart form: {error.detail}") from None
    return decode_form(form.multi_items(), kind)
