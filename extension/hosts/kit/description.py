"""What a node is, takes and gives back, for programs."""

import inspect
from typing import Any

from ....nodes.base import Node
from .fields import public_fields
from .wording import option_name

__all__ = ["description"]


def description(node: type[Node]) -> dict[str, Any]:
    """Return what a node is, takes and gives back, as JSON."""
    return {
        "id": node.id(),
        "label": node.label(),
        "method": node.routes[0].method,
        "path": node.routes[0].path,
        "help": inspect.cleandoc(node.__doc__ or ""),
        "fields": [
            {
                "name": field.name,
                "option": option_name(field.name),
                "label": field.label,
                "mode": field.mode.value,
                "kind": field.kind.value,
                "help": field.help,
                "limits": field.limits,
                "choices": list(field.choices),
                "default": field.default,
                "since": field.since,
            }
            for field in public_fields(node)
        ],
        "columns": [
            {"name": column.name, "kind": column.kind.value, "help": column.help}
            for column in node(request_details=True).result_columns()
        ],
    }
