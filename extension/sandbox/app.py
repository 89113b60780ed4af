"""The application: the routes of every operation inside one envelope."""

import pkgutil
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import batches, files
from .dialects import DIALECTS, Dialect
from .envelope import Envelope, RequestLog
from .errors import error_body, json_response
from .operation import Endpoint, Operation
from .options import SandboxOptions
from .service import Service

__all__ = ["build", "operations"]

PACKS = "endpoint_nodes.sandbox"
"""Entry points by which packs bring operations: each names a function that returns them."""

HOSTS = ("127.0.0.1", "localhost", "*.localhost")


def operations(dialect: Dialect = DIALECTS["openai"]) -> tuple[Operation, ...]:
    """Return every operation but those of batches: the sandbox's own, then those of packs."""
    own, brought = _same_operations()
    return (*own, *files.operations(dialect), *brought)


@cache
def _same_operations() -> tuple[list[Operation], list[Operation]]:
    """Return what the modules beside this one list as their `OPERATIONS`, and what packs bring."""
    names = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])]
    # Those of documents serve something else, and take long to load.
    modules = [import_module(f"{__package__}.{name}") for name in names if not name.startswith("document")]
    own = [operation for module in modules for operation in getattr(module, "OPERATIONS", ())]
    return own, [operation for pack in entry_points(group=PACKS) for operation in pack.load()()]


def build(options: SandboxOptions, prefix: str, document: Mapping[str, Any] | None = None) -> Starlette:
    """Return the ASGI application of one sandbox: OpenAI's operations, or those of a document."""
    service = Service(options, prefix)
    log = RequestLog(options.log_size)
    dialect = service.dialect
    answering = operations(dialect)
    served = [*answering, *batches.operations(dialect, {operation.path: operation for operation in answering})]
    routes = [
        Route(prefix + operation.path, Endpoint(operation, service), methods=[operation.method])
        for operation in served
        if operation.path not in dialect.retired
    ]
    if document is not None:
        from .document import document_routes

        routes = document_routes(document, service, prefix)

    async def requests(_: Request) -> Response:
        # On the loop that writes the log: in a thread it would read what is being written.
        return json_response(log.summary())

    async def clock(request: Request) -> Response:
        try:
            return json_response({"now": service.clock.advance(float(request.query_params.get("advance", "0")))})
        except ValueError as error:
            return json_response(error_body(f"advance: {error}.", "invalid_request_error", "advance"), 400)

    routes.append(Route("/sandbox/requests", requests, methods=["GET"]))
    routes.append(Route("/sandbox/clock", clock, methods=["POST"]))
    return Starlette(
        routes=routes,
        middleware=[
            # A page in a browser on this machine cannot reach the sandbox under a name of its own.
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False),
            Middleware(Envelope, log=log, max_body=options.max_body),
        ],
        exception_handlers={HTTPException: _not_served},
    )


def _not_served(request: Request, error: Exception) -> Response:
    """Return 404 and 405 as OpenAI words them."""
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for nothing else
    what = f"{request.method} {request.url.path}"
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        text = f"Not allowed to {what}. (HINT: Perhaps you meant to use a different HTTP method?)"
        code = "method_not_supported"
    else:
        text, code = f"Invalid URL ({what})", "unknown_url"
    body = error_body(text, "invalid_request_error", None, code)
    return json_response(body, error.status_code, error.headers)
