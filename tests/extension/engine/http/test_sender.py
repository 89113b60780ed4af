"""What is sent again and what is not, what counts as sent, and what the budget sees of it."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pandas as pd
import pytest

from endpoint_nodes.extension.engine import Execution, execute
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import NO_CACHE, Configuration
from endpoint_nodes.port_types.errors import RunStopped

from ..conftest import GOOD, FaultyService, error, images, picture, reply

IMAGE = CreateImageVariation(
    route="variations", columns={"user": "user"}, on_error="continue", request_details=True, keep_columns=False
)
CHAT = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}


def chat(content: str, **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return {**CHAT, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], **more}


def rows(number: int) -> pd.DataFrame:
    return pd.DataFrame({"image": [picture()] * number, "user": [f"u{n}" for n in range(number)]})


def details(service: FaultyService, **fields: Any) -> dict[str, Any]:
    where = Configuration(base_url=service.base_url, cache=NO_CACHE, **{"max_attempts": 2, **fields})  # type: ignore[arg-type]
    row: dict[str, Any] = execute(IMAGE, where, rows(1))[0].to_pylist()[0]
    return row


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 507, 520, 522, 524, 529, 598])
def test_a_status_that_passes_is_tried_again(faulty_service: FaultyService, status: int) -> None:
    faulty_service.answer = lambda _, number: error(status) if number == 1 else GOOD
    row = details(faulty_service)
    assert (row["attempts"], row["error"], row["image"]) == (2, None, picture())


@pytest.mark.parametrize("after", ["0", "-1", "Sat, 21 Nov 2020 07:28:00 GMT", "nonsense", "nan"])
def test_a_service_that_asks_for_no_pause_gets_one(faulty_service: FaultyService, after: str) -> None:
    faulty_service.answer = lambda *_: error(429, retry_after=after)
    began = time.monotonic()
    row = details(faulty_service, max_attempts=4)
    assert row["attempts"] == len(faulty_service.requests) == 4
    assert time.monotonic() - began > 0.05


def test_a_host_that_cannot_be_reached_costs_nothing_of_the_budget() -> None:
    where = Configuration(base_url="http://127.0.0.1:9/v1", max_attempts=2, max_requests=3)
    with Execution(IMAGE, where, rows(5)) as execution:
        found = [row for batch in execution for row in batch.to_pylist()]
        assert execution.run
        assert execution.run.budget.requests == 0
    assert all("127.0.0.1:9 cannot be reached (Connection refused); given up" in row["error"] for row in found)


def test_tokens_of_answers_that_cannot_be_used_count(faulty_service: FaultyService) -> None:
    faulty_service.answer = lambda *_: reply({**images(), "usage": {"total_tokens": 1000}})
    where = Configuration(base_url=faulty_service.base_url, cache=NO_CACHE, concurrency=64, max_total_tokens=10_000)
    with pytest.raises(RunStopped, match="The budget of 10,000 tokens is spent"):
        execute(IMAGE, where, rows(200))
    assert len(faulty_service.requests) == 10


@pytest.mark.parametrize(
    "usage",
    [
        {"total_tokens": 100},
        {"prompt_tokens": 60, "completion_tokens": 40},
        {"input_tokens": 60, "output_tokens": 40, "input_tokens_details": {"text_tokens": 60}},
    ],
)
@pytest.mark.parametrize("concurrency", [1, 64])
def test_a_budget_of_tokens_is_kept_to_however_usage_is_told_and_however_many_are_in_flight(
    faulty_service: FaultyService, usage: dict[str, Any], concurrency: int
) -> None:
    faulty_service.answer = lambda *_: reply({**images(picture()), "usage": usage})
    where = Configuration(
        base_url=faulty_service.base_url, cache=NO_CACHE, concurrency=concurrency, max_total_tokens=1000
    )
    with pytest.raises(RunStopped, match="The budget of 1,000 tokens is spent"):
        execute(IMAGE, where, rows(200))
    assert len(faulty_service.requests) == 10


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (b"\xef\xbb\xbf" + json.dumps(chat("plum")).encode(), "plum"),
        (json.dumps(chat("plum", logprobs=float("-inf"), score=float("nan"))).encode(), "plum"),
        (json.dumps(chat("pl\ud83dum")).encode(), "pl\N{REPLACEMENT CHARACTER}um"),
        (json.dumps(chat("pl\U0001f351um")).encode(), "pl\U0001f351um"),
    ],
    ids=["byte order mark", "NaN", "half a surrogate pair", "a whole pair"],
)
def test_json_that_other_readers_take_is_read_at_the_first_attempt(
    faulty_service: FaultyService, body: bytes, content: str
) -> None:
    faulty_service.answer = lambda *_: reply(body)
    node = CreateChatCompletion(prompt="Plums?", model="m")
    table, _ = execute(node, Configuration(base_url=faulty_service.base_url, cache=NO_CACHE, max_attempts=3))
    assert table.column("content").to_pylist() == [content]
    assert len(faulty_service.requests) == 1


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (reply(b"", 304), "the service answered 304, which is not an answer to this request"),
        (reply(b"", 301), "the service answered 301, which is not an answer to this request"),
        (
            reply(b"", 308, location="https://new.example/v1/images/variations?key=hush"),
            "redirects to https://new.example/v1/images/variations, which is not followed .* put its new address",
        ),
        (
            reply({"detail": "Invalid request body", "validation": [{"message": "n must be a number"}]}, 422),
            "Invalid request body .*n must be a number",
        ),
        (
            reply({"error": {"message": "\x1b[2J\x1b]0;x\x07 cleared\r\nnew line"}}, 400),
            r"400: \[2J \]0;x cleared new line",
        ),
        (reply(b"\x1b[2J plain", 400), r"400: \[2J plain"),
        (reply(b"data: {}\n\n", content_type="text/event-stream"), "a stream of events; leave `stream` out"),
    ],
)
def test_a_refusal_is_said_so_that_a_user_can_act_on_it(
    faulty_service: FaultyService, answer: bytes, sentence: str
) -> None:
    faulty_service.answer = lambda *_: answer
    row = details(faulty_service)
    assert re.search(sentence, row["error"])
    assert row["error"].isprintable()
    assert "hush" not in row["error"]
    assert len(faulty_service.requests) == 1
