"""The type stub of the front door, derived from the declarations: what editors complete and type checkers know."""

import inspect
import re
from pathlib import Path
from typing import Any

from endpoint_nodes.extension.hosts.python.running import run
from endpoint_nodes.nodes import node_classes
from endpoint_nodes.nodes.base import Node
from endpoint_nodes.port_types.fields import Field, FieldKind

__all__ = ["front_door_stub"]

HEAD = """# Written by docs/generate.py from the declarations; change those, then run `make docs`.

from collections.abc import Callable, Sequence
from typing import Any, Literal

from . import nodes as nodes
from .extension.engine.config_loader import load_configuration as load_configuration
from .extension.hosts.python.result import Result as Result
from .extension.hosts.python.running import arun as arun
from .extension.hosts.python.running import run as run
from .port_types import errors as errors
from .port_types.configuration import Configuration as Configuration
from .port_types.errors import EndpointError as EndpointError
from .port_types.errors import RunStopped as RunStopped
"""

TYPES = {
    FieldKind.TEXT: "str",
    FieldKind.INTEGER: "int",
    FieldKind.NUMBER: "float",
    FieldKind.BOOLEAN: "bool",
    FieldKind.JSON: "dict[str, Any]",
    FieldKind.IMAGE: "Any",
    FieldKind.AUDIO: "Any",
    FieldKind.FILE: "Any",
}


def front_door_stub() -> tuple[Path, str]:
    """Return the stub's path and content."""
    nodes = list(node_classes().values())
    imports = "".join(f"from .nodes.{node.id()} import {node.__name__} as {node.__name__}\n" for node in nodes)
    functions = "".join(_function(node, "") + _function(node, "a") for node in nodes)
    return Path(__file__).parents[1] / "endpoint_nodes/__init__.pyi", f"{HEAD}{imports}\n__version__: str\n{functions}"


def _function(node: type[Node], prefix: str) -> str:
    fields = [f"    {name}: {_type(field)} = ..." for name, field in node.fields().items()]
    options = [
        f"    {name}: {_plain_annotation(parameter.annotation)} = ..."
        for name, parameter in inspect.signature(run).parameters.items()
        if name not in ("node", "table", *node.fields())
    ]
    return "\n".join(
        [
            "",
            f"{'async ' * bool(prefix)}def {prefix}{node.function_name()}(",
            "    table: Any = None,",
            "    *,",
            *(f"{line}," for line in (*fields, *options)),
            ") -> Result: ...",
            "",
        ]
    )


def _type(field: Field) -> str:
    name = f"Literal[{', '.join(map(repr, field.choices))}]" if field.choices else TYPES[field.kind]
    name = f"list[{name}]" if field.many else name
    return f"{name} | None" if field.default is None else name


def _plain_annotation(annotation: Any) -> str:
    return re.sub(r"(\w+\.)+", "", inspect.formatannotation(annotation))
