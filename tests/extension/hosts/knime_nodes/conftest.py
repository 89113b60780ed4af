"""The KNIME host on a stand-in for KNIME's API."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent / "stand_in"))
knext: Any = importlib.import_module("knime.extension")
workflow: Any = importlib.import_module("workflow")


@pytest.fixture(scope="session")
def nodes() -> dict[str, Any]:
    """Every registered node by id."""
    importlib.import_module("endpoint_nodes.extension.hosts.knime_nodes.nodes")
    return dict(knext.NODES)


@pytest.fixture(scope="session")
def every_kind() -> Any:
    """Return the factory of a node with a field of every kind."""
    factory: Any = importlib.import_module("endpoint_nodes.extension.hosts.knime_nodes.factory")
    return factory.make_node(importlib.import_module("kinds").EveryKind)


@pytest.fixture
def make(nodes: dict[str, Any]) -> Any:
    """Make a node by id with parameters set: `make("create_image_variation", **{"request.n": 2})`."""

    def made(node_id: str, **values: Any) -> Any:
        return workflow.settings(nodes[node_id].factory(), values)

    return made


@pytest.fixture
def port(make: Any) -> Any:
    """Make a Configuration as it leaves its node."""

    def made(base_url: str = "sandbox:", **values: Any) -> Any:
        return make("endpoint_configuration", **{"service.base_url": base_url, **values}).execute(workflow.Context())

    return made


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the developer's own key out of it."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
