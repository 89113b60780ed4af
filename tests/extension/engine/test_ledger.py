"""The ledger: what is durable, who may use it, and what happens when it is damaged or its disk is full."""

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from endpoint_nodes.extension.engine import Execution, execute
from endpoint_nodes.extension.engine.cache.store import Ledger
from endpoint_nodes.extension.engine.cache.upkeep import list_ledgers, prune_ledgers
from endpoint_nodes.extension.engine.run.row_pipeline import Outcome
from endpoint_nodes.nodes.base import Response
from endpoint_nodes.nodes.create_embeddings import CreateEmbeddings
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidSetting, RequestFailed, RunStopped, StopReason

from .conftest import GOOD, FaultyService, error, picture, reply

NODE = CreateImageVariation(columns={"user": "user"}, route="variations")
ROWS = pd.DataFrame({"image": [picture(n) for n in range(6)], "user": [f"u{n}" for n in range(6)]})
OPENED = {"node": "n", "base_url": "b", "source": "s"}
Warnings = list[str]


def configuration(service: FaultyService, folder: Path, **fields: object) -> Configuration:
    return Configuration(base_url=service.base_url, ledger=str(folder), max_attempts=1, **fields)  # type: ignore[arg-type]


def test_a_run_that_failed_asks_only_for_what_it_lacks(faulty_service: FaultyService, tmp_path: Path) -> None:
    faulty_service.answer = lambda user, number: error(400) if (user, number) == ("u3", 1) else GOOD
    with pytest.raises(RequestFailed, match="Row 3"):
        execute(NODE, configuration(faulty_service, tmp_path), ROWS)
    assert sum(faulty_service.seen.values()) == 6
    table, _ = execute(NODE, configuration(faulty_service, tmp_path), ROWS)
    assert table.column("image").to_pylist() == [picture()] * 6
    assert faulty_service.seen == {"u0": 1, "u1": 1, "u2": 1, "u3": 2, "u4": 1, "u5": 1}


def test_a_complete_run_starts_anew_and_its_answers_are_let_go(faulty_service: FaultyService, tmp_path: Path) -> None:
    for times in (1, 2):
        execute(NODE, configuration(faulty_service, tmp_path), ROWS)
        assert set(faulty_service.seen.values()) == {times}
    (facts,) = list_ledgers(tmp_path)
    assert (facts.state, facts.answers, facts.node) == ("complete", 6, "create_image_variation")
    assert not (facts.folder / "bodies").exists()


def test_a_row_is_told_of_once_its_answer_is_durable(faulty_service: FaultyService, tmp_path: Path) -> None:
    kept: list[int] = []

    def observe(_: Outcome) -> None:
        (index,) = tmp_path.glob("*/index.sqlite")
        with contextlib.closing(sqlite3.connect(index)) as reader:
            kept.append(reader.execute("SELECT count(*) FROM answers").fetchone()[0])

    execute(NODE, configuration(faulty_service, tmp_path, concurrency=2), ROWS, observe=observe)
    assert len(kept) == 6
    assert all(answers >= told for told, answers in enumerate(kept, 1))


def test_failed_rows_are_asked_for_again_and_the_others_are_kept(faulty_service: FaultyService, tmp_path: Path) -> None:
    node = CreateImageVariation(columns={"user": "user"}, route="variations", on_error="continue")
    faulty_service.answer = lambda user, number: error(400) if (user, number) == ("u3", 1) else GOOD
    for failed in (1, 0):
        table, _ = execute(node, configuration(faulty_service, tmp_path), ROWS)
        assert table.column("image").null_count == failed
    assert faulty_service.seen == {"u0": 1, "u1": 1, "u2": 1, "u3": 2, "u4": 1, "u5": 1}


def test_without_resume_everything_is_asked_for_again(faulty_service: FaultyService, tmp_path: Path) -> None:
    faulty_service.answer = lambda user, number: error(400) if (user, number) == ("u3", 1) else GOOD
    with pytest.raises(RequestFailed):
        execute(NODE, configuration(faulty_service, tmp_path), ROWS)
    execute(NODE, configuration(faulty_service, tmp_path, resume=False), ROWS)
    assert set(faulty_service.seen.values()) == {2}


def test_other_fields_other_images_and_other_services_are_other_requests(
    faulty_service: FaultyService, tmp_path: Path
) -> None:
    stop = CreateImageVariation(columns={"user": "user"}, route="variations", on_error="continue")
    faulty_service.answer = lambda user, _: error(400) if user == "u5" else GOOD
    execute(stop, configuration(faulty_service, tmp_path), ROWS)
    other = CreateImageVariation(columns={"user": "user"}, route="variations", on_error="continue", size="256x256")
    execute(other, configuration(faulty_service, tmp_path), ROWS)
    assert faulty_service.seen["u0"] == 2
    changed = ROWS.assign(image=[picture(9), *ROWS["image"][1:]])
    execute(stop, configuration(faulty_service, tmp_path), changed)
    assert (faulty_service.seen["u0"], faulty_service.seen["u1"]) == (3, 2)


def test_equal_rows_are_bought_as_often_as_they_occur(faulty_service: FaultyService, tmp_path: Path) -> None:
    twice = pd.DataFrame({"image": [picture()] * 2, "user": ["same"] * 2}, index=["a", "a"])
    table, _ = execute(NODE, configuration(faulty_service, tmp_path), twice)
    assert faulty_service.seen["same"] == 2
    assert table.column("row_id").to_pylist() == ["a", "a"]


def test_fetched_results_are_kept_like_answers(faulty_service: FaultyService, tmp_path: Path) -> None:
    faulty_service.answer = lambda user, number: (
        error(400) if (user, number) == ("u5", 1) else reply({"created": 1, "data": [{"url": "/v1/files/good"}]})
    )
    node = CreateImageVariation(columns={"user": "user"}, route="variations", on_error="continue")
    execute(node, configuration(faulty_service, tmp_path), ROWS)
    fetched = sum("/files/" in head for head in faulty_service.requests)
    table, _ = execute(node, configuration(faulty_service, tmp_path), ROWS)
    assert table.column("image").null_count == 0
    assert sum("/files/" in head for head in faulty_service.requests) == fetched + 1


def test_what_was_in_flight_at_a_kill_may_be_billed(tmp_path: Path) -> None:
    async def begin() -> None:
        ledger = Ledger(tmp_path / "run", OPENED, resume=True)
        for row in ("1", "2", "3"):
            ledger.sending(row, "f")
        await (await ledger.keep("2", "f", Response(200, {}, b"{}")))
        ledger.close()

    asyncio.run(begin())
    warnings: Warnings = []
    ledger = Ledger(tmp_path / "run", OPENED, resume=True, warn=warnings.append)
    assert (ledger.kept, ledger.may_be_billed) == (1, 2)
    ledger.close()
    (facts,) = list_ledgers(tmp_path)
    assert (facts.state, facts.answers, facts.may_be_billed) == ("running", 1, 2)


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
    assert list_ledgers(tmp_path)[0].may_be_billed == 0


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from endpoint_nodes.extension.engine.cache.store import Ledger as L\n"
        f"ledger = L(Path({str(tmp_path / 'run')!r}), {OPENED!r}, resume=True)\n"
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "open\n"
        with pytest.raises(InvalidSetting, match=r"Another run is using the ledger .*; wait until it ends, or"):
            Ledger(tmp_path / "run", OPENED, resume=True)
        assert prune_ledgers(tmp_path, older_than=0) == (0, 0)
        other.communicate("")
    Ledger(tmp_path / "run", OPENED, resume=True).close()


@pytest.mark.parametrize("damage", ["overwritten", "cut"])
def test_a_damaged_index_is_moved_aside_and_told(faulty_service: FaultyService, tmp_path: Path, damage: str) -> None:
    node = CreateImageVariation(columns={"user": "user"}, route="variations", on_error="continue")
    faulty_service.answer = lambda user, _: error(400) if user == "u5" else GOOD
    execute(node, configuration(faulty_service, tmp_path), ROWS)
    (facts,) = list_ledgers(tmp_path)
    index = facts.folder / "index.sqlite"
    content = index.read_bytes()
    index.write_bytes(b"no database" * 1000 if damage == "overwritten" else content[: len(content) // 2 + 100])
    warnings: Warnings = []
    table, _ = execute(node, configuration(faulty_service, tmp_path), ROWS, warn=warnings.append)
    assert table.column("image").null_count == 1
    assert len(warnings) == 1
    assert "is damaged" in warnings[0]
    assert any("damaged" in path.name for path in tmp_path.iterdir())


def test_a_damaged_body_is_told_and_requested_again(faulty_service: FaultyService, tmp_path: Path) -> None:
    large = reply({"created": 1, "data": [{"url": "data:image/png;base64," + "iVBORw0KGgo" + "A" * 60_001}]})
    faulty_service.answer = lambda user, _: error(400) if user == "u5" else large
    node = CreateImageVariation(columns={"user": "user"}, route="variations", on_error="continue")
    execute(node, configuration(faulty_service, tmp_path), ROWS)
    (facts,) = list_ledgers(tmp_path)
    with (facts.folder / "bodies").open("r+b") as bodies:
        bodies.seek(1000)
        bodies.write(b"damage")
    warnings: Warnings = []
    execute(node, configuration(faulty_service, tmp_path), ROWS, warn=warnings.append)
    assert [("damaged" in each, "requested again" in each) for each in warnings] == [(True, True)]
    assert sorted(faulty_service.seen.values()) == [1, 1, 1, 1, 2, 2]


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A file system of half a megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    return folder


def test_a_full_disk_stops_the_run_with_what_was_kept(
    faulty_service: FaultyService, small_disk: Path, tmp_path: Path
) -> None:
    try:
        body = reply({"created": 1, "data": [{"url": "data:image/png;base64," + "iVBORw0KGgo" + "A" * 60_001}]})
        faulty_service.answer = lambda *_: body
        frame = pd.DataFrame({"image": [picture()] * 40, "user": [f"u{n}" for n in range(40)]})
        with pytest.raises(RunStopped, match=r"cannot be written .* Make room and start again") as stopped:
            execute(NODE, configuration(faulty_service, small_disk, concurrency=2), frame)
        assert stopped.value.reason is StopReason.STORAGE
        assert 3 <= len(faulty_service.seen) < 12
        moved = tmp_path / "larger"
        shutil.copytree(small_disk, moved)
    finally:
        subprocess.run(["umount", small_disk], check=True)
    kept = list_ledgers(moved)[0].answers
    assert kept >= 3
    execute(NODE, configuration(faulty_service, moved), frame)
    assert sum(number == 1 for number in faulty_service.seen.values()) == 40 - (sum(faulty_service.seen.values()) - 40)
    assert sum(faulty_service.seen.values()) <= 40 + 2 * 2


def test_a_folder_that_cannot_be_used_is_refused_before_anything_is_sent(
    faulty_service: FaultyService, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidSetting, match=r"The ledger folder .* cannot be used"):
        execute(NODE, configuration(faulty_service, tmp_path / "file"), ROWS)
    assert not faulty_service.requests


def test_the_run_is_complete_only_when_its_result_is_in_place(faulty_service: FaultyService, tmp_path: Path) -> None:
    with Execution(NODE, configuration(faulty_service, tmp_path), ROWS) as execution:
        assert sum(batch.num_rows for batch in execution) == 6
    assert list_ledgers(tmp_path)[0].state == "running"
    execute(NODE, configuration(faulty_service, tmp_path), ROWS)
    assert set(faulty_service.seen.values()) == {1}


def test_prune_removes_complete_runs_and_old_ones(tmp_path: Path) -> None:
    for name in ("complete", "young", "old"):
        ledger = Ledger(tmp_path / name, OPENED, resume=True)
        if name == "complete":
            ledger.complete()
        ledger.close()
    with sqlite3.connect(tmp_path / "old" / "index.sqlite") as index:
        index.execute("UPDATE facts SET value = '1' WHERE name = 'started'")
    index.close()
    assert prune_ledgers(tmp_path, older_than=86_400)[0] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["young"]


def test_a_route_that_a_service_lacks_is_remembered(sandbox_server: Callable[..., str], tmp_path: Path) -> None:
    warnings: Warnings = []
    where = Configuration(base_url=sandbox_server(like="openai"), ledger=str(tmp_path))
    frame = pd.DataFrame({"image": [picture(), b"no image"]})
    node = CreateImageVariation(on_error="continue", request_details=True)
    for _ in range(2):
        table, _ = execute(node, where, frame, warn=warnings.append)
        assert table.column("route").to_pylist()[0] == "edits"
    assert len([each for each in warnings if "has no /images/variations" in each]) == 1
    assert table.column("attempts").to_pylist() == [0, 0]
