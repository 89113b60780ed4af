"""The response cache by itself: what is found again, by whom, and what becomes of requests without a response."""

from __future__ import annotations

import asyncio
import stat
import threading
from typing import TYPE_CHECKING, Any

import pytest

from endpoint_nodes.extension.engine.cache.response_cache import Claim, ResponseCache
from endpoint_nodes.extension.engine.cache.runs import RunFacts
from endpoint_nodes.nodes.base import Response

from .conftest import buy, key, response, use

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LARGE = 100_000


@pytest.mark.parametrize("size", [0, LARGE])
def test_a_kept_response_is_found_by_the_next_run(open_cache: Callable[..., ResponseCache], size: int) -> None:
    first = open_cache()
    use(first, lambda: buy(first, key(1), response(1, size)))
    second = open_cache(RunFacts("create_chat_completion", "http://127.0.0.1/v1", "another.csv"))

    async def look() -> list[Any]:
        return [await second.find(key(1)), await second.find(key(1, 2)), await second.find(key(2))]

    assert use(second, look) == [response(1, size), None, None]
    assert (second.sent, second.reused) == (0, 1)


def test_fetched_files_belong_to_their_response(open_cache: Callable[..., ResponseCache]) -> None:
    cache = open_cache()

    async def work() -> None:
        await buy(cache, key(1), response(1))
        await cache.keep(key(1), Response(200, {}, b"picture" * LARGE), part=1)
        found = await cache.find(key(1), part=1)
        assert found is not None
        assert found.body == b"picture" * LARGE
        cache.drop(key(1))
        await cache.settle()
        assert await cache.find(key(1), part=1) is None

    use(cache, work)


def test_only_harmless_headers_are_kept(open_cache: Callable[..., ResponseCache]) -> None:
    cache = open_cache()
    echoed = Response(200, {"authorization": "Bearer sk-1", "set-cookie": "a=b", "x-request-id": "r"}, b"{}")

    async def work() -> Response | None:
        await buy(cache, key(1), echoed)
        return await cache.find(key(1))

    found = use(cache, work)
    assert found is not None
    assert found.headers == {"x-request-id": "r"}


def test_equal_requests_of_a_run_are_told_apart_by_their_occurrence(open_cache: Callable[..., ResponseCache]) -> None:
    cache, shared = open_cache(), open_cache(deduplicate=True)
    digest = b"d" * 16
    assert [cache.key(digest).occurrence for _ in range(3)] == [1, 2, 3]
    assert [shared.key(digest).occurrence for _ in range(3)] == [1, 1, 1]
    cache.close(finished=True)
    shared.close(finished=True)


def test_a_response_that_is_too_old_is_asked_for_again_and_replaced(open_cache: Callable[..., ResponseCache]) -> None:
    first = open_cache()
    use(first, lambda: buy(first, key(1), response(1)))
    fresh = open_cache(max_age=0)

    async def again() -> None:
        assert await fresh.find(key(1)) is None
        await buy(fresh, key(1), response(2))

    use(fresh, again)
    third = open_cache()
    assert use(third, lambda: third.find(key(1))) == response(2)


def test_an_interrupted_run_resumes_whatever_the_age(open_cache: Callable[..., ResponseCache]) -> None:
    first = open_cache(max_age=0)
    use(first, lambda: buy(first, key(1), response(1)), finished=False)
    resumed = open_cache(max_age=0)
    assert use(resumed, lambda: resumed.find(key(1))) == response(1)
    fresh = open_cache(max_age=0)
    assert use(fresh, lambda: fresh.find(key(1))) is None


def test_two_runs_that_want_the_same_buy_it_once(open_cache: Callable[..., ResponseCache]) -> None:
    caches = [open_cache(), open_cache()]
    bought: list[int] = []

    def run(number: int) -> None:
        cache = caches[number]

        async def ask(request: int) -> None:
            answer = await cache.claim(key(request))
            if isinstance(answer, Claim):
                bought.append(request)
                await asyncio.sleep(0.05)
                await cache.keep(key(request), response(request))
            else:
                assert answer == response(request)

        async def work() -> None:
            # In opposite orders, so that each waits for the other.
            order = range(20) if number else reversed(range(20))
            await asyncio.gather(*(ask(request) for request in order))

        use(cache, work)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(bought) == list(range(20))


def test_the_second_of_two_runs_asks_for_what_the_first_was_refused(open_cache: Callable[..., ResponseCache]) -> None:
    first, second = open_cache(), open_cache()

    async def work() -> Claim | Response | None:
        assert isinstance(await first.claim(key(1)), Claim)
        assert await second.claim_if_free(key(1)) is None
        waiting = asyncio.create_task(second.claim(key(1)))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        first.release(key(1))
        claim = await waiting
        await first.settle()
        return claim

    assert isinstance(use(second, work), Claim)
    first.close(finished=True)


def test_a_run_that_waits_too_long_asks_itself_and_says_so(open_cache: Callable[..., ResponseCache]) -> None:
    first, second = open_cache(), open_cache(patience=0.05)

    async def work() -> Claim | Response | None:
        await first.claim(key(1))
        return await second.claim(key(1))

    assert isinstance(use(second, work), Claim)
    first.close(finished=True)
    assert "Another run has not got the same response" in open_cache.warnings[0]  # type: ignore[attr-defined]


def test_the_idempotency_key_stays_until_there_is_an_outcome(open_cache: Callable[..., ResponseCache]) -> None:
    async def ask(cache: ResponseCache) -> str:
        claim = await cache.claim(key(1))
        assert isinstance(claim, Claim)
        return claim.idempotency_key

    first = open_cache()

    async def in_doubt() -> str:
        secret = await ask(first)
        first.doubt(key(1))
        return secret

    unknown = use(first, in_doubt, finished=False)
    second = open_cache()
    assert second.in_doubt == 1

    async def refused() -> str:
        secret = await ask(second)
        second.release(key(1))
        return secret

    assert use(second, refused, finished=False) == unknown
    third = open_cache()
    assert third.in_doubt == 0
    assert use(third, lambda: ask(third)) != unknown


def test_what_is_kept_is_for_its_owner_alone(open_cache: Callable[..., ResponseCache], tmp_path: Path) -> None:
    cache = open_cache()

    async def work() -> None:
        await buy(cache, key(1), response(1, LARGE))
        for path in (tmp_path / "cache").rglob("*"):
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600), path

    use(cache, work)
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700


def test_notes_are_for_later_runs(open_cache: Callable[..., ResponseCache]) -> None:
    first = open_cache()

    async def work() -> None:
        first.note("lacking", ["variations"])

    use(first, work)
    second = open_cache()
    assert second.noted("lacking") == ["variations"]
    second.close(finished=True)


def test_settling_waits_for_large_bodies(open_cache: Callable[..., ResponseCache]) -> None:
    cache = open_cache()

    async def work() -> list[bool]:
        kept = []
        for number in range(20):
            assert isinstance(await cache.claim(key(number)), Claim)
            kept.append(cache.keep(key(number), response(number, 2_000_000)))
        await cache.settle()
        return [durable.done() for durable in kept]

    assert all(use(cache, work))


def test_settling_ends_after_everybody_was_told(open_cache: Callable[..., ResponseCache]) -> None:
    cache, told = open_cache(), []

    async def work() -> None:
        assert isinstance(await cache.claim(key(1)), Claim)
        durable = cache.keep(key(1), response(1))
        durable.add_done_callback(told.append)
        while not durable.done():  # noqa: ASYNC110 - to go on in the very turn
            await asyncio.sleep(0)
        assert not told, "asyncio tells in its next turn"
        await cache.settle()
        assert told == [durable]

    use(cache, work)


def test_whoever_is_cancelled_while_settling_does_not_keep_it_from_the_disk(
    open_cache: Callable[..., ResponseCache],
) -> None:
    cache = open_cache()

    async def work() -> None:
        for turn in range(40):
            assert isinstance(await cache.claim(key(turn)), Claim)
            durable = cache.keep(key(turn), response(turn, 100_000 * (turn % 2)))
            settling = asyncio.create_task(cache.settle())
            await asyncio.sleep(turn / 1000)  # one of them while the disk is waited for
            settling.cancel()
            await asyncio.wait([settling])
            async with asyncio.timeout(30):
                await cache.settle()
            assert durable.done()

    use(cache, work)
