"""What holds for every node at once; values and limits are derived from the declarations, no node is named here."""

from endpoint_nodes.nodes import find_node, node_classes
from endpoint_nodes.testing import node_tests

NODES = node_classes().values()

for _node in NODES:
    globals()[f"Test{_node.__name__}"] = node_tests(_node)


def test_a_node_is_found_by_file_command_and_label() -> None:
    for node in NODES:
        assert {find_node(name) for name in (node.id(), node.command(), node.label())} == {node}
