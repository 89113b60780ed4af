"""The nodes: one file = one node = one operation; a file put here is found by every host.

Other packages add nodes through the entry point group ``endpoint_nodes.packs``: each entry names a module with nodes,
or a package whose modules are searched in the same way.
"""

import importlib
import importlib.metadata
import pkgutil
import warnings
from functools import cache
from types import ModuleType

from .base import Node

__all__ = ["find_node", "node_classes"]

PACKS = "endpoint_nodes.packs"


@cache
def node_classes() -> dict[str, type[Node]]:
    """Return all node classes by id ("create_image_variation"), this package's first, in alphabetical order."""
    found = {node.id(): node for node in _nodes_in(importlib.import_module(__name__))}
    for pack in importlib.metadata.entry_points(group=PACKS):
        try:
            found |= {node.id(): node for node in _nodes_in(importlib.import_module(pack.value))}
        except Exception as error:  # noqa: BLE001 - whatever a pack does wrong, the other nodes are there
            warnings.warn(f"The pack {pack.name} is left out, because it cannot be loaded ({error}).", stacklevel=2)
    return found


def find_node(name: str) -> type[Node] | None:
    """Return the node with this id, command or label, None if there is none."""
    return node_classes().get(name.strip().lower().replace("-", "_").replace(" ", "_"))


def _nodes_in(package: ModuleType) -> list[type[Node]]:
    modules = [package]
    if hasattr(package, "__path__"):
        names = sorted(module.name for module in pkgutil.iter_modules(package.__path__) if not module.ispkg)
        modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    return [
        member
        for module in modules
        for member in vars(module).values()
        if isinstance(member, type) and issubclass(member, Node) and member.__module__ == module.__name__
    ]
