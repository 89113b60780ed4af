"""All derived tests of a node as one class."""

from ...nodes.base import Node
from .request_tests import request_tests
from .result_tests import result_tests

__all__ = ["node_tests"]


def node_tests(node: type[Node]) -> type:
    """Return the tests that hold for every node, as a class for pytest.

    Each field is sent exactly when it is set, its limits are enforced before anything is sent, results keep the schema
    that was promised. All values are derived from the declaration; a field whose values cannot be guessed says an
    ``example``. Tests that need the service run where the sandbox serves the operation::

        from endpoint_nodes.testing import node_tests

        TestRerank = node_tests(Rerank)
    """
    return type(f"Test{node.__name__}", (request_tests(node), result_tests(node)), {})
