"""Searching a vector store: a row for each passage, of what the store holds now."""

import json

import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.testing.wire import Recorder, recording_server
from endpoint_nodes.nodes.search_vector_store import SearchVectorStore
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import RequestFailed

SANDBOX = Configuration(base_url="sandbox:")
STORE = "vs_sandbox"


def test_each_query_gives_a_row_for_each_passage_the_best_first() -> None:
    questions = [{"query": "When do parcels arrive?"}, {"query": "Are ripe plums sweet?"}]
    table, _ = execute(SearchVectorStore(vector_store_id=STORE, max_num_results=2), SANDBOX, questions)
    rows = table.to_pylist()
    assert [(row["row_id"], row["index"]) for row in rows] == [("0", 0), ("0", 1), ("1", 0), ("1", 1)]
    assert [row["filename"] for row in rows if row["index"] == 0] == ["delivery.md", "plums.md"]
    assert all(1 >= better["score"] >= worse["score"] >= 0 for better, worse in (rows[:2], rows[2:]))


def test_a_query_without_a_passage_gives_no_row() -> None:
    node = SearchVectorStore(vector_store_id=STORE, query="Plums?", filters={"type": "eq", "key": "a", "value": 1})
    assert execute(node, SANDBOX)[0].num_rows == 0


def test_filters_join_comparisons() -> None:
    german = {"type": "eq", "key": "language", "value": "de"}
    either = {"type": "or", "filters": [german, {"type": "in", "key": "language", "value": ["fr"]}]}
    for filters in (german, either, {"type": "nin", "key": "language", "value": ["en"]}):
        table, _ = execute(SearchVectorStore(vector_store_id=STORE, query="Plums?", filters=filters), SANDBOX)
        assert table.column("filename").to_pylist() == ["pflaumen.md"]


def test_a_store_that_does_not_exist_is_the_error_of_its_row() -> None:
    stores = [{"store": "vs_none"}, {"store": STORE}]
    node = SearchVectorStore(vector_store_id="{store}", query="Plums?", max_num_results=1)
    with pytest.raises(RequestFailed, match=r"Row 0: .*'vs_none' not found"):
        execute(node, SANDBOX, stores)
    kept, _ = execute(
        SearchVectorStore(vector_store_id="{store}", query="Plums?", max_num_results=1, on_error="continue"),
        SANDBOX,
        stores,
    )
    assert kept.column("status").to_pylist() == [404, 200]


def test_every_run_searches_again() -> None:
    body = json.dumps({"data": [], "search_query": ["Plums?"], "has_more": False, "next_page": None}).encode()
    with recording_server(Recorder(status=200, body=body)) as server:
        for _ in range(2):
            execute(SearchVectorStore(vector_store_id="vs_1", query="Plums?"), Configuration(base_url=server.url))
    assert len(server.requests) == 2
    assert server.requests[0].parts == {"query": "Plums?"}
