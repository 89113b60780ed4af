"""The OpenAPI document of the service, derived from its operations and from the nodes' declarations."""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any, Self

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ....nodes import node_classes
from ..kit.schema import settings_schema
from .models import Problem, RunRequest

__all__ = ["FORM", "Content", "Operation", "document"]

REFERENCE = "#/components/schemas/{name}"
FORM = {
    "type": "object",
    "properties": {
        "run": {"$ref": REFERENCE.format(name="RunRequest")},
        "rows": {"type": "string", "format": "binary", "description": "JSON lines, or an Arrow stream."},
        "file": {"type": "array", "items": {"type": "string", "format": "binary"}},
    },
    "required": ["run"],
}
"""A run as a form; rows and settings name the files by their file names."""


@dataclass(frozen=True)
class Content:
    """A body: its media type, and its schema or the class that it is made of."""

    media_type: str
    schema: Mapping[str, Any]
    model: type[msgspec.Struct] | None = None

    @classmethod
    def of(cls, model: type[msgspec.Struct]) -> Self:
        """Return a body of JSON."""
        return cls("application/json", {"$ref": REFERENCE.format(name=model.__name__)}, model)


@dataclass(frozen=True)
class Operation:
    """One operation of the service.

    Attributes:
        method: of HTTP.
        path: with parameters, as the router has them.
        handler: answers; its docstring says what it does.
        answers: bodies by status.
        problems: statuses with a sentence.
        query: names of query parameters, none of which is required.
        body: what it takes, one of these.
        secured: whether it needs a token.
    """

    method: str
    path: str
    handler: Callable[[Request], Awaitable[Response]]
    answers: Mapping[int, Sequence[Content]]
    problems: Sequence[int] = ()
    query: Sequence[str] = ()
    body: Sequence[Content] = ()
    secured: bool = True

    @cached_property
    def template(self) -> str:
        """The path as OpenAPI writes it, without converters."""
        return re.sub(r":\w+}", "}", self.path)

    def describe(self) -> dict[str, Any]:
        """Return the operation object."""
        parameters = [
            {"name": name, "in": "path", "required": True, "schema": _parameter(kind)}
            for name, kind in re.findall(r"{(\w+)(?::(\w+))?}", self.path)
        ]
        parameters += [{"name": name, "in": "query", "schema": {"type": "string"}} for name in self.query]
        statuses = [*self.problems, *([401] if self.secured else [])]
        responses: dict[str, Any] = {
            str(status): {"description": "Done.", **({"content": _contents(bodies)} if bodies else {})}
            for status, bodies in self.answers.items()
        }
        responses |= {
            str(status): {
                "description": "Not done; the sentence says why.",
                "content": _contents([Content.of(Problem)]),
            }
            for status in sorted(statuses)
        }
        return {
            "operationId": self.handler.__name__,
            "summary": (inspect.getdoc(self.handler) or "").splitlines()[0],
            **({"parameters": parameters} if parameters else {}),
            **({"requestBody": {"required": True, "content": _contents(self.body)}} if self.body else {}),
            "responses": responses,
            **({} if self.secured else {"security": []}),
        }


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return the document of a service with these operations (OpenAPI 3.1)."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.template, {})[operation.method.lower()] = operation.describe()
    bodies = [
        body for operation in operations for found in (*operation.answers.values(), operation.body) for body in found
    ]
    models = {body.model for body in bodies if body.model} | {Problem}
    _, schemas = msgspec.json.schema_components(
        sorted(models, key=lambda model: model.__name__), ref_template=REFERENCE
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Endpoint Nodes", "version": version("endpoint-nodes")},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, **_runs_by_node(schemas["RunRequest"])},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _runs_by_node(generic: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a run as a choice: one for each node, with its settings."""
    found: dict[str, Any] = {}
    for node in node_classes().values():
        name = node.__name__
        found[f"{name}Settings"] = {**settings_schema(node), "title": node.label(), "description": inspect.getdoc(node)}
        properties = {
            **generic["properties"],
            "node": {"const": node.id()},
            "settings": {"$ref": REFERENCE.format(name=f"{name}Settings")},
        }
        found[f"{name}Run"] = {**generic, "title": f"{name}Run", "properties": properties}
    choices = [{"$ref": REFERENCE.format(name=f"{node.__name__}Run")} for node in node_classes().values()]
    # Nodes of packs are runs of the general form.
    packs = {**generic, "properties": {**generic["properties"], "node": {"type": "string", "pattern": "_"}}}
    return {**found, RunRequest.__name__: {"anyOf": [*choices, packs]}}


def _contents(bodies: Sequence[Content]) -> dict[str, Any]:
    return {body.media_type: {"schema": body.schema} for body in bodies}


def _parameter(kind: str) -> dict[str, Any]:
    return {"type": "integer", "minimum": 0} if kind == "int" else {"type": "string", "minLength": 1}
