"""Settings as version 0.1.0 saved them, read and run by this version: nothing that was set is lost."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from workflow import Context, Table

SAVED = json.loads((Path(__file__).parents[3] / "saved_by_0_1_0" / "knime.json").read_text(encoding="utf-8"))
REMOVED = {"columns", "ledger", "set_ledger", "resume"}
"""Settings that became others: columns are rows of a list, and the cache is on by itself."""
TABLE = Table({"prompt": pa.array(["Two plums", "A mug"]), "heat": pa.array([0.5, 1.0])})


def opened(nodes: dict[str, Any], node_id: str) -> Any:
    """Return a node with its saved settings, as KNIME gives them to it."""
    node = nodes[node_id].factory()
    given = node._modify_parameters(SAVED[node_id]) if hasattr(node, "_modify_parameters") else SAVED[node_id]
    for section, values in given.items():
        if isinstance(values, list):
            setattr(node, section, [SimpleNamespace(**row) for row in values])
            continue
        if node_id == "list_models" and section != "result":
            continue  # it takes no table and sends no body, so that these settings did nothing
        group = getattr(node, section)
        for name, value in values.items():
            if name not in REMOVED:
                assert hasattr(type(group), name), f"{node_id} has no {section}.{name} any more"
                setattr(group, name, value)
    return node


@pytest.mark.parametrize("node_id", sorted({*SAVED} - {"endpoint_configuration"}))
def test_a_node_saved_by_0_1_0_runs(nodes: dict[str, Any], node_id: str) -> None:
    context, port = Context(), opened(nodes, "endpoint_configuration").execute(Context())
    node = opened(nodes, node_id)
    tables = [] if node_id == "list_models" else [TABLE]
    node.configure(context, port.spec, *(table.schema for table in tables))
    result, *_ = node.execute(context, port, *tables)
    assert sum(batch.num_rows for batch in result) >= len(tables)


def test_limits_and_headers_saved_by_0_1_0_hold(nodes: dict[str, Any]) -> None:
    configuration = opened(nodes, "endpoint_configuration").execute(Context()).spec.configuration
    assert (configuration.max_total_tokens, configuration.requests_per_minute) == (1000, 600)
    assert (configuration.concurrency, dict(configuration.headers)) == (3, {"X-Team": "7"})


def test_fields_columns_and_choices_saved_by_0_1_0_hold(nodes: dict[str, Any]) -> None:
    chat = opened(nodes, "create_chat_completion").planned(TABLE.schema).node
    assert (chat.max_completion_tokens, chat.extra_fields, chat.keep_columns) == (50, {"seed": 3}, True)
    assert dict(chat.columns) == {"prompt": "prompt", "temperature": "heat"}
    picture = opened(nodes, "create_image").planned(TABLE.schema).node
    assert (picture.n, picture.size, picture.on_error, picture.keep_columns) == (2, "256x256", "continue", False)
