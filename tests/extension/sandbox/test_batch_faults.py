"""What goes wrong with batches elsewhere, on purpose here: with the first batch of a sandbox, not with the next."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from openai.types import Batch

LINES = 6


@pytest.fixture
def client(sandbox_server: Callable[..., str], fault: str) -> Iterator[openai.OpenAI]:
    url = sandbox_server(batch_fault=fault, batch_seconds=0)
    with openai.OpenAI(base_url=url, api_key="any", max_retries=0) as official:
        yield official


def submit(client: openai.OpenAI) -> Batch:
    bodies = [{"model": "m", "messages": [{"role": "user", "content": str(number)}]} for number in range(LINES)]
    lines = [
        {"custom_id": str(number), "method": "POST", "url": "/v1/chat/completions", "body": body}
        for number, body in enumerate(bodies)
    ]
    file = client.files.create(file=("in.jsonl", "\n".join(map(json.dumps, lines)).encode()), purpose="batch")
    return client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"run": "1"}
    )


def finish(client: openai.OpenAI, batch: Batch) -> Batch:
    while batch.status not in ("completed", "failed", "expired", "cancelled"):
        time.sleep(0.01)
        batch = client.batches.retrieve(batch.id)
    return batch


def lines_of(client: openai.OpenAI, file_id: str | None) -> list[Any]:
    assert file_id
    return [json.loads(line) for line in client.files.content(file_id).text.splitlines()]


@pytest.fixture(autouse=True)
def _second_batch_is_well(request: pytest.FixtureRequest) -> Iterator[None]:
    client: openai.OpenAI = request.getfixturevalue("client")
    yield
    batch = finish(client, submit(client))
    assert (batch.status, batch.error_file_id) == ("completed", None)
    assert sorted(line["custom_id"] for line in lines_of(client, batch.output_file_id)) == list(map(str, range(LINES)))


@pytest.mark.parametrize("fault", ["no_output"])
def test_completed_without_an_output_file_because_every_line_failed(client: openai.OpenAI) -> None:
    batch = finish(client, submit(client))
    assert (batch.status, batch.output_file_id) == ("completed", None)
    assert batch.request_counts
    assert batch.request_counts.failed == LINES
    assert {line["response"]["status_code"] for line in lines_of(client, batch.error_file_id)} == {500}


@pytest.mark.parametrize("fault", ["empty_error_file_id"])
def test_the_id_of_an_error_file_that_is_not_there_is_empty(client: openai.OpenAI) -> None:
    batch = finish(client, submit(client))
    assert (batch.status, batch.error_file_id) == ("completed", "")
    assert len(lines_of(client, batch.output_file_id)) == LINES


@pytest.mark.parametrize(
    ("fault", "status", "code"), [("expire", "expired", "batch_expired"), ("cancel", "cancelled", "batch_cancelled")]
)
def test_half_of_the_lines_are_answered_and_paid_when_a_batch_ends_early(
    client: openai.OpenAI, status: str, code: str
) -> None:
    batch = finish(client, submit(client))
    assert batch.status == status
    paid, left = lines_of(client, batch.output_file_id), lines_of(client, batch.error_file_id)
    assert (len(paid), len(left)) == (LINES // 2, LINES // 2)
    assert {line["error"]["code"] for line in left} == {code}
    assert batch.usage
    assert batch.usage.total_tokens > 0


@pytest.mark.parametrize("fault", ["vanish"])
def test_a_batch_vanishes_when_it_is_done(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        finish(client, submit(client))
    assert caught.value.response.json()["error"]["message"].startswith("No batch found with id")
    assert list(client.batches.list()) == []


@pytest.mark.parametrize("fault", ["token_limit"])
def test_a_token_limit_shows_only_as_a_failed_batch(client: openai.OpenAI) -> None:
    batch = finish(client, submit(client))
    assert batch.status == "failed"
    assert batch.errors
    assert [error.code for error in batch.errors.data or ()] == ["token_limit_exceeded"]


@pytest.mark.parametrize("fault", ["doubled_lines"])
def test_some_lines_of_the_output_come_twice(client: openai.OpenAI) -> None:
    batch = finish(client, submit(client))
    counts = Counter(line["custom_id"] for line in lines_of(client, batch.output_file_id))
    assert len(counts) == LINES
    assert set(counts.values()) == {1, 2}
