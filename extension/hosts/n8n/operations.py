"""What the n8n package is built from: every node as an operation, with its parameters.

``python -m endpoint_nodes.extension.hosts.n8n.operations FILE`` writes it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from ....nodes import node_classes
from ....nodes.base import Node
from ....port_types.fields import Field, FieldKind, Mode
from ..kit.fields import MEDIA_KINDS, public_fields
from .parameters import parameter, title

__all__ = ["operations"]

OPTIONS = "options"
"""Name of the collection "Additional Options"."""

OWN_WAY = ("result_format", "on_error", "keep_columns", "repeat_request")
"""Settings that n8n says in its own way: Simplify Output, On Error, and items that are paired."""


def operations() -> dict[str, Any]:
    """Return the resources, the operations, and the parameters of all nodes."""
    nodes = list(node_classes().values())
    resources = sorted({_resource(node) for node in nodes})
    found: dict[str, Any] = {"properties": [_resource_choice(resources)], "operations": {}}
    for resource in resources:
        of_resource = [node for node in nodes if _resource(node) == resource]
        found["properties"].append(_operation_choice(resource, of_resource))
        for node in of_resource:
            found["properties"] += _properties(node)
            found["operations"][node.id()] = _facts(node)
    return found


def _resource(node: type[Node]) -> str:
    """Return what the operation is about, by its path: "/images/edits" is about images."""
    return node.routes[0].path.split("/")[1].removesuffix("s")


def _resource_choice(resources: list[str]) -> dict[str, Any]:
    names = [{"name": title(name), "value": name} for name in resources]
    return {
        "displayName": "Resource",
        "name": "resource",
        "type": "options",
        "noDataExpression": True,
        "options": sorted([*names, {"name": "Run", "value": "run"}], key=lambda option: option["name"]),
        "default": "chat",
    }


def _operation_choice(resource: str, nodes: list[type[Node]]) -> dict[str, Any]:
    options = [
        {
            "name": _operation_name(node),
            "value": node.id(),
            "action": node.label().capitalize(),
            "description": (node.__doc__ or "").strip().splitlines()[0].removesuffix("."),
        }
        for node in nodes
    ]
    return {
        "displayName": "Operation",
        "name": "operation",
        "type": "options",
        "noDataExpression": True,
        "displayOptions": {"show": {"resource": [resource]}},
        "options": sorted(options, key=lambda option: option["name"]),
        "default": nodes[0].id(),
    }


def _operation_name(node: type[Node]) -> str:
    """Return the name beside its resource: of Create Image Variation, Variation is left."""
    words = [word for word in node.label().split() if word.lower().removesuffix("s") != _resource(node)]
    return " ".join(words[1:] or words)


def _properties(node: type[Node]) -> list[dict[str, Any]]:
    shown = {"show": {"operation": [node.id()]}}
    fields = [field for field in public_fields(node) if field.name not in OWN_WAY]
    always = [field for field in fields if _is_always_shown(field)]
    others = [parameter(field) for field in fields if field not in always]
    return [
        *({**parameter(field), "displayOptions": shown} for field in always),
        {
            "displayName": "Additional Options",
            "name": OPTIONS,
            "type": "collection",
            "placeholder": "Add Option",
            "displayOptions": shown,
            "default": {},
            "options": sorted(others, key=lambda other: other["displayName"]),
        },
    ]


def _is_always_shown(field: Field) -> bool:
    return field.mode is Mode.REQUIRED or callable(field.suggestions) or (field.primary and not field.advanced)


def _facts(node: type[Node]) -> dict[str, Any]:
    """Return what the package has to know of an operation beside its parameters."""
    fields = [field for field in public_fields(node) if field.name not in OWN_WAY]
    return {
        "label": node.label(),
        "fields": [
            {
                "name": field.name,
                "label": title(field.label),
                "sent": field.sent,
                "required": field.mode is Mode.REQUIRED,
                "shown": _is_always_shown(field),
                "media": field.kind in MEDIA_KINDS,
                "many": field.many,
                "json": field.kind is FieldKind.JSON or field.many,
            }
            for field in fields
        ],
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(operations(), indent="\t", ensure_ascii=False) + "\n", encoding="utf-8")
