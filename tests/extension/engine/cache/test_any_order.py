"""Runs, kills, changes and clean-ups in any order: never a wrong response, and none asked for that is kept."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from endpoint_nodes.extension.engine.cache.response_cache import Claim, ResponseCache
from endpoint_nodes.extension.engine.cache.runs import RunFacts
from endpoint_nodes.extension.engine.cache.upkeep import clear, prune

from .conftest import key, response

if TYPE_CHECKING:
    from collections.abc import Callable

    from endpoint_nodes.extension.engine.cache.cache_key import CacheKey
    from endpoint_nodes.nodes.base import Response

RUNS = st.integers(0, 1)
KEYS = st.builds(key, st.integers(0, 3), st.integers(1, 2))
OUTCOMES = st.sampled_from(["kept", "kept large", "refused", "in doubt", "never known"])


class AnyOrder(RuleBasedStateMachine):
    """Two runs that share a cache, and a model of what is in it."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.place = self.folder / "0"
        self.loop = asyncio.new_event_loop()
        self.open: dict[int, ResponseCache] = {}
        self.kept: dict[CacheKey, Response] = {}
        self.held: dict[CacheKey, int] = {}
        self.unsettled: dict[CacheKey, str] = {}
        self.asked = self.places = 0

    def do(self, work: Callable[[], Any]) -> Any:
        """Do `work`, which may give something to wait for, in the loop of the runs."""

        async def inside() -> Any:
            result = work()
            return await result if hasattr(result, "__await__") else result

        return self.loop.run_until_complete(inside())

    def cache(self, run: int) -> ResponseCache:
        if run not in self.open:
            self.open[run] = ResponseCache(self.place, RunFacts("node", "url", str(run)))
        return self.open[run]

    @rule(run=RUNS, key=KEYS, outcome=OUTCOMES)
    def ask(self, run: int, key: CacheKey, outcome: str) -> None:
        cache = self.cache(run)
        found = self.do(lambda: cache.find(key))
        assert found == self.kept.get(key)
        if found:
            return
        claim = self.do(lambda: cache.claim_if_free(key))
        if key in self.held:
            assert claim is None, "another run, or this one, is asking for it"
            return
        assert isinstance(claim, Claim)
        if key in self.unsettled:
            assert claim.idempotency_key == self.unsettled.pop(key)
        self.asked += 1
        answer = response(self.asked, 40_000 if outcome == "kept large" else 0)
        if outcome.startswith("kept"):
            self.do(lambda: cache.keep(key, answer))
            self.kept[key] = answer
        elif outcome == "refused":
            self.do(lambda: cache.release(key))
        else:
            self.unsettled[key] = claim.idempotency_key
            if outcome == "in doubt":
                self.do(lambda: cache.doubt(key))
            else:
                self.held[key] = run
        self.do(cache.settle)

    @rule(run=RUNS, key=KEYS)
    def drop(self, run: int, key: CacheKey) -> None:
        self.do(lambda: self.cache(run).drop(key))
        self.do(self.cache(run).settle)
        self.kept.pop(key, None)

    @rule(run=RUNS, finished=st.booleans())
    def end(self, run: int, finished: bool) -> None:
        if run in self.open:
            self.do(self.open[run].settle)
            self.open.pop(run).close(finished=finished)
            self.held = {key: holder for key, holder in self.held.items() if holder != run}

    @precondition(lambda self: self.open)
    @rule()
    def kill(self) -> None:
        # What the files hold at this moment is what a killed process leaves; nobody holds the locks of the copy.
        self.places += 1
        after = self.folder / str(self.places)
        shutil.copytree(self.place, after)
        self.teardown_runs()
        self.place = after
        self.held.clear()

    @rule()
    def clear_everything(self) -> None:
        clear(self.place)
        self.kept.clear()
        # What runs under way have asked for stays theirs.
        self.unsettled = {key: value for key, value in self.unsettled.items() if key in self.held}

    @rule(age=st.sampled_from([0, 3600]))
    def prune_old(self, age: int) -> None:
        prune(self.place, older_than=age)
        # Everything here was used in this second or the one before.
        for kept in list(self.kept):
            if self.do(partial(self.cache(0).find, kept)) is None:
                assert age == 0
                del self.kept[kept]

    def teardown_runs(self) -> None:
        for cache in self.open.values():
            self.do(cache.settle)
            cache.close(finished=True)
        self.open.clear()

    def teardown(self) -> None:
        if hasattr(self, "open"):
            self.teardown_runs()
            self.loop.close()
            shutil.rmtree(self.folder)


AnyOrder.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
test_any_order = AnyOrder.TestCase
