"""Declared fields as JSON Schema, for documents that programs read."""

from typing import Any

from ....nodes.base import Node
from ....port_types.fields import Field, FieldKind
from .fields import describe, public_fields

__all__ = ["field_schema", "settings_schema"]

_TYPES = {FieldKind.INTEGER: "integer", FieldKind.NUMBER: "number", FieldKind.BOOLEAN: "boolean"}


def settings_schema(node: type[Node]) -> dict[str, Any]:
    """Return the schema of a node's settings: an object with its fields, of which any may be absent."""
    columns = {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "For each field taken from a column of the rows, the name of that column.",
    }
    return {
        "type": "object",
        "properties": {**{field.name: field_schema(field) for field in public_fields(node)}, "columns": columns},
        "additionalProperties": False,
    }


def field_schema(field: Field) -> dict[str, Any]:
    """Return the schema of a field's value."""
    one = _one(field)
    schema = {"type": "array", "items": one, **_bounds(field, "minItems", "maxItems")} if field.many else one
    alternatives = [schema, {"type": "null"}]
    if field.sent and schema.get("type") != "string":
        alternatives.insert(1, {"type": "string", "description": "A template, such as {column}."})
    return {"title": field.label, "description": describe(field, choices=False, default=True), "anyOf": alternatives}


def _one(field: Field) -> dict[str, Any]:
    if field.kind is FieldKind.CHOICE:
        return {"enum": list(field.choices)}
    if field.kind is FieldKind.JSON:
        return {"type": "object"}
    if field.kind in _TYPES:
        return {"type": _TYPES[field.kind], **({} if field.many else _bounds(field, "minimum", "maximum"))}
    return {"type": "string"}


def _bounds(field: Field, low: str, high: str) -> dict[str, float]:
    limits = {low: field.minimum, high: field.maximum}
    return {name: limit for name, limit in limits.items() if limit is not None}
