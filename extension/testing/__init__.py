"""The tests that hold for every node, for packs to run on theirs."""

import pytest

# What an assertion compared is said in these modules as well.
pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in ("request_tests", "result_tests")))

from .node_tests import node_tests  # noqa: E402 - after the registration

__all__ = ["node_tests"]
