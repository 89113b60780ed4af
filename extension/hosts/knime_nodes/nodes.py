"""Importing this module registers the category, the port type and every node with KNIME."""

from ....nodes import node_classes
from ...engine.packs import pack_node_classes
from .category import pack_category
from .configuration_node import EndpointConfiguration
from .factory import make_node

NODES = [EndpointConfiguration, *(make_node(node) for node in node_classes().values())]
for name, title, nodes in pack_node_classes():
    category = pack_category(name, title)
    NODES += [make_node(node, category) for node in nodes]
