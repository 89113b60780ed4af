"""The widgets: the Endpoint Configuration's, and one made for each node.

The canvas finds a widget by its class's qualified name, so that the classes are attributes of this module.
"""

import inspect
import textwrap
import types
from itertools import chain
from pathlib import Path
from typing import Any

from Orange.widgets.widget import OWWidget

from ....nodes import node_classes
from ....nodes.base import ColumnKind, Node
from ...engine.packs import pack_node_classes
from .audio_player import AudioPlayer
from .configuration_widget import EndpointConfiguration
from .operation import OperationWidget

__all__ = ["OPERATIONS", "PACK_WIDGETS", "WIDGETS", "AudioPlayer", "EndpointConfiguration", "operation_widget"]

KINDS = {ColumnKind.IMAGE: "image", ColumnKind.AUDIO: "audio", ColumnKind.VECTOR: "vector", ColumnKind.TEXT: "text"}
"""What a node is about, by what its results hold; images first in the toolbox."""
TOOLBOX_WIDTH = 11
"""Characters that surely fit below an icon of the toolbox."""
ICONS = Path(__file__).parent / "icons"


def _kind_of(node: type[Node]) -> str:
    held = {column.kind for column in node().result_columns()}
    return next((name for kind, name in KINDS.items() if kind in held), "text")


def _icon_of(node: type[Node]) -> str:
    """Return the node's own icon, drawn here or by its pack, else that of its kind.

    Names go without underscores: the canvas takes what follows one for another size of the same icon.
    """
    own = f"icons/{node.command()}.svg"
    return node.icon or (own if (ICONS / Path(own).name).is_file() else f"icons/{_kind_of(node)}.svg")


def _short_name(label: str) -> str | None:
    """Return the noun of a label that the toolbox would cut, None where it shows the label whole, in two lines."""
    verb, *nouns = label.split()
    lines = textwrap.wrap(label, TOOLBOX_WIDTH, break_long_words=False)
    is_shown = len(lines) < 3 and all(len(line) <= TOOLBOX_WIDTH for line in lines)
    return None if is_shown or verb != "Create" else nouns[-1]


def operation_widget(node: type[Node]) -> type[OperationWidget]:
    """Return the widget class of `node`."""
    text = inspect.getdoc(node) or node.label()

    def body(namespace: dict[str, Any]) -> None:
        namespace.update(
            __module__=__name__,
            __qualname__=node.__name__,
            __doc__=text,
            node=node,
            name=node.label(),
            short_name=_short_name(node.label()),
            id=f"endpoint_nodes.{node.id()}",
            description=text.partition("\n\n")[0].replace("\n", " "),
            icon=_icon_of(node),
            priority=10 * (1 + list(KINDS.values()).index(_kind_of(node))),
            keywords=", ".join(["openai", *node.search_terms, *node.id().split("_"), node.routes[0].path]),
        )

    return types.new_class(node.__name__, (OperationWidget,), {}, body)


OPERATIONS = [operation_widget(node) for node in node_classes().values()]
WIDGETS: list[type[OWWidget]] = [EndpointConfiguration, *OPERATIONS, AudioPlayer]
PACK_WIDGETS: dict[str, list[type[OperationWidget]]] = {
    title: [operation_widget(node) for node in nodes] for _, title, nodes in pack_node_classes()
}
"""The widgets of each pack, by its title."""
globals().update({widget.__name__: widget for widget in (*WIDGETS, *chain.from_iterable(PACK_WIDGETS.values()))})
