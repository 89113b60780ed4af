"""A run in batches: the same table as a live one, every request once, and the same run started again collects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from endpoint_nodes.extension.engine import Execution
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.nodes.create_image import CreateImage
from endpoint_nodes.nodes.create_speech import CreateSpeech
from endpoint_nodes.port_types.configuration import NO_CACHE
from endpoint_nodes.port_types.errors import EndpointError, InvalidSetting, RunStopped, StopReason

from .conftest import CHAT, prompts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Service


def test_a_table_is_the_same_as_that_of_a_live_run(service: Callable[..., Service]) -> None:
    sandbox = service()
    table, summary = sandbox.run(prompts(300))
    asked = sandbox.requests()
    assert (summary.rows, summary.sent, summary.from_cache, summary.requests) == (300, 300, 0, 300)
    assert (asked["POST /chat/completions"], asked["POST /batches"]) == (0, 1)
    assert [batch["request_counts"]["total"] for batch in sandbox.batches()] == [300]
    assert table.equals(sandbox.live(prompts(300)))


def test_nothing_is_left_at_the_service_unless_the_user_wants_it(service: Callable[..., Service]) -> None:
    sandbox = service()
    sandbox.run(prompts(3))
    assert sandbox.files() == []
    sandbox.run(prompts(4), keep_batch_files=True)
    assert sorted(sandbox.files()) == ["batch", "batch_output"]
    sandbox.run(prompts(4), keep_batch_files=True)
    assert sorted(sandbox.files()) == ["batch", "batch_output"]


def test_what_was_answered_is_in_no_batch_again(service: Callable[..., Service]) -> None:
    sandbox = service()
    sandbox.run(prompts(5))
    table, summary = sandbox.run(prompts(8))
    assert (summary.from_cache, summary.sent) == (5, 3)
    assert table.num_rows == 8
    assert [batch["request_counts"]["total"] for batch in sandbox.batches()] == [5, 3]
    live, summary = sandbox.run(prompts(8), delivery="live")
    assert (summary.from_cache, summary.sent) == (8, 0)
    assert live.column("content").equals(table.column("content"))


def test_equal_rows_are_different_requests(service: Callable[..., Service]) -> None:
    sandbox = service()
    table, _ = sandbox.run(pa.table({"prompt": ["same"] * 3}))
    assert table.num_rows == 3
    assert sandbox.batches()[0]["request_counts"]["completed"] == 3


def test_equal_rows_that_are_to_share_a_response_are_one_line(service: Callable[..., Service]) -> None:
    sandbox = service()
    table, summary = sandbox.run(pa.table({"prompt": ["same", "other", "same"]}), deduplicate=True)
    assert (table.num_rows, summary.failed) == (3, 0)
    assert sandbox.batches()[0]["request_counts"]["completed"] == 2


def test_a_row_without_a_model_says_that_a_batch_needs_one(service: Callable[..., Service]) -> None:
    with pytest.raises(EndpointError, match="`model` is missing, which every request of a batch needs"):
        service().run(pa.table({"prompt": ["a fig"]}), CreateImage())


def test_a_run_that_does_not_wait_says_so_and_the_next_collects(service: Callable[..., Service]) -> None:
    sandbox = service(batch_seconds=1)
    with pytest.raises(RunStopped, match=r"1 batch is under way with 6 requests; the same run, started again") as stop:
        sandbox.run(prompts(6), wait=False)
    assert stop.value.reason is StopReason.PENDING
    with pytest.raises(RunStopped):
        sandbox.run(prompts(6), wait=False)
    table, summary = sandbox.run(prompts(6))
    assert (summary.sent, summary.failed) == (6, 0)
    assert len(sandbox.batches()) == 1
    assert table.equals(sandbox.live(prompts(6)))


def test_rows_that_fail_say_the_same_as_in_a_live_run(service: Callable[..., Service]) -> None:
    sandbox = service()
    node = CreateChatCompletion(
        model="gpt-4.1-mini",
        on_error="continue",
        request_details=True,
        extra_fields={"temperature": "{heat}"},
    )
    table = pa.table({"prompt": ["a", "b", "c"], "heat": ["1", "hot", "0"]})
    found, summary = sandbox.run(table, node)
    live = sandbox.live(table, node)
    assert summary.failed == live.column("error").length() - live.column("error").null_count > 0
    assert found.equals(live)
    again, summary = sandbox.run(table, node)
    assert summary.sent == summary.failed
    assert again.column("error").equals(found.column("error"))


def test_the_first_row_that_fails_ends_the_run(service: Callable[..., Service]) -> None:
    sandbox = service()
    node = CreateChatCompletion(model="m", extra_fields={"temperature": "{heat}"})
    with pytest.raises(EndpointError, match=r"Row 0: the service answered 400"):
        sandbox.run(pa.table({"prompt": ["a", "b"], "heat": ["1", "hot"]}), node)


def test_each_model_has_a_batch_of_its_own(service: Callable[..., Service]) -> None:
    sandbox = service()
    table = pa.table({"prompt": ["a", "b", "c"], "model": ["m1", "m2", "m1"]})
    found, _ = sandbox.run(table, CreateChatCompletion(columns={"model": "model"}))
    assert found.num_rows == 3
    assert sorted((batch["model"], batch["request_counts"]["total"]) for batch in sandbox.batches()) == [
        ("m1", 2),
        ("m2", 1),
    ]


def test_a_budget_of_requests_is_kept(service: Callable[..., Service]) -> None:
    sandbox = service()
    with pytest.raises(RunStopped, match="budget of 4 requests") as stop:
        sandbox.run(prompts(9), max_requests=4)
    assert stop.value.reason is StopReason.BUDGET
    assert sandbox.batches()[0]["request_counts"]["total"] == 4
    _, summary = sandbox.run(prompts(4))
    assert summary.from_cache == 4


def test_the_embedded_sandbox_has_batches_too() -> None:
    from endpoint_nodes.port_types.configuration import Configuration

    with Execution(CHAT, Configuration(base_url="sandbox:?batch_seconds=0", delivery="batch"), prompts(4)) as execution:
        assert sum(batch.num_rows for batch in execution) == 4


def test_progress_tells_what_the_service_counts(service: Callable[..., Service]) -> None:
    sandbox = service(batch_seconds=1)
    told = []
    with Execution(CHAT, sandbox.configuration(), prompts(40), progress=told.append) as execution:
        list(execution)
    waiting = [progress.waiting for progress in told if progress.waiting]
    assert waiting
    assert all((look.batches, look.total) in {(1, 40), (1, 0)} for look in waiting)
    assert told[-1].done == 40


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"cache": NO_CACHE}, "the cache, which is off"),
        ({"max_cost": 1.0}, "`max_cost` cannot be kept in a batch"),
        ({"max_total_tokens": 5}, "`max_total_tokens` cannot be kept in a batch"),
    ],
)
def test_settings_that_batches_cannot_keep_are_refused(
    service: Callable[..., Service], settings: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InvalidSetting, match=sentence):
        service().run(prompts(1), **settings)


def test_an_operation_that_comes_in_no_batch_is_refused(service: Callable[..., Service]) -> None:
    node = CreateSpeech(model="tts-1", voice="alloy")
    with pytest.raises(InvalidSetting, match="Create Speech cannot be sent in batches"):
        service().run(pa.table({"input": ["hello"]}), node)


def test_an_input_that_can_be_read_only_once_is_kept_meanwhile(service: Callable[..., Service]) -> None:
    reader = pa.RecordBatchReader.from_batches(prompts(4).schema, prompts(4).to_batches())
    table, summary = service().run(reader)
    assert (table.num_rows, summary.sent) == (4, 4)


def test_a_file_is_read_again(service: Callable[..., Service], tmp_path: Path) -> None:
    path = tmp_path / "prompts.csv"
    path.write_text("prompt\na\nb\n", encoding="utf-8")
    table, summary = service().run(path)
    assert (table.num_rows, summary.sent) == (2, 2)
