"""Rows of a run that fail: which one is named, and what becomes of the others."""

import pickle
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.engine.run.outcome import Outcome
from endpoint_nodes.nodes.base import Column, ColumnKind, JsonResultSchema, Node, Response, Route, required
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidInput, RequestFailed

from .conftest import FaultyService, reply
from .test_execute import png

SANDBOX = Configuration(base_url="sandbox:")
HALF_A_PAIR = "half a pair: \ud800"
REFUSED = reply(b'{"error": {"message": "No."}}', 400)


class Flags(JsonResultSchema):
    def simplified(self) -> tuple[Column, ...]:
        return (Column("flagged", ColumnKind.BOOLEAN, "Whether it is."),)

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        return [{"flagged": 1 / len(values["input"].strip("x")) > 0}]


class FragileNode(Node):
    """Divides by zero for some texts."""

    routes = (Route("moderations", "POST", "/moderations"),)
    response = Flags()

    input: str | None = required("Text", "The text.")


def test_the_first_row_that_fails_is_named_however_long_it_takes(faulty_service: FaultyService) -> None:
    faulty_service.answer = lambda user, _: 0.5 if user == "slow" else REFUSED
    frame = pd.DataFrame({"image": [png()] * 3, "user": ["slow", "bad", "worse"]})
    where = Configuration(base_url=faulty_service.base_url, max_attempts=1, concurrency=3, cache="off")
    with pytest.raises(RequestFailed, match=r"^Row 0: "):
        execute(CreateImageVariation(columns={"user": "user"}), where, frame)


def test_rows_behind_a_failed_one_are_not_sent(faulty_service: FaultyService) -> None:
    faulty_service.answer = lambda *_: REFUSED
    frame = pd.DataFrame({"image": [png()] * 50, "user": [str(number) for number in range(50)]})
    where = Configuration(base_url=faulty_service.base_url, max_attempts=1, concurrency=2, cache="off")
    with pytest.raises(RequestFailed, match=r"^Row 0: .*No\."):
        execute(CreateImageVariation(columns={"user": "user"}), where, frame)
    assert len(faulty_service.requests) <= 4


def test_a_mistake_in_a_node_is_the_error_of_its_row() -> None:
    frame = pd.DataFrame({"input": ["fine", "xxx", "good"]})
    table, _ = execute(FragileNode(on_error="continue"), SANDBOX, frame)
    assert table.column("flagged").to_pylist() == [True, None, True]
    error = table.column("error").to_pylist()[1]
    assert error.startswith("this row cannot be processed")
    assert "ZeroDivisionError" in error


@pytest.mark.parametrize("source", [None, ["good", HALF_A_PAIR], pd.DataFrame({"prompt": [HALF_A_PAIR]}, dtype=object)])
def test_a_text_that_is_not_unicode_is_refused_in_a_sentence(source: Any) -> None:
    prompt = "{prompt}" if source is not None else HALF_A_PAIR
    with pytest.raises(InvalidInput, match=r"not valid Unicode|cannot be read as a table"):
        execute(CreateChatCompletion(model="sandbox-chat", prompt=prompt), SANDBOX, source)


def test_an_outcome_travels_to_another_process() -> None:
    told: list[Outcome] = []
    frame = pd.DataFrame({"prompt": ["Hello", None]})
    node = CreateChatCompletion(model="sandbox-chat", on_error="continue")
    execute(node, SANDBOX, frame, observe=told.append)
    good, bad = pickle.loads(pickle.dumps(told))  # noqa: S301 - made in the line itself
    assert (good.attempts, good.status, good.model, good.error) == (1, 200, "sandbox-chat", None)
    assert str(bad.error).startswith("`prompt` is missing")
    with pytest.raises(AttributeError):
        good.status = 500
