"""Small documents for tests."""

from typing import Any

from endpoint_nodes.nodes.openapi import Descriptions, Document, OperationDescription


def document(paths: dict[str, Any], **rest: Any) -> dict[str, Any]:
    """Return a document of OpenAPI 3.1 with these paths."""
    return {"openapi": "3.1.0", "info": {"title": "Test", "version": "1"}, "paths": paths, **rest}


def describe(paths: dict[str, Any], **rest: Any) -> Descriptions:
    """Return the descriptions of a document with these paths."""
    return Descriptions(Document.load(document(paths, **rest)))


def describe_one(
    operation: dict[str, Any], path: str = "/things", method: str = "get", **rest: Any
) -> OperationDescription:
    """Return the description of a document's only operation."""
    (description,) = describe({path: {method: operation}}, **rest).values()
    return description


def describe_body(schema: dict[str, Any], media_type: str = "application/json", **rest: Any) -> OperationDescription:
    """Return the description of a POST with a body of `schema`; `media` are further keys of its media type."""
    media = {"schema": schema, **rest.pop("media", {})}
    return describe_one({"requestBody": {"required": True, "content": {media_type: media}}}, method="post", **rest)


def describe_answer(schema: dict[str, Any], path: str = "/things", **operation: Any) -> OperationDescription:
    """Return the description of a GET that answers with `schema`."""
    answer = {"description": "", "content": {"application/json": {"schema": schema}}, **operation.pop("answer", {})}
    return describe_one({"responses": {"200": answer}, **operation}, path)
