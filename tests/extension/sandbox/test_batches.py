"""Batches, through the official client; the sandbox's clock is put forward rather than waited for."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest
from openai.types import Batch

CHAT = "/v1/chat/completions"
HOUR = 3600


class Service:
    """A sandbox whose batches take ten hours, and the official client."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = openai.OpenAI(base_url=url, api_key="any", max_retries=0)

    def advance(self, seconds: float) -> None:
        httpx.post(self.url.replace("/v1", "/sandbox/clock"), params={"advance": seconds})

    def submit(self, lines: list[Any], endpoint: Any = CHAT, **fields: Any) -> Batch:
        content = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        file = self.client.files.create(file=("in.jsonl", content.encode()), purpose="batch")
        return self.client.batches.create(input_file_id=file.id, endpoint=endpoint, completion_window="24h", **fields)

    def wait(self, batch: Batch, reached: Callable[[Batch], bool] | str) -> Batch:
        """Poll until the batch has a status, or whatever is asked for."""
        while True:
            batch = self.client.batches.retrieve(batch.id)
            if batch.status == reached if isinstance(reached, str) else reached(batch):
                return batch
            time.sleep(0.01)

    def finish(self, batch: Batch) -> Batch:
        self.advance(HOUR)
        self.wait(batch, lambda batch: batch.status != "validating")
        self.advance(9 * HOUR)
        self.wait(batch, lambda batch: batch.status not in ("in_progress", "cancelling"))
        self.advance(2 * HOUR)
        return self.wait(batch, lambda batch: batch.status not in ("finalizing", "cancelling"))

    def lines(self, file_id: str | None) -> list[Any]:
        assert file_id
        return [json.loads(line) for line in self.client.files.content(file_id).text.splitlines()]


@pytest.fixture
def service(sandbox_server: Callable[..., str]) -> Iterator[Callable[..., Service]]:
    started: list[Service] = []

    def start(**options: Any) -> Service:
        started.append(Service(sandbox_server(**{"batch_seconds": 10 * HOUR, **options})))
        return started[-1]

    yield start
    for sandbox in started:
        sandbox.client.close()


def ask(number: int, *, url: str = CHAT, **fields: Any) -> dict[str, Any]:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": f"Row {number}"}], **fields}
    return {"custom_id": f"row-{number}", "method": "POST", "url": url, "body": body}


def test_a_batch_goes_through_its_states_and_answers_every_line_as_live(service: Callable[..., Service]) -> None:
    sandbox = service()
    batch = sandbox.submit([ask(number) for number in range(8)], metadata={"run": "7"})
    assert (batch.status, batch.metadata, batch.request_counts and batch.request_counts.total) == (
        "validating",
        {"run": "7"},
        0,
    )
    sandbox.advance(HOUR)
    sandbox.wait(batch, "in_progress")
    sandbox.advance(4 * HOUR)
    half = sandbox.wait(batch, lambda batch: bool(batch.request_counts and batch.request_counts.completed == 4))
    assert half.output_file_id is None
    sandbox.advance(4 * HOUR)
    sandbox.wait(batch, "finalizing")
    sandbox.advance(2 * HOUR)
    done = sandbox.wait(batch, "completed")
    assert done.request_counts
    assert (done.request_counts.total, done.request_counts.completed, done.request_counts.failed) == (8, 8, 0)
    dates = (done.created_at, done.in_progress_at, done.finalizing_at, done.completed_at, done.expires_at)
    assert list(dates) == sorted(date for date in dates if date)
    assert (done.model, done.errors, done.error_file_id) == ("gpt-4o-mini", None, None)
    lines = sandbox.lines(done.output_file_id)
    assert {line["custom_id"] for line in lines} == {f"row-{number}" for number in range(8)}
    assert [line["custom_id"] for line in lines] != [f"row-{number}" for number in range(8)]
    spent = 0
    for line in lines:
        number = int(line["custom_id"].removeprefix("row-"))
        live = sandbox.client.chat.completions.create(**ask(number)["body"])
        body = line["response"]["body"]
        assert (line["error"], line["response"]["status_code"]) == (None, 200)
        assert body["choices"] == live.to_dict()["choices"]
        spent += body["usage"]["total_tokens"]
    assert done.usage
    assert done.usage.total_tokens == spent


def test_a_batch_is_done_without_putting_the_clock_forward(client: openai.OpenAI, sandbox_url: str) -> None:
    sandbox = Service(sandbox_url)
    batch = sandbox.wait(sandbox.submit([ask(1)]), "completed")
    assert len(sandbox.lines(batch.output_file_id)) == 1
    assert client.batches.retrieve(batch.id) == batch


def test_lines_that_are_refused_are_in_the_error_file(service: Callable[..., Service]) -> None:
    sandbox = service()
    batch = sandbox.finish(sandbox.submit([ask(1), ask(2, temperature=9), ask(3, messages=[])]))
    assert batch.request_counts
    assert (batch.status, batch.request_counts.completed, batch.request_counts.failed) == ("completed", 1, 2)
    assert len(sandbox.lines(batch.output_file_id)) == 1
    errors = {line["custom_id"]: line["response"] for line in sandbox.lines(batch.error_file_id)}
    assert {key: response["status_code"] for key, response in errors.items()} == {"row-2": 400, "row-3": 400}
    assert errors["row-2"]["body"]["error"]["param"] == "temperature"


@pytest.mark.parametrize(
    ("url", "body", "answer"),
    [
        ("/v1/responses", {"model": "gpt-4.1", "input": "Hi"}, "output"),
        ("/v1/embeddings", {"model": "text-embedding-3-small", "input": ["a", "b"]}, "data"),
        ("/v1/moderations", {"model": "omni-moderation-latest", "input": "Hi"}, "results"),
        ("/v1/images/generations", {"model": "gpt-image-2", "prompt": "A fox", "size": "256x256"}, "data"),
    ],
)
def test_every_operation_that_comes_in_batches_is_answered(
    service: Callable[..., Service], url: str, body: dict[str, Any], answer: str
) -> None:
    sandbox = service()
    line = {"custom_id": "one", "method": "POST", "url": url, "body": body}
    batch = sandbox.finish(sandbox.submit([line], url))
    assert sandbox.lines(batch.output_file_id)[0]["response"]["body"][answer]
    assert batch.usage
    assert (batch.usage.input_tokens > 0) == (url != "/v1/moderations")


def test_images_are_edited_by_url_and_by_file(service: Callable[..., Service], picture: Callable[..., bytes]) -> None:
    sandbox = service()
    photo = sandbox.client.files.create(file=("a.png", picture()), purpose="vision")
    url = "data:image/png;base64," + base64.b64encode(picture()).decode()
    lines = [
        {
            "custom_id": next(iter(image)),
            "method": "POST",
            "url": "/v1/images/edits",
            "body": {"model": "gpt-image-2", "prompt": "Bold", "images": [image]},
        }
        for image in ({"image_url": url}, {"file_id": photo.id})
    ]
    batch = sandbox.finish(sandbox.submit(lines, "/v1/images/edits"))
    images = [line["response"]["body"]["data"] for line in sandbox.lines(batch.output_file_id)]
    assert images[0] == images[1]


def test_a_batch_that_is_cancelled_keeps_what_was_answered(service: Callable[..., Service]) -> None:
    sandbox = service()
    batch = sandbox.submit([ask(number) for number in range(4)])
    sandbox.advance(HOUR)
    sandbox.wait(batch, "in_progress")
    sandbox.advance(4 * HOUR)
    sandbox.wait(batch, lambda batch: bool(batch.request_counts and batch.request_counts.completed == 2))
    assert sandbox.client.batches.cancel(batch.id).status == "cancelling"
    assert sandbox.client.batches.cancel(batch.id).status == "cancelling"
    sandbox.advance(2 * HOUR)
    done = sandbox.wait(batch, "cancelled")
    assert len(sandbox.lines(done.output_file_id)) == 2
    assert {line["error"]["code"] for line in sandbox.lines(done.error_file_id)} == {"batch_cancelled"}
    with pytest.raises(openai.ConflictError, match="Cannot cancel a batch with status 'cancelled'"):
        sandbox.client.batches.cancel(batch.id)


def test_a_batch_that_takes_too_long_expires_and_keeps_what_was_answered(service: Callable[..., Service]) -> None:
    sandbox = service(batch_seconds=100 * HOUR)
    batch = sandbox.submit([ask(number) for number in range(20)])
    sandbox.advance(10 * HOUR)
    sandbox.wait(batch, "in_progress")
    sandbox.advance(14 * HOUR + 1)
    sandbox.wait(batch, "finalizing")
    sandbox.advance(10 * HOUR)
    done = sandbox.wait(batch, "expired")
    answered, left = sandbox.lines(done.output_file_id), sandbox.lines(done.error_file_id)
    assert len(answered) == 3  # 14 of the 80 hours that answering takes
    assert {line["error"]["code"] for line in left} == {"batch_expired"}
    assert {line["custom_id"] for line in answered + left} == {f"row-{number}" for number in range(20)}


@pytest.mark.parametrize(
    ("lines", "code", "number"),
    [
        (["", " "], "empty_file", None),
        ([ask(1), "{nonsense"], "invalid_json_line", 2),
        ([ask(1), ask(2), ask(1)], "duplicate_custom_id", 3),
        ([ask(1), ask(2, url="/v1/embeddings")], "url_mismatch", 2),
        ([ask(1), ask(2, model="gpt-4.1")], "model_mismatch", 2),
        ([ask(1, model=None)], "missing_required_parameter", 1),
        ([ask(1, stream=True)], "invalid_request", 1),
        ([ask(1) | {"extra": 1}], "invalid_request", 1),
        ([ask(1) | {"body": "x"}], "invalid_request", 1),
        ([ask(number) for number in range(4)], "too_many_tasks", None),
        ([ask(1, user="x" * 2000)], "file_too_large", None),
    ],
)
def test_a_wrong_input_file_fails_the_batch_and_says_where(
    service: Callable[..., Service], lines: list[Any], code: str, number: int | None
) -> None:
    sandbox = service(batch_lines=3, batch_bytes=2000)
    batch = sandbox.submit(lines)
    sandbox.advance(HOUR)
    failed = sandbox.wait(batch, "failed")
    assert failed.errors
    assert [(error.code, error.line) for error in failed.errors.data or ()] == [(code, number)]
    assert (failed.output_file_id, failed.error_file_id) == (None, None)
    assert failed.failed_at


def test_embeddings_are_counted_over_all_lines(service: Callable[..., Service]) -> None:
    sandbox = service()
    body = {"model": "text-embedding-3-small", "input": ["a"] * 2000}
    lines = [{"custom_id": str(n), "method": "POST", "url": "/v1/embeddings", "body": body} for n in range(26)]
    batch = sandbox.submit(lines, "/v1/embeddings")
    sandbox.advance(HOUR)
    errors = sandbox.wait(batch, "failed").errors
    assert errors
    assert [error.code for error in errors.data or ()] == ["too_many_embedding_inputs"]


def test_batches_over_the_token_limit_fail_until_those_before_are_done(service: Callable[..., Service]) -> None:
    sandbox = service(batch_tokens=30)
    first, other = sandbox.submit([ask(1)]), sandbox.submit([ask(1, model="gpt-4.1")])
    sandbox.advance(HOUR)
    sandbox.wait(first, "in_progress")
    sandbox.wait(other, "in_progress")  # of another model
    second = sandbox.submit([ask(2)])
    sandbox.advance(HOUR)
    errors = sandbox.wait(second, "failed").errors
    assert errors
    assert [error.code for error in errors.data or ()] == ["token_limit_exceeded"]
    sandbox.finish(first)
    assert sandbox.finish(sandbox.submit([ask(2)])).status == "completed"


def test_batches_are_listed_newest_first_with_what_was_written_on_them(service: Callable[..., Service]) -> None:
    sandbox = service()
    made = [sandbox.submit([ask(n)], metadata={"run": str(n)}) for n in range(5)]
    listed = list(sandbox.client.batches.list(limit=2))
    assert [batch.id for batch in listed] == [batch.id for batch in reversed(made)]
    assert listed[0].metadata == {"run": "4"}


def test_a_file_may_be_deleted_while_its_batch_runs(service: Callable[..., Service]) -> None:
    sandbox = service()
    batch = sandbox.submit([ask(1)])
    sandbox.client.files.delete(batch.input_file_id)
    assert sandbox.finish(batch).status == "completed"


def test_output_expires_when_it_was_told_to(service: Callable[..., Service]) -> None:
    sandbox = service()
    batch = sandbox.finish(sandbox.submit([ask(1)], output_expires_after={"anchor": "created_at", "seconds": HOUR}))
    assert sandbox.lines(batch.output_file_id)
    sandbox.advance(HOUR + 1)
    with pytest.raises(openai.NotFoundError):
        sandbox.lines(batch.output_file_id)


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"endpoint": "/v1/images/variations"}, 400, "endpoint"),
        ({"endpoint": "/v1/audio/speech"}, 400, "endpoint"),
        ({"endpoint": "/chat/completions"}, 400, "endpoint"),
        ({"completion_window": "1h"}, 400, "completion_window"),
        ({"input_file_id": "file-x"}, 404, "id"),
        ({"metadata": {str(n): "x" for n in range(17)}}, 400, "metadata"),
        ({"metadata": {"a": 1}}, 400, "metadata[...]"),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 10}}, 400, "output_expires_after.seconds"),
        ({"extra": 1}, 400, "extra"),
    ],
)
def test_a_wrong_batch_is_refused(http: httpx.Client, fields: dict[str, Any], status: int, param: str) -> None:
    uploaded = http.post("/files", data={"purpose": "batch"}, files={"file": ("a.jsonl", b"{}")}).json()["id"]
    body = {"input_file_id": uploaded, "endpoint": CHAT, "completion_window": "24h"} | fields
    answer = http.post("/batches", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param), answer.json()


def test_a_file_of_another_purpose_and_an_unknown_batch_are_refused(client: openai.OpenAI) -> None:
    file = client.files.create(file=("a.jsonl", b"{}"), purpose="user_data")
    with pytest.raises(openai.BadRequestError, match="must have 'batch'"):
        client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
    with pytest.raises(openai.NotFoundError, match="No batch found"):
        client.batches.retrieve("batch_x")
