"""Batches in KNIME: a workflow that is cancelled or closed leaves them running, and executing it again collects."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import knime.extension as knext
import pyarrow as pa
import pytest
from workflow import Context, Table

CHAT = {"request.model": "gpt-4.1-mini", "input.prompt": "Describe {name}"}
ROWS = 5


def products() -> Table:
    return Table({"name": pa.array([f"product {row}" for row in range(ROWS)])})


def reopened(make: Any, port: Any, url: str, cache: Path, **more: Any) -> tuple[Any, Any]:
    """The two nodes of a workflow as it is opened, with a Configuration that asks for batches."""
    service = {"service.delivery": "batch", "service.set_cache": True, "service.cache": str(cache), **more}
    return make("create_chat_completion", **CHAT), port(url, **service, **{"service.verify": False})


def batches(url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{url}/batches").json()["data"]
    return found


def content(table: Any) -> pa.Table:
    return pa.concat_tables(table)


def test_a_workflow_that_is_cancelled_and_closed_collects_when_it_is_opened_again(
    make: Any, port: Any, sandbox_server: Callable[..., str], tmp_path: Path
) -> None:
    url = sandbox_server(batch_seconds=4)
    node, configuration = reopened(make, port, url, tmp_path / "cache")
    context = Context(cancel_after=12)
    with pytest.raises(knext.InvalidParametersError, match="Batches that were submitted go on at the service"):
        node.execute(context, configuration, products())
    assert "1 batch under way: 0 of 5 requests" in context.progress[-1][1]
    assert len(batches(url)) == 1
    node, configuration = reopened(make, port, url, tmp_path / "cache")
    result, *_ = node.execute(Context(), configuration, products())
    assert len(content(result)) == ROWS
    assert content(result).column("content")[3].as_py().endswith("Describe product 3")
    assert [batch["request_counts"]["completed"] for batch in batches(url)] == [ROWS]


def test_a_node_that_does_not_wait_says_that_its_batch_is_under_way(
    make: Any, port: Any, sandbox_server: Callable[..., str], tmp_path: Path
) -> None:
    url = sandbox_server(batch_seconds=2)
    patience = {"service.wait": False}
    node, configuration = reopened(make, port, url, tmp_path / "cache", **patience)
    with pytest.raises(knext.InvalidParametersError, match=r"1 batch is under way with 5 requests; the same run"):
        node.execute(Context(), configuration, products())
    while batches(url)[0]["status"] != "completed":
        time.sleep(0.1)
    node, configuration = reopened(make, port, url, tmp_path / "cache", **patience)
    result, *_ = node.execute(Context(), configuration, products())
    assert len(content(result)) == ROWS
    assert len(batches(url)) == 1
