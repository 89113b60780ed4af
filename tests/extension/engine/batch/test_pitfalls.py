"""What has gone wrong for others with batches, each on a service where it does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from endpoint_nodes.extension.engine.batch.dialects import Dialect
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.errors import RunStopped, StopReason

from .conftest import prompts

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Service

ROWS = 20


def totals(sandbox: Service) -> list[tuple[str, int, int]]:
    """Status, lines and good lines of each batch."""
    return [
        (batch["status"], batch["request_counts"]["total"], batch["request_counts"]["completed"])
        for batch in sandbox.batches()
    ]


def check_whole(sandbox: Service, *, lines: int = 1, **settings: object) -> None:
    """Run in batches and compare with a live run; `lines` is the most batches that a row was in."""
    table, summary = sandbox.run(prompts(ROWS), **settings)
    live = sandbox.live(prompts(ROWS))
    assert (summary.failed, summary.sent) == (0, ROWS)
    assert max(table.column("attempts").to_pylist()) == lines
    assert table.drop_columns(["attempts"]).equals(live.drop_columns(["attempts"]))


def test_completed_without_an_output_file_as_every_line_failed(service: Callable[..., Service]) -> None:
    sandbox = service(batch_fault="no_output")
    check_whole(sandbox, lines=2)
    assert totals(sandbox) == [("completed", ROWS, 0), ("completed", ROWS, ROWS)]


def test_lines_that_go_on_failing_are_given_up(service: Callable[..., Service]) -> None:
    sandbox = service(batch_fault="no_output")
    table, summary = sandbox.run(prompts(2), max_attempts=1)
    assert summary.failed == 2
    assert table.column("status").to_pylist() == [500, 500]
    assert "the service answered 500: The server had an error" in table.column("error")[0].as_py()


def test_an_error_file_with_an_empty_id_is_not_fetched(service: Callable[..., Service]) -> None:
    sandbox = service(batch_fault="empty_error_file_id")
    check_whole(sandbox)
    assert sandbox.warnings == []


def test_what_an_expired_batch_answered_is_paid_and_kept(service: Callable[..., Service]) -> None:
    sandbox = service(batch_fault="expire")
    check_whole(sandbox, lines=2)
    assert totals(sandbox) == [("expired", ROWS, ROWS // 2), ("completed", ROWS // 2, ROWS // 2)]
    assert "ended as expired; what it did not answer is submitted again" in sandbox.warnings[0]


def test_what_a_cancelled_batch_answered_is_paid_and_kept(service: Callable[..., Service]) -> None:
    sandbox = service(batch_fault="cancel")
    with pytest.raises(RunStopped, match=r"was cancelled\. What it had answered is kept") as stop:
        sandbox.run(prompts(ROWS))
    assert stop.value.reason is StopReason.CANCELLED
    table, summary = sandbox.run(prompts(ROWS))
    assert (summary.from_cache, summary.sent) == (ROWS // 2, ROWS // 2)
    assert table.column("error").null_count == ROWS
    assert totals(sandbox) == [("cancelled", ROWS, ROWS // 2), ("completed", ROWS // 2, ROWS // 2)]


def test_a_batch_that_vanished_is_not_waited_for_for_ever(service: Callable[..., Service]) -> None:
    sandbox = service(batch_fault="vanish")
    check_whole(sandbox, lines=2)
    assert "ended as vanished" in sandbox.warnings[0]


def test_an_error_in_place_of_a_batch_is_not_a_batch() -> None:
    assert Dialect().read({"error": {"message": "No such batch."}}) is None


def test_a_batch_that_vanished_is_found_out_without_waiting(service: Callable[..., Service]) -> None:
    sandbox = service(batch_fault="vanish", batch_seconds=3)
    with pytest.raises(RunStopped, match="under way"):
        sandbox.run(prompts(ROWS), wait=False)
    while sandbox.batches():
        time.sleep(0.1)
    with pytest.raises(RunStopped, match="under way"):
        sandbox.run(prompts(ROWS), wait=False)
    assert "ended as vanished" in sandbox.warnings[0]


def test_a_token_limit_that_only_shows_as_failed_makes_smaller_batches(service: Callable[..., Service]) -> None:
    sandbox = service(batch_fault="token_limit")
    check_whole(sandbox)
    failed, *halves = totals(sandbox)
    assert failed == ("failed", ROWS, 0)
    assert len(halves) > 1
    assert sum(lines for _, lines, _ in halves) == ROWS


def test_a_queue_with_little_room_is_filled_again_and_again(service: Callable[..., Service]) -> None:
    sandbox = service(batch_tokens=120)
    check_whole(sandbox)
    assert sum(good for _, _, good in totals(sandbox)) == ROWS
    assert not sandbox.files()


def test_a_service_that_takes_fewer_lines_gets_fewer(service: Callable[..., Service]) -> None:
    sandbox = service(batch_lines=6)
    check_whole(sandbox)
    assert sum(good for _, _, good in totals(sandbox)) == ROWS


def test_lines_that_come_twice_count_once(service: Callable[..., Service]) -> None:
    sandbox = service(batch_fault="doubled_lines")
    check_whole(sandbox)


def test_a_batch_that_is_refused_for_its_lines_fails_their_rows(service: Callable[..., Service]) -> None:
    sandbox = service()
    node = CreateChatCompletion(model="m", on_error="continue", extra_fields={"stream": True})
    table, summary = sandbox.run(prompts(2), node)
    assert summary.failed == 2
    assert "'stream' is not supported in batches" in table.column("error")[1].as_py()
    assert totals(sandbox) == [("failed", 0, 0)] or totals(sandbox) == [("failed", 2, 0)]


def test_a_creation_whose_answer_is_lost_is_found_and_not_repeated(losing_answers: Callable[..., Service]) -> None:
    sandbox = losing_answers()
    check_whole(sandbox)
    assert totals(sandbox) == [("completed", ROWS, ROWS)]


@pytest.mark.parametrize("seed", range(3))
def test_faults_of_the_service_are_healed_and_nothing_is_paid_twice(service: Callable[..., Service], seed: int) -> None:
    sandbox = service(failure_rate=0.3, seed=seed)
    table, summary = sandbox.run(prompts(ROWS), max_attempts=20)
    assert summary.failed == 0
    assert sum(good for _, _, good in totals(sandbox)) == table.num_rows == ROWS
