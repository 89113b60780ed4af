"""AdaptiveLimiter, budget, cancel: what a run may take, and how fast it stops."""

import asyncio
import itertools
import socket
import threading
import time
from pathlib import Path

import pandas as pd
import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.engine.http.limiter import AdaptiveLimiter
from endpoint_nodes.extension.engine.run.outcome import Retry
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import RequestFailed, RunStopped, StopReason

from .conftest import GOOD, FaultyService, error, images, picture, reply

NODE = CreateImageVariation(columns={"user": "user"}, route="variations", request_details=True)


def rows(number: int) -> pd.DataFrame:
    return pd.DataFrame({"image": [picture()] * number, "user": [f"u{n}" for n in range(number)]})


def test_requests_per_minute_are_kept_to_without_a_burst(faulty_service: FaultyService) -> None:
    arrivals: list[float] = []

    def answer(*_: object) -> bytes:
        arrivals.append(time.monotonic())
        return GOOD

    faulty_service.answer = answer
    execute(NODE, Configuration(base_url=faulty_service.base_url, concurrency=8, requests_per_minute=240), rows(25))
    gaps = [after - before for before, after in itertools.pairwise(arrivals)]
    assert 60 * len(gaps) / (arrivals[-1] - arrivals[0]) == pytest.approx(240, rel=0.05)
    assert min(gaps) > 0.1


def test_a_rate_limited_service_fails_no_row_and_is_used_to_its_limit(faulty_service: FaultyService) -> None:
    interval, free_from = 0.05, 0.0  # twenty requests a second

    def answer(*_: object) -> bytes:
        nonlocal free_from
        now = time.monotonic()
        if now < free_from:
            return error(429, retry_after_ms=1000 * (free_from - now))
        free_from = max(free_from, now - 4 * interval) + interval  # a few may come at once
        return GOOD

    faulty_service.answer = answer
    started = time.monotonic()
    table, _ = execute(NODE, Configuration(base_url=faulty_service.base_url, concurrency=32, max_attempts=3), rows(100))
    assert table.column("image").null_count == 0
    reached = 100 / (time.monotonic() - started) * interval
    assert reached > 0.7


def test_a_refusal_slows_everybody_down_and_successes_open_up_again() -> None:
    async def play() -> None:
        limiter = AdaptiveLimiter()
        with limiter.run(64):
            async with limiter.slot() as slot:
                for _ in range(60):
                    limiter.answered(slot, {})
                assert limiter.window == 64
                limiter.throttled(slot, {}, 0)
                assert limiter.window == 1
                limiter.throttled(slot, {}, 0)
                assert limiter.window == 1  # one cause, one consequence
                widths = []
                for _ in range(200):
                    limiter.answered(slot, {})
                    widths.append(limiter.window)
        assert widths[30] == 32  # quickly up to half of what was too much
        assert widths[31] - widths[30] < 0.1  # then step by step
        assert max(widths) <= 64

    asyncio.run(play())


def test_after_a_pause_there_is_no_stampede(faulty_service: FaultyService) -> None:
    together: list[int] = []
    under_way = 0

    def answer(_: str, number: int) -> bytes:
        nonlocal under_way
        together.append(under_way)
        return error(429, retry_after_ms=300) if number == 1 and len(together) <= 16 else GOOD

    faulty_service.answer = answer
    retries: list[Retry] = []
    where = Configuration(base_url=faulty_service.base_url, concurrency=16)
    execute(NODE, where, rows(40), retrying=retries.append)
    assert len(retries) == 8  # what the first window held
    assert len(faulty_service.requests) == 40 + 8


def test_the_budget_of_requests_ends_the_run_and_keeps_what_was_done(
    faulty_service: FaultyService, tmp_path: Path
) -> None:
    def where(**fields: int) -> Configuration:
        return Configuration(base_url=faulty_service.base_url, cache=str(tmp_path), concurrency=4, **fields)  # type: ignore[arg-type]

    for _ in range(2):
        with pytest.raises(RunStopped, match="The budget of 10 requests is spent; raise `max_requests`") as stopped:
            execute(NODE, where(max_requests=10), rows(25))
        assert stopped.value.reason is StopReason.BUDGET
    assert len(faulty_service.requests) == 20
    execute(NODE, where(max_requests=10), rows(25))
    assert len(faulty_service.requests) == 25


def test_the_budget_of_tokens_ends_the_run(faulty_service: FaultyService) -> None:
    faulty_service.answer = lambda *_: reply({**images(picture()), "usage": {"total_tokens": 30}})
    where = Configuration(base_url=faulty_service.base_url, concurrency=1, max_total_tokens=100)
    with pytest.raises(RunStopped, match="The budget of 100 tokens is spent"):
        execute(NODE, where, rows(25))
    assert len(faulty_service.requests) == 4


@pytest.mark.parametrize("cache", [False, True])
def test_a_failed_row_ends_the_run_without_sending_more(
    faulty_service: FaultyService, tmp_path: Path, cache: bool
) -> None:
    faulty_service.answer = lambda user, _: error(400) if user == "u3" else GOOD
    where = Configuration(
        base_url=faulty_service.base_url, concurrency=2, cache=str(tmp_path) if cache else "off", max_attempts=1
    )
    with pytest.raises(RequestFailed, match=r"^Row 3: the service answered 400: Told to say 400"):
        execute(NODE, where, rows(100))
    assert len(faulty_service.requests) <= 6


def test_a_refused_key_ends_the_run(faulty_service: FaultyService) -> None:
    faulty_service.answer = lambda *_: error(401, "invalid_api_key")
    node = CreateImageVariation(columns={"user": "user"}, route="variations", on_error="continue")
    with pytest.raises(RunStopped, match="The service answered 401") as stopped:
        execute(node, Configuration(base_url=faulty_service.base_url, concurrency=2), rows(100))
    assert stopped.value.reason is StopReason.CREDENTIALS
    assert len(faulty_service.requests) <= 4


def open_sockets() -> int:
    return sum(path.resolve().name.startswith("socket:") for path in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("cache", [False, True])
def test_cancel_answers_within_a_second_and_leaves_nothing(
    faulty_service: FaultyService, tmp_path: Path, cache: bool
) -> None:
    faulty_service.answer = lambda *_: 30
    where = Configuration(base_url=faulty_service.base_url, concurrency=64, cache=str(tmp_path) if cache else "off")
    threads = set(threading.enumerate())
    asked: list[float] = []

    def cancelled() -> bool:
        if len(faulty_service.requests) < 64:
            return False
        asked.append(time.monotonic())
        return True

    sockets = open_sockets()
    with pytest.raises(RunStopped, match="cancelled"):
        execute(NODE, where, rows(200), cancelled=cancelled)
    assert time.monotonic() - asked[0] < 1
    assert set(threading.enumerate()) == threads
    ours = [state for state in _connections_to(faulty_service) if state == "ESTABLISHED"]
    assert open_sockets() <= sockets + 64  # the service's own ends, in this process too
    assert not ours


def _connections_to(service: FaultyService) -> list[str]:
    """States of this machine's connections whose far end is the service."""
    port = int(service.base_url.rpartition(":")[2].split("/")[0])
    states = {"01": "ESTABLISHED"}
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    found = []
    for line in lines:
        _, _, remote, state, *_ = line.split()
        if int(remote.split(":")[1], 16) == port:
            found.append(states.get(state, state))
    return found


def test_a_name_that_takes_for_ever_to_look_up_does_not_hold_up_a_cancel(
    faulty_service: FaultyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def slow(*_: object, **__: object) -> object:
        # A name server that does not answer cannot be had on every machine.
        released.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    faulty_service.answer = lambda *_: reply({"created": 1, "data": [{"url": "http://far.example/1.png"}]})
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    started = time.monotonic()
    with pytest.raises(RunStopped, match="cancelled"):
        execute(
            NODE,
            Configuration(base_url=faulty_service.base_url),
            rows(1),
            cancelled=lambda: time.monotonic() - started > 0.5,
        )
    assert time.monotonic() - started < 2
    released.set()
