"""Runs with a cache: how often the service is asked, by its own count."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from endpoint_nodes.extension.engine import Execution, execute
from endpoint_nodes.extension.engine.cache.upkeep import describe
from endpoint_nodes.nodes.create_embeddings import CreateEmbeddings
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.nodes.list_models import ListModels
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidSetting, RequestFailed, RunStopped

from ..conftest import GOOD, FaultyService, error, images, picture, reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from endpoint_nodes.extension.engine.run.outcome import Outcome

NODE = CreateImageVariation(columns={"user": "user"}, route="variations", keep_columns=False)
CONTINUE = CreateImageVariation(columns={"user": "user"}, route="variations", keep_columns=False, on_error="continue")
ROWS = pd.DataFrame({"image": [picture(n) for n in range(6)], "user": [f"u{n}" for n in range(6)]})


def configuration(service: FaultyService, folder: Path, **fields: Any) -> Configuration:
    return Configuration(base_url=service.base_url, cache=str(folder), **{"max_attempts": 1, **fields})


def test_a_finished_run_is_not_bought_again(faulty_service: FaultyService, tmp_path: Path) -> None:
    first, _ = execute(NODE, configuration(faulty_service, tmp_path), ROWS)
    second, _ = execute(NODE, configuration(faulty_service, tmp_path), ROWS)
    assert second.equals(first)
    assert set(faulty_service.seen.values()) == {1}
    facts = describe(tmp_path)
    assert facts is not None
    assert [(run.state, run.sent, run.reused) for run in facts.runs] == [("finished", 0, 6), ("finished", 6, 0)]


@pytest.mark.parametrize("at", [0, 3, 6])
def test_of_rows_that_were_added_only_those_are_asked_for(
    faulty_service: FaultyService, tmp_path: Path, at: int
) -> None:
    execute(NODE, configuration(faulty_service, tmp_path), ROWS)
    added = pd.DataFrame({"image": [picture(20 + n) for n in range(3)], "user": [f"new{n}" for n in range(3)]})
    table, _ = execute(NODE, configuration(faulty_service, tmp_path), pd.concat([ROWS[:at], added, ROWS[at:]]))
    assert table.num_rows == 9
    assert set(faulty_service.seen.values()) == {1}


def test_a_corrected_row_is_asked_for_and_the_others_are_not(faulty_service: FaultyService, tmp_path: Path) -> None:
    execute(NODE, configuration(faulty_service, tmp_path), ROWS)
    execute(NODE, configuration(faulty_service, tmp_path), ROWS.assign(user=["u0", "u1", "right", "u3", "u4", "u5"]))
    assert sum(faulty_service.seen.values()) == 7
    assert faulty_service.seen["right"] == 1


def test_what_was_paid_before_a_failure_is_there_for_the_next_try(
    faulty_service: FaultyService, tmp_path: Path
) -> None:
    faulty_service.answer = lambda user, number: error(400) if (user, number) == ("u3", 1) else GOOD
    with pytest.raises(RequestFailed, match="Row 3"):
        execute(NODE, configuration(faulty_service, tmp_path), ROWS)
    assert {"u0", "u1", "u2", "u3"} <= set(faulty_service.seen)
    table, _ = execute(CONTINUE, configuration(faulty_service, tmp_path), ROWS)
    assert table.column("image").to_pylist() == [picture()] * 6
    assert faulty_service.seen == {"u0": 1, "u1": 1, "u2": 1, "u3": 2, "u4": 1, "u5": 1}


def test_a_row_that_failed_is_tried_again_under_a_new_key(faulty_service: FaultyService, tmp_path: Path) -> None:
    faulty_service.answer = lambda user, number: error(500) if (user, number) == ("u3", 1) else GOOD
    for failed in (1, 0):
        table, _ = execute(CONTINUE, configuration(faulty_service, tmp_path), ROWS)
        assert table.column("image").null_count == failed
    assert faulty_service.seen == {"u0": 1, "u1": 1, "u2": 1, "u3": 2, "u4": 1, "u5": 1}
    keys = [head.lower().split("idempotency-key: ")[1].split("\r\n")[0] for head in faulty_service.requests]
    assert len(set(keys)) == 7


def test_other_settings_are_other_requests_and_going_back_costs_nothing(
    faulty_service: FaultyService, tmp_path: Path
) -> None:
    other = CreateImageVariation(columns={"user": "user"}, route="variations", keep_columns=False, size="256x256")
    for node, times in ((NODE, 1), (other, 2), (NODE, 2), (other, 2)):
        execute(node, configuration(faulty_service, tmp_path), ROWS)
        assert set(faulty_service.seen.values()) == {times}


def test_another_take_is_another_response_and_going_back_costs_nothing(
    faulty_service: FaultyService, tmp_path: Path
) -> None:
    again = CreateImageVariation(columns={"user": "user"}, route="variations", keep_columns=False, take=2)
    for node, times in ((NODE, 1), (again, 2), (NODE, 2), (again, 2)):
        execute(node, configuration(faulty_service, tmp_path), ROWS)
        assert set(faulty_service.seen.values()) == {times}


@pytest.mark.parametrize("field", ["organization", "project", "headers"])
def test_another_account_or_provider_is_another_service(
    faulty_service: FaultyService, tmp_path: Path, field: str
) -> None:
    for value in ("one", "two", "one"):
        given: Any = {"x-provider": value} if field == "headers" else value
        execute(NODE, configuration(faulty_service, tmp_path, **{field: given}), ROWS)
    assert set(faulty_service.seen.values()) == {2}


def test_the_way_to_the_key_makes_no_difference(
    faulty_service: FaultyService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ONE_KEY", "OTHER_KEY"):
        monkeypatch.setenv(name, name)
        execute(NODE, configuration(faulty_service, tmp_path, credential=f"env:{name}"), ROWS)
    assert set(faulty_service.seen.values()) == {1}


def test_equal_rows_are_bought_as_often_as_they_occur(faulty_service: FaultyService, tmp_path: Path) -> None:
    twice = pd.DataFrame({"image": [picture()] * 2, "user": ["same"] * 2}, index=["a", "a"])
    for _ in range(2):
        table, _ = execute(NODE, configuration(faulty_service, tmp_path), twice)
        assert table.column("row_id").to_pylist() == ["a", "a"]
        assert faulty_service.seen["same"] == 2
    execute(NODE, configuration(faulty_service, tmp_path), pd.concat([twice, twice[:1]]))
    assert faulty_service.seen["same"] == 3


def test_equal_rows_share_one_response_where_that_is_wanted(faulty_service: FaultyService, tmp_path: Path) -> None:
    many = pd.DataFrame({"image": [picture()] * 30, "user": ["same"] * 30})
    table, _ = execute(NODE, configuration(faulty_service, tmp_path, deduplicate=True), many)
    assert table.num_rows == 30
    assert faulty_service.seen["same"] == 1


def test_sharing_responses_needs_a_place_for_them(faulty_service: FaultyService) -> None:
    where = Configuration(base_url=faulty_service.base_url, cache="off", deduplicate=True)
    with pytest.raises(InvalidSetting, match="deduplicate"):
        execute(NODE, where, ROWS)
    assert not faulty_service.requests


def test_two_equal_runs_at_once_buy_everything_once(faulty_service: FaultyService, tmp_path: Path) -> None:
    def slow(*_: object) -> bytes:
        time.sleep(0.03)
        return GOOD

    faulty_service.answer = slow
    tables: list[Any] = []

    def run() -> None:
        tables.append(execute(NODE, configuration(faulty_service, tmp_path), ROWS)[0])

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tables) == 3
    assert tables[0].equals(tables[1])
    assert set(faulty_service.seen.values()) == {1}


def test_what_is_too_old_is_asked_for_again(faulty_service: FaultyService, tmp_path: Path) -> None:
    for times in (1, 2):
        execute(NODE, configuration(faulty_service, tmp_path, max_age=0), ROWS)
        assert set(faulty_service.seen.values()) == {times}
    execute(NODE, configuration(faulty_service, tmp_path), ROWS)
    assert set(faulty_service.seen.values()) == {2}


def test_an_interrupted_run_that_wants_fresh_answers_resumes(faulty_service: FaultyService, tmp_path: Path) -> None:
    with Execution(NODE, configuration(faulty_service, tmp_path, max_age=0), ROWS) as execution:
        assert sum(batch.num_rows for batch in execution) == 6
    execute(NODE, configuration(faulty_service, tmp_path, max_age=0), ROWS)
    assert set(faulty_service.seen.values()) == {1}
    execute(NODE, configuration(faulty_service, tmp_path, max_age=0), ROWS)
    assert set(faulty_service.seen.values()) == {2}


def test_without_a_cache_nothing_is_kept(faulty_service: FaultyService, tmp_path: Path) -> None:
    for times in (1, 2):
        execute(NODE, Configuration(base_url=faulty_service.base_url, cache="off"), ROWS)
        assert set(faulty_service.seen.values()) == {times}
    assert not list(tmp_path.iterdir())


def test_every_run_has_a_cache_but_those_of_the_embedded_sandbox(
    faulty_service: FaultyService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    execute(NODE, Configuration(base_url="sandbox:"), ROWS)
    assert not list(tmp_path.iterdir())
    for _ in range(2):
        execute(NODE, Configuration(base_url=faulty_service.base_url), ROWS)
    assert set(faulty_service.seen.values()) == {1}
    assert (tmp_path / "endpoint-nodes" / "cache" / "cache.sqlite").is_file()


def test_fetched_results_are_kept_like_responses(faulty_service: FaultyService, tmp_path: Path) -> None:
    faulty_service.answer = lambda *_: reply({"created": 1, "data": [{"url": "/v1/files/good"}]})
    execute(NODE, configuration(faulty_service, tmp_path), ROWS)
    asked = len(faulty_service.requests)
    table, _ = execute(NODE, configuration(faulty_service, tmp_path), ROWS)
    assert table.column("image").null_count == 0
    assert len(faulty_service.requests) == asked


def test_a_response_whose_file_has_expired_is_asked_for_again(faulty_service: FaultyService, tmp_path: Path) -> None:
    there = reply({"created": 1, "data": [{"url": "/v1/files/good"}]})
    gone = reply({"created": 1, "data": [{"url": "/v1/files/forbidden"}]})
    faulty_service.answer = lambda user, number: gone if (user, number) == ("u2", 1) else there
    for missing in (1, 0):
        table, _ = execute(CONTINUE, configuration(faulty_service, tmp_path), ROWS)
        assert table.column("image").null_count == missing
    assert faulty_service.seen["u2"] == 2
    assert faulty_service.seen["u1"] == 1


def test_images_that_came_are_kept_where_there_are_fewer_than_asked_for(
    faulty_service: FaultyService, tmp_path: Path
) -> None:
    faulty_service.answer = lambda *_: reply(images(picture(1), picture(2), picture(3)))
    node = CreateImageVariation(n=4, on_error="continue", route="variations", keep_columns=False)
    for _ in range(2):
        table, _ = execute(node, configuration(faulty_service, tmp_path), ROWS.iloc[:1])
        assert table.column("image").to_pylist() == [picture(1), picture(2), picture(3), None]
        assert table.column("error").to_pylist() == [None, None, None, "the service answered with 3 of 4 images"]
    assert len(faulty_service.requests) == 1


def test_a_response_that_another_format_cannot_read_is_asked_for_again(
    faulty_service: FaultyService, tmp_path: Path
) -> None:
    raw = CreateImageVariation(columns={"user": "user"}, route="variations", keep_columns=False, result_format="raw")
    faulty_service.answer = lambda user, number: (
        reply(b"<html>Log in</html>", content_type="text/html") if (user, number) == ("u2", 1) else GOOD
    )
    execute(raw, configuration(faulty_service, tmp_path), ROWS)
    table, _ = execute(NODE, configuration(faulty_service, tmp_path), ROWS)
    assert table.column("image").null_count == 0
    assert faulty_service.seen == {"u0": 1, "u1": 1, "u2": 2, "u3": 1, "u4": 1, "u5": 1}


@pytest.mark.parametrize("status", [400, 403, 500])
@pytest.mark.parametrize("together", [1, 6])
def test_what_was_refused_is_not_billed(
    faulty_service: FaultyService, tmp_path: Path, together: int, status: int
) -> None:
    faulty_service.answer = lambda *_: error(status)
    node = CreateEmbeddings(model="m", rows_per_request=together, on_error="continue")
    texts = pd.DataFrame({"input": [f"text {number}" for number in range(6)]})
    table, _ = execute(node, configuration(faulty_service, tmp_path), texts)
    assert table.column("embedding").null_count == 6
    assert in_doubt(tmp_path) == 0


def test_what_was_never_sent_is_not_billed(faulty_service: FaultyService, tmp_path: Path) -> None:
    with pytest.raises(RunStopped):
        execute(NODE, configuration(faulty_service, tmp_path, max_requests=3), ROWS)
    assert in_doubt(tmp_path) == 0
    closed = Configuration(base_url="http://127.0.0.1:1/v1", cache=str(tmp_path), max_attempts=1)
    table, _ = execute(CONTINUE, closed, ROWS)
    assert table.column("image").null_count == 6
    assert in_doubt(tmp_path) == 0


def test_what_was_sent_and_not_answered_may_be_billed(faulty_service: FaultyService, tmp_path: Path) -> None:
    faulty_service.answer = lambda user, number: None if (user, number) == ("u3", 1) else GOOD
    execute(CONTINUE, configuration(faulty_service, tmp_path), ROWS)
    assert in_doubt(tmp_path) == 1
    execute(CONTINUE, configuration(faulty_service, tmp_path), ROWS)
    assert in_doubt(tmp_path) == 0
    heads = [head for head in faulty_service.requests if "/variations" in head]
    keys = [head.lower().split("idempotency-key: ")[1].split("\r\n")[0] for head in heads]
    assert len(keys) == 7
    assert len(set(keys)) == 6, "the request in doubt was sent again under its own key"


def test_a_row_is_told_of_once_its_response_is_kept(faulty_service: FaultyService, tmp_path: Path) -> None:
    kept: list[int] = []

    def observe(_: Outcome) -> None:
        facts = describe(tmp_path)
        kept.append(facts.responses if facts else 0)

    execute(NODE, configuration(faulty_service, tmp_path, concurrency=2), ROWS, observe=observe)
    assert len(kept) == 6
    assert all(responses >= told for told, responses in enumerate(kept, 1))


def test_a_folder_that_cannot_be_used_is_refused_before_anything_is_sent(
    faulty_service: FaultyService, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidSetting, match=r"The cache .* cannot be used"):
        execute(NODE, configuration(faulty_service, tmp_path / "file"), ROWS)
    assert not faulty_service.requests


def test_a_route_that_a_service_lacks_is_remembered(sandbox_server: Callable[..., str], tmp_path: Path) -> None:
    warnings: list[str] = []
    where = Configuration(base_url=sandbox_server(like="openai"), cache=str(tmp_path))
    frame = pd.DataFrame({"image": [picture(), b"no image"]})
    node = CreateImageVariation(on_error="continue", request_details=True)
    for _ in range(2):
        table, _ = execute(node, where, frame, warn=warnings.append)
        assert table.column("route").to_pylist()[0] == "edits"
    assert len([sentence for sentence in warnings if "has no /images/variations" in sentence]) == 1
    assert table.column("attempts").to_pylist() == [0, 0]


def test_a_ledger_of_version_0_1_is_told_of_once(faulty_service: FaultyService, tmp_path: Path) -> None:
    (tmp_path / "create_image-0123456789ab").mkdir()
    (tmp_path / "create_image-0123456789ab" / "index.sqlite").write_bytes(b"SQLite format 3\0")
    warnings: list[str] = []
    for _ in range(2):
        execute(NODE, configuration(faulty_service, tmp_path), ROWS, warn=warnings.append)
    assert ["version 0.1" in sentence for sentence in warnings] == [True]


def test_what_a_service_is_asked_to_tell_is_asked_for_by_every_run(faulty_service: FaultyService) -> None:
    models = reply({"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "o"}]})
    faulty_service.answer = lambda *_: models
    for times in (1, 2):
        execute(ListModels(), Configuration(base_url=faulty_service.base_url))
        assert len(faulty_service.requests) == times


def in_doubt(folder: Path) -> int:
    facts = describe(folder)
    assert facts is not None
    return sum(run.in_doubt for run in facts.runs)
