"""Importing this module registers the category, the port type and every node with KNIME."""

from ....nodes import node_classes
from .configuration_node import EndpointConfiguration
from .factory import make_node

NODES = [EndpointConfiguration, *(make_node(node) for node in node_classes().values())]
