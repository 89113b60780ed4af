"""The pace of requests, on a clock of its own: by the user's limits, the service's headers and its refusals."""

from __future__ import annotations

import asyncio
import itertools
import threading

import pytest

from endpoint_nodes.extension.engine.http.limiter import AdaptiveLimiter, shared_limiter

from .virtual_time import BucketService, VirtualLoop, run, send_all

WINDOWS_CLOCK = 0.0156


@pytest.mark.parametrize("resolution", [1e-9, WINDOWS_CLOCK], ids=["fine clock", "clock of Windows"])
@pytest.mark.parametrize("headers", [True, False], ids=["headers", "429 only"])
@pytest.mark.parametrize(("burst", "latency", "concurrency"), [(5, 0.05, 64), (5, 0, 32), (20, 0.5, 64), (5, 0.05, 8)])
def test_a_service_that_takes_twenty_a_second_is_used_to_the_full_and_refuses_few(
    resolution: float, headers: bool, burst: int, latency: float, concurrency: int
) -> None:
    loop = VirtualLoop(resolution)
    service = BucketService(loop, 20, burst, latency, headers)
    seconds = run(send_all(AdaptiveLimiter(loop.time), service, 1000, concurrency), loop)
    assert service.requests / 1000 < 1.1
    assert (1000 - burst) / 20 / seconds > 0.9


@pytest.mark.parametrize("wait", [0.001, 0.01, 1])
def test_a_pause_ends_although_a_timer_fires_too_early(wait: float) -> None:
    loop = VirtualLoop(WINDOWS_CLOCK)
    limiter = AdaptiveLimiter(loop.time)

    async def refused_again_and_again() -> None:
        with limiter.run(4):
            for _ in range(50):
                async with limiter.slot() as slot:
                    limiter.throttled(slot, {}, wait)
                await asyncio.gather(*(take() for _ in range(8)))

    async def take() -> None:
        async with limiter.slot():
            pass

    run(refused_again_and_again(), loop)


def sent_at(loop: VirtualLoop, limiter: AdaptiveLimiter, rows: int, tokens: int = 0, **limits: float) -> list[float]:
    times: list[float] = []

    async def send() -> None:
        async with limiter.slot() as slot:
            times.append(loop.time())
            await asyncio.sleep(0.1)
            limiter.answered(slot, {}, tokens or None)

    async def all_rows() -> None:
        with limiter.run(16, **limits):  # type: ignore[arg-type]
            await asyncio.gather(*(send() for _ in range(rows)))

    run(all_rows(), loop)
    return times


def test_requests_a_minute_are_spread_evenly() -> None:
    loop = VirtualLoop()
    times = sent_at(loop, AdaptiveLimiter(loop.time), 25, requests_per_minute=240)
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert min(gaps) > 0.2
    assert sum(gaps) / len(gaps) == pytest.approx(0.25, rel=0.02)


def test_tokens_a_minute_are_kept_to_by_what_requests_turn_out_to_cost() -> None:
    loop = VirtualLoop()
    times = sent_at(loop, AdaptiveLimiter(loop.time), 100, tokens=100, tokens_per_minute=60_000)
    assert 60 * 100 * 99 / (times[-1] - times[0]) == pytest.approx(60_000, rel=0.15)


def test_a_pause_that_the_service_asks_for_holds_for_rows_that_wait_for_the_minute() -> None:
    loop = VirtualLoop()
    limiter = AdaptiveLimiter(loop.time)
    times: list[float] = []

    async def send(number: int) -> None:
        async with limiter.slot() as slot:
            times.append(loop.time())
            if number == 0:
                limiter.throttled(slot, {}, 3)

    async def all_rows() -> None:
        with limiter.run(16, requests_per_minute=240):
            await asyncio.gather(*(send(number) for number in range(16)))

    run(all_rows(), loop)
    assert sorted(times)[1] - times[0] >= 3


def test_of_two_runs_the_lower_limit_holds_for_both() -> None:
    loop = VirtualLoop()
    limiter = AdaptiveLimiter(loop.time)
    with limiter.run(4, requests_per_minute=60):
        times = sent_at(loop, limiter, 5, requests_per_minute=6000)
    assert times[-1] - times[0] == pytest.approx(4, rel=0.02)


def test_runs_in_several_threads_share_the_pace_of_one_service() -> None:
    limiter = shared_limiter("https://api.example.com/v1 me")
    assert shared_limiter("https://api.example.com/v1 me") is limiter
    assert shared_limiter("https://api.example.com/v1 you") is not limiter
    most = in_flight = 0
    lock = threading.Lock()

    async def send() -> None:
        nonlocal in_flight, most
        async with limiter.slot() as slot:
            with lock:
                in_flight += 1
                most = max(most, in_flight)
            await asyncio.sleep(0.001)
            with lock:
                in_flight -= 1
            limiter.answered(slot, {})

    async def all_rows() -> None:
        with limiter.run(2):
            await asyncio.gather(*(send() for _ in range(100)))

    threads = [threading.Thread(target=lambda: asyncio.run(all_rows())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert most <= 8


def test_a_row_that_is_cancelled_while_it_waits_leaves_its_place() -> None:
    loop = VirtualLoop()
    limiter = AdaptiveLimiter(loop.time)

    async def play() -> None:
        with limiter.run(1):
            async with limiter.slot():
                waiting = [asyncio.create_task(hold()) for _ in range(5)]
                await asyncio.sleep(0)
                for task in waiting[:4]:
                    task.cancel()
            await waiting[4]

    async def hold() -> None:
        async with limiter.slot():
            pass

    run(play(), loop)


def test_a_service_that_takes_minutes_is_soon_asked_as_often_at_once_as_it_may_be() -> None:
    loop = VirtualLoop()
    limiter = AdaptiveLimiter(loop.time)
    began: list[float] = []

    async def send() -> None:
        async with limiter.slot():
            began.append(loop.time())
            await asyncio.sleep(120)

    async def all_rows() -> None:
        with limiter.run(64):
            await asyncio.gather(*(send() for _ in range(64)))

    run(all_rows(), loop)
    assert began[-1] - began[0] < 2
