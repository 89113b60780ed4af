"""A run that is cancelled at every turn of its event loop: it ends at once, leaves nothing open, loses no told row."""

from __future__ import annotations

import asyncio
import gc
import os
import selectors
import shutil
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chaos_support import check_contents, prompts, resume

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos_support import Echo

ROWS, CONCURRENCY = 24, 4
UNDISTURBED = 3
"""Runs in a row that ended before their turn came: no later turn comes either."""


class CountingSelector(selectors.DefaultSelector):
    """Calls `reached` in the turn of the event loop with this number."""

    def __init__(self, turn: int) -> None:
        super().__init__()
        self.left = turn
        self.reached: Any = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.left -= 1
        if self.left == 0:
            self.reached()
        return super().select(timeout)


class CancellingLoop(asyncio.SelectorEventLoop):
    """Cancels its first task, which is the run, in the turn with this number."""

    def __init__(self, turn: int) -> None:
        self._counting = CountingSelector(turn)
        super().__init__(self._counting)

    def create_task(self, *arguments: Any, **options: Any) -> Any:
        task = super().create_task(*arguments, **options)
        if self._counting.reached is None:
            self._counting.reached = task.cancel
        return task

    @property
    def was_reached(self) -> bool:
        return self._counting.left <= 0


class Policy(asyncio.DefaultEventLoopPolicy):
    """The next loop is cancelled in its turn `turn`; 0 for none."""

    turn = 0
    last: CancellingLoop

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        self.last = CancellingLoop(self.turn)
        return self.last


@pytest.fixture
def policy() -> Iterator[Policy]:
    policy = Policy()
    asyncio.set_event_loop_policy(policy)
    yield policy
    asyncio.set_event_loop_policy(None)


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - quicker


def wait_for_service(files: int) -> None:
    """Wait until the service, which is in this process, has closed its ends as well."""
    until = time.monotonic() + 5
    while open_files() > files and time.monotonic() < until:
        time.sleep(0.001)
    assert open_files() <= files


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("latency", [0.0, 0.005])
def test_a_run_may_be_cancelled_at_every_turn_of_its_loop(
    echo: Echo, policy: Policy, space: Path, latency: float, caplog: pytest.LogCaptureFixture
) -> None:
    threads = set(threading.enumerate())
    table, _ = execute(CreateChatCompletion(model="m"), Configuration(base_url=echo.base_url), prompts(range(ROWS)))
    check_contents(table, range(ROWS))
    gc.collect()
    files = open_files()
    turn = undisturbed = 0
    slowest = 0.0
    while undisturbed < UNDISTURBED:
        turn += 1
        cache = space / "cache"
        where = Configuration(base_url=echo.base_url, cache=str(cache), concurrency=CONCURRENCY)
        told: list[Any] = []
        policy.turn, echo.latency = turn, latency
        started = time.monotonic()
        try:
            execute(CreateChatCompletion(model="m"), where, prompts(range(ROWS)), observe=told.append)
            undisturbed += not policy.last.was_reached
        except asyncio.CancelledError:
            undisturbed = 0
        slowest = max(slowest, time.monotonic() - started)
        gc.collect()
        wait_for_service(files)
        assert set(threading.enumerate()) == threads
        policy.turn = 0
        resume(echo, cache, ROWS, len(told))
        shutil.rmtree(cache)
    print(f"{turn} turns, the slowest run took {slowest:.2f} s")  # noqa: T201
    assert not caplog.records, "nothing for standard error"
    assert slowest < 30
