"""Whatever a service answers and whatever a user gives as an image: nothing but the engine's own errors."""

import json
import resource
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from endpoint_nodes.extension.engine.http.retry import failure, judge
from endpoint_nodes.nodes import node_classes
from endpoint_nodes.nodes.base import Node, Response
from endpoint_nodes.nodes.base.media.images import fit_image
from endpoint_nodes.port_types.errors import BadResponse, EndpointError, InvalidInput
from endpoint_nodes.port_types.files import File, FileRules
from endpoint_nodes.port_types.table import arrow_schema

from .conftest import picture

NAMES = st.sampled_from(
    [
        "data",
        "b64_json",
        "url",
        "usage",
        "created",
        "error",
        "message",
        "choices",
        "content",
        "object",
        "embedding",
        "results",
        "categories",
        "text",
        "segments",
        "words",
        "id",
        "index",
        "code",
        "type",
        "finish_reason",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=5),
    max_leaves=30,
)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "retry-after-ms", "x-should-retry", "content-type", "x-ratelimit-reset-tokens"]),
    st.text(max_size=20) | st.sampled_from(["1", "-1", "1e400", "nan", "audio/mpeg", "text/html", "6m0s"]),
)


@pytest.mark.parametrize("node", node_classes().values(), ids=lambda node: node.id())
@pytest.mark.parametrize("result_format", ["simplified", "structured", "raw"])
@settings(max_examples=60, deadline=None)
@given(body=VALUES.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200), headers=HEADERS)
def test_any_answer_becomes_rows_of_the_schema_or_a_named_error(
    node: type[Node], result_format: Any, body: bytes, headers: dict[str, str]
) -> None:
    made = node(result_format=result_format)
    schema = arrow_schema(made.result_columns())
    try:
        rows = made.call().rows(Response(200, headers, body))
    except BadResponse:
        return
    plain = [{name: value for name, value in row.items() if type(value).__name__ != "Remote"} for row in rows]
    pa.RecordBatch.from_pylist(plain, schema=schema).validate(full=True)
    assert all(count >= 0 for count in made.response.usage(Response(200, headers, body)).values())


@settings(max_examples=200, deadline=None)
@given(
    status=st.integers(100, 599),
    body=VALUES.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200),
    headers=HEADERS,
)
def test_any_refusal_is_judged_and_named(status: int, body: bytes, headers: dict[str, str]) -> None:
    answer = Response(status, headers, body)
    verdict = judge(answer)
    assert verdict.wait is None or verdict.wait >= 0
    assert isinstance(failure(answer), EndpointError)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_bytes_as_an_image_are_fitted_or_refused(data: st.DataObject) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    given_bytes = data.draw(st.binary(max_size=300))
    if data.draw(st.booleans()):  # a real image with some bytes changed goes deeper than noise
        changed = bytearray(picture() * 1)
        for _ in range(data.draw(st.integers(1, 6))):
            changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
        given_bytes = bytes(changed)
    rules = FileRules(("image/png",), 4_000_000, square=True)
    try:
        fitted, _ = fit_image(
            File(given_bytes, "x.png", ""), rules, data.draw(st.sampled_from(["refuse", "pad", "crop"]))
        )
    except InvalidInput:
        pass
    else:
        assert fitted.data.startswith(b"\x89PNG")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000, "kilobytes"
