"""The application: every operation with what it takes and gives, from which routes and document are derived."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ....port_types.errors import EndpointError
from . import results
from .access import Access
from .endpoints import Service
from .metrics import CONTENT_TYPE
from .models import Choices, Names, RunRequest, Runs, RunStatus, Upload
from .openapi import FORM, Content, Operation, document
from .reply import problem, reply
from .runner import QueueFull

__all__ = ["build"]

ErrorHandler = Callable[[Request, Exception], Awaitable[Response]]


def operations(service: Service) -> list[Operation]:
    """Return every operation of the service."""
    facts = Content("application/json", {"type": "object"})
    binary = Content("application/octet-stream", {"type": "string", "format": "binary"})
    lines, arrow = Content(results.JSON_LINES, {"type": "string"}), Content(results.ARROW, binary.schema)
    event = {"event": {"enum": ["progress", "end"]}, "data": {"type": "string", "contentMediaType": "application/json"}}
    events = Content("text/event-stream", {"type": "object", "properties": event})
    text = Content(CONTENT_TYPE, {"type": "string"})
    status, choices = Content.of(RunStatus), Content.of(Choices)
    return [
        Operation("GET", "/health", service.health, {200: [facts]}, secured=False),
        Operation("GET", "/metrics", service.show_metrics, {200: [text]}),
        Operation("GET", "/nodes", service.list_nodes, {200: [facts]}),
        Operation("GET", "/nodes/{node}", service.show_node, {200: [facts]}, (404,)),
        Operation(
            "GET",
            "/nodes/{node}/fields/{field}/choices",
            service.list_choices,
            {200: [choices]},
            (404, 422),
            query=("configuration",),
        ),
        Operation("GET", "/configurations", service.list_configurations, {200: [Content.of(Names)]}),
        Operation("PUT", "/files/{name}", service.save_file, {201: [Content.of(Upload)]}, (413, 422), body=[binary]),
        Operation("DELETE", "/files/{name}", service.delete_file, {204: []}, (404,)),
        Operation("GET", "/runs", service.list_runs, {200: [Content.of(Runs)]}),
        Operation(
            "POST",
            "/runs",
            service.start_run,
            {201: [status]},
            (400, 413, 422, 429),
            body=[Content.of(RunRequest), Content("multipart/form-data", FORM)],
        ),
        Operation("GET", "/runs/{run}", service.show_run, {200: [status]}, (404,)),
        Operation("DELETE", "/runs/{run}", service.cancel_run, {200: [status]}, (404,)),
        Operation("GET", "/runs/{run}/events", service.follow_run, {200: [events]}, (404,)),
        Operation("GET", "/runs/{run}/results", service.show_results, {200: [lines, arrow]}, (404, 409)),
        Operation(
            "GET",
            "/runs/{run}/results/{row:int}/{column}",
            service.show_file,
            {200: [Content("image/*", binary.schema), Content("audio/*", binary.schema), binary]},
            (404, 409),
        ),
        Operation("DELETE", "/cancel/{key}", service.cancel_by_address, {204: []}, (404,), secured=False),
    ]


def build(service: Service, tokens: Sequence[str], max_body: int) -> Starlette:
    """Return the application.

    Args:
        service: its parts.
        tokens: those that are accepted.
        max_body: bytes of one request's body.
    """
    served = operations(service)

    async def openapi(_: Request) -> Response:
        """Return this document."""
        return reply(document(served))

    served.append(Operation("GET", "/openapi.json", openapi, {200: [Content("application/json", {"type": "object"})]}))
    return Starlette(
        routes=[Route(operation.path, operation.handler, methods=[operation.method]) for operation in served],
        middleware=[Middleware(Access, tokens=tokens, max_body=max_body, metrics=service.metrics)],
        exception_handlers={
            HTTPException: _refused,
            EndpointError: _not_run,
            QueueFull: _handler(
                "You have as many unfinished runs as this service takes; wait for one of them, or cancel it.",
                429,
                {"retry-after": "5"},
            ),
            ClientDisconnect: _handler("The request was not sent to its end.", 400),
            Exception: _handler("The service could not do this; its log says why.", 500),
        },
    )


def _handler(sentence: str, status: int, headers: Mapping[str, str] | None = None) -> ErrorHandler:
    async def handle(_: Request, __: Exception) -> Response:
        return problem(sentence, status, headers)

    return handle


async def _not_run(_: Request, error: Exception) -> Response:
    return problem(str(error), 422)


async def _refused(request: Request, error: Any) -> Response:
    sentences = {404: f"There is no {request.url.path}.", 405: f"{request.method} {request.url.path} is not possible."}
    generic = error.detail in ("Not Found", "Method Not Allowed")
    return problem(sentences[error.status_code] if generic else error.detail, error.status_code, error.headers)
