"""The tests that hold for every node, for packs to run on theirs: ``TestRerank = node_tests(Rerank)``."""

from .extension.testing import node_tests

__all__ = ["node_tests"]
