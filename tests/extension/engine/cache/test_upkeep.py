"""Looking at a cache, and making room in it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

from endpoint_nodes.extension.engine.cache.upkeep import clear, describe, prune

from .conftest import RUN, buy, key, response, use

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from endpoint_nodes.extension.engine.cache.response_cache import ResponseCache

LARGE = 100_000


def fill(cache: ResponseCache, number: int, *, first: int = 0) -> None:
    async def work() -> None:
        for place in range(first, number):
            await buy(cache, key(place), response(place, LARGE))

    use(cache, work)


def found(cache: ResponseCache, number: int) -> list[int]:
    async def work() -> list[int]:
        return [place for place in range(number) if await cache.find(key(place))]

    return use(cache, work)


def used(folder: Path, number: int, seconds: float) -> None:
    """Make it as if the response had been used `seconds` ago for the last time."""
    with closing(sqlite3.connect(folder / "cache.sqlite")) as database, database:
        database.execute("UPDATE answers SET used = ? WHERE key = ?", (int(time.time() - seconds), key(number).digest))


def test_a_cache_says_what_is_in_it_and_how_its_runs_ended(
    open_cache: Callable[..., ResponseCache], tmp_path: Path
) -> None:
    assert describe(tmp_path / "cache") is None
    fill(open_cache(), 3)
    found(open_cache(), 3)
    stopped = open_cache()

    async def ask() -> None:
        await stopped.claim(key(7))
        stopped.doubt(key(7))

    use(stopped, ask, finished=False)
    program = (
        "import os, asyncio; from pathlib import Path\n"
        "from endpoint_nodes.extension.engine.cache.cache_key import CacheKey\n"
        "from endpoint_nodes.extension.engine.cache.response_cache import ResponseCache\n"
        "from endpoint_nodes.extension.engine.cache.runs import RunFacts\n"
        f"cache = ResponseCache(Path({str(tmp_path / 'cache')!r}), RunFacts('killed', 'b'))\n"
        "asyncio.run(cache.claim(CacheKey(b'k' * 16, 1))); os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=False)
    running = open_cache()
    facts = describe(tmp_path / "cache")
    running.close(finished=True)
    assert facts is not None
    assert (facts.responses, facts.size) == (3, 3 * LARGE)
    assert [(run.state, run.sent, run.reused, run.in_doubt) for run in facts.runs] == [
        ("running", 0, 0, 0),
        ("killed", 0, 0, 1),
        ("stopped", 1, 0, 1),
        ("finished", 0, 3, 0),
        ("finished", 3, 0, 0),
    ]
    assert facts.runs[-1].source == RUN.source


def test_prune_removes_what_was_not_used_for_long(open_cache: Callable[..., ResponseCache], tmp_path: Path) -> None:
    fill(open_cache(), 4)
    used(tmp_path / "cache", 1, 40 * 86_400)
    used(tmp_path / "cache", 2, 20 * 86_400)
    assert prune(tmp_path / "cache", older_than=30 * 86_400) == (1, LARGE)
    assert found(open_cache(), 4) == [0, 2, 3]
    assert len(list((tmp_path / "cache" / "bodies").glob("*/*"))) == 3


def test_prune_to_a_size_removes_the_oldest_first(open_cache: Callable[..., ResponseCache], tmp_path: Path) -> None:
    fill(open_cache(), 4)
    for number, age in ((2, 9), (0, 6), (3, 3)):
        used(tmp_path / "cache", number, age * 86_400)
    assert prune(tmp_path / "cache", max_bytes=2 * LARGE) == (2, 2 * LARGE)
    assert found(open_cache(), 4) == [1, 3]


def test_a_response_that_is_used_is_not_the_oldest(open_cache: Callable[..., ResponseCache], tmp_path: Path) -> None:
    fill(open_cache(), 2)
    used(tmp_path / "cache", 0, 9 * 86_400)
    used(tmp_path / "cache", 1, 6 * 86_400)
    found(open_cache(), 1)
    prune(tmp_path / "cache", max_bytes=LARGE)
    assert found(open_cache(), 2) == [0]


def test_a_run_keeps_the_cache_within_its_size(open_cache: Callable[..., ResponseCache], tmp_path: Path) -> None:
    fill(open_cache(max_bytes=5 * LARGE), 5)
    assert found(open_cache(), 5) == [0, 1, 2, 3, 4]
    used(tmp_path / "cache", 3, 9 * 86_400)
    used(tmp_path / "cache", 4, 9 * 86_400)
    fill(open_cache(max_bytes=5 * LARGE), 6, first=5)
    assert found(open_cache(), 6) == [0, 1, 2, 5]


def test_bodies_that_nothing_refers_to_are_removed(open_cache: Callable[..., ResponseCache], tmp_path: Path) -> None:
    fill(open_cache(), 1)
    (folder,) = (tmp_path / "cache" / "bodies").iterdir()
    for name, age in (("orphan", 7200), ("being-written", 0)):
        (folder / name).write_bytes(b"body")
        os.utime(folder / name, (time.time() - age,) * 2)
    prune(tmp_path / "cache")
    assert sorted(path.name.partition("-")[0] for path in folder.iterdir()) == ["0" * 32, "being"]


def test_clear_removes_everything_while_a_run_goes_on(open_cache: Callable[..., ResponseCache], tmp_path: Path) -> None:
    fill(open_cache(), 3)
    cache = open_cache()

    async def work() -> None:
        assert await cache.find(key(0))
        assert clear(tmp_path / "cache") == (3, 3 * LARGE)
        assert await cache.find(key(0)) is None
        await buy(cache, key(0), response(9))

    use(cache, work)
    facts = describe(tmp_path / "cache")
    assert facts is not None
    assert (facts.responses, len(facts.runs)) == (1, 1)


def test_runs_start_and_end_while_the_cache_is_shown_pruned_and_cleared(
    open_cache: Callable[..., ResponseCache], tmp_path: Path
) -> None:
    fill(open_cache(), 3)
    ended = threading.Event()
    problems: list[Exception] = []

    def look() -> None:
        try:
            while not ended.is_set():
                assert describe(tmp_path / "cache") is not None
                prune(tmp_path / "cache", older_than=3600)
                clear(tmp_path / "cache")
        except Exception as error:  # noqa: BLE001 - told by the test
            problems.append(error)

    looking = threading.Thread(target=look)
    looking.start()
    for run in range(30):
        fill(open_cache(), 2 * run + 5, first=2 * run + 3)
    ended.set()
    looking.join()
    assert not problems
