"""Vectors of texts that share requests: each row gets its own, whatever a service makes of the list."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.engine.cache.upkeep import describe
from endpoint_nodes.nodes.base import Bundling, Request, Response
from endpoint_nodes.nodes.create_embeddings import CreateEmbeddings, Vectors
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import BadResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

TEXTS = ["a", "b", "c"]


def answer(*data: Any) -> Response:
    return Response(200, {"content-type": "application/json"}, json.dumps({"data": data}).encode())


def places(*told: Any) -> Response:
    """An answer whose items tell these places, each with its place in the list as its vector."""
    return answer(*({"index": place, "embedding": [number]} for number, place in enumerate(told)))


@pytest.mark.parametrize(
    ("told", "order"),
    [
        ([0, 1, 2], [0, 1, 2]),
        ([2, 1, 0], [2, 1, 0]),
        ([3, 2, 1], [2, 1, 0]),
        (["2", "0", "1"], [1, 2, 0]),
        ([2.0, 0.0, 1.0], [1, 2, 0]),
        ([None, None, None], [0, 1, 2]),
    ],
)
def test_a_vector_goes_to_the_row_of_its_place_however_that_is_written(told: list[Any], order: list[int]) -> None:
    singles = Bundling("input", "data").split(places(*told), 3)
    assert [Vectors().items(single, {})[0]["embedding"].tolist() for single in singles] == [[at] for at in order]


@pytest.mark.parametrize("told", [[0, 0, 0], [0, 1, 3], [2, 3, 4], [0, None, 2], ["x", 1, 2], [1.5, 0, 1], [-1, 0, 1]])
def test_places_that_are_not_those_of_a_list_are_refused(told: list[Any]) -> None:
    with pytest.raises(BadResponse, match="items whose places are"):
        Bundling("input", "data").split(places(*told), 3)


@pytest.mark.parametrize(
    "embedding",
    [[0.5, 1.0], [[0.5, 1.0]], [[[0.5, 1.0]]], base64.b64encode(np.float32([0.5, 1.0]).tobytes()).decode()],
)
def test_a_vector_may_be_nested_or_base64(embedding: Any) -> None:
    (row,) = Vectors().items(answer({"embedding": embedding}), {})
    assert row["embedding"].tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    "embedding",
    [
        *(None, [], "%%%", {}, [[0.5], [1.0]], [0.5, [1.0]], [0.5, None], [0.5, "1"], [1e308], [float("nan")]),
        base64.b64encode(np.float32([np.inf]).tobytes()).decode(),
    ],
)
def test_what_is_not_a_vector_of_numbers_is_refused(embedding: Any) -> None:
    with pytest.raises(BadResponse, match="instead of numbers"):
        Vectors().items(answer({"embedding": embedding}), {})


def test_several_vectors_for_one_text_are_refused() -> None:
    with pytest.raises(BadResponse, match="2 vectors for one text"):
        Vectors().items(answer({"embedding": [1]}, {"embedding": [2]}), {})


def test_a_service_that_answers_with_too_few_is_asked_for_each_row_once(recorder: Callable[..., Any]) -> None:
    service = recorder(status=200, body=answer({"embedding": [1]}).body)
    node = CreateEmbeddings(model="m")
    table, _ = execute(node, Configuration(base_url=service.url), pd.DataFrame({"input": list("abcdefgh")}))
    assert table.column("embedding").to_pylist() == [[1]] * 8
    assert len(service.requests) == 1 + 8


class BrokenBundling(Bundling):
    """Breaks over some requests when they are joined, and over others when their answer is split."""

    def join(self, requests: Sequence[Request]) -> Request:
        joined = super().join(requests)
        if "join" in joined.values["input"]:  # noqa: PD011 - no DataFrame
            raise ZeroDivisionError
        return joined

    def split(self, response: Response, count: int) -> list[Response]:
        if b"split" in response.body:
            raise ZeroDivisionError
        return super().split(response, count)


class BrokenEmbeddings(CreateEmbeddings):
    bundling = BrokenBundling("input", "data")


def test_a_mistake_in_a_shared_request_fails_its_rows_only(sandbox_server: Callable[..., str]) -> None:
    node = BrokenEmbeddings(model="m", rows_per_request=2, on_error="continue", request_details=True)
    texts = ["a", "b", "join", "c", "d", "e"]
    table, _ = execute(node, Configuration(base_url=sandbox_server()), pd.DataFrame({"input": texts}))
    assert table.column("embedding").is_null().to_pylist() == [False, False, True, True, False, False]
    errors = table.column("error").to_pylist()
    assert "ZeroDivisionError" in errors[2]
    assert "ZeroDivisionError" in errors[3]


def test_a_mistake_in_splitting_an_answer_fails_its_rows_only(recorder: Callable[..., Any]) -> None:
    service = recorder(status=200, body=answer({"embedding": [1], "model": "split"}).body)
    node = BrokenEmbeddings(model="m", rows_per_request=2, on_error="continue")
    table, _ = execute(node, Configuration(base_url=service.url), pd.DataFrame({"input": TEXTS}))
    assert table.column("embedding").to_pylist() == [None, None, [1]]


def test_a_cache_counts_the_rows_of_shared_requests_once(sandbox_server: Callable[..., str], tmp_path: Path) -> None:
    where = Configuration(base_url=sandbox_server(), cache=str(tmp_path))
    for _ in range(2):
        execute(CreateEmbeddings(model="m"), where, pd.DataFrame({"input": TEXTS}))
    facts = describe(tmp_path)
    assert facts is not None
    assert [(run.sent, run.reused) for run in facts.runs] == [(0, 3), (3, 0)]
