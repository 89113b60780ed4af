"""The widgets: the Endpoint Configuration's, and one made for each node.

The canvas finds a widget by its class's qualified name, so that the classes are attributes of this module.
"""

import inspect
import types
from itertools import chain
from typing import Any

from Orange.widgets.widget import OWWidget

from ....nodes import node_classes
from ....nodes.base import ColumnKind, Node
from ...engine.packs import pack_node_classes
from .configuration_widget import EndpointConfiguration
from .operation import OperationWidget

__all__ = ["PACK_WIDGETS", "WIDGETS", "EndpointConfiguration", "operation_widget"]

ICONS = {
    ColumnKind.IMAGE: "icons/image.svg",
    ColumnKind.AUDIO: "icons/audio.svg",
    ColumnKind.VECTOR: "icons/vector.svg",
}
"""By what a node's results hold; every other node's are text."""


def operation_widget(node: type[Node]) -> type[OperationWidget]:
    """Return the widget class of `node`."""
    kinds = [each.kind for each in node().result_columns()]
    text = inspect.getdoc(node) or node.label()

    def body(namespace: dict[str, Any]) -> None:
        namespace.update(
            __module__=__name__,
            __qualname__=node.__name__,
            __doc__=text,
            node=node,
            name=node.label(),
            id=f"endpoint_nodes.{node.id()}",
            description=text.partition("\n\n")[0].replace("\n", " "),
            icon=node.icon or next((ICONS[kind] for kind in kinds if kind in ICONS), "icons/text.svg"),
            priority=10,
            keywords=", ".join(["openai", *node.id().split("_"), node.routes[0].path]),
        )

    return types.new_class(node.__name__, (OperationWidget,), {}, body)


WIDGETS: list[type[OWWidget]] = [EndpointConfiguration, *(operation_widget(each) for each in node_classes().values())]
PACK_WIDGETS: dict[str, list[type[OperationWidget]]] = {
    title: [operation_widget(node) for node in nodes] for _, title, nodes in pack_node_classes()
}
"""The widgets of each pack, by its title."""
globals().update({each.__name__: each for each in (*WIDGETS, *chain.from_iterable(PACK_WIDGETS.values()))})
