"""The pace of a run: how many requests are in flight, how many a minute, and when everybody waits."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiolimiter import AsyncLimiter

__all__ = ["AdaptiveLimiter"]


class AdaptiveLimiter:
    """Admits requests: at most a window of them at once, evenly spread over the minute.

    The window follows the service as TCP follows a network: a refusal to keep up closes it to one and makes
    everybody wait; successes open it quickly up to half of where it was, then by one a round (slow start and AIMD,
    RFC 5681).

    Args:
        concurrency: requests in flight at most.
        requests_per_minute: None for no limit.
    """

    def __init__(self, concurrency: int, requests_per_minute: float | None) -> None:
        self.window = self._widest = self._threshold = float(concurrency)
        self._in_flight = 0
        self._resume = self._narrowed = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._turned_away: deque[asyncio.Future[None]] = deque()
        # One request an interval: a service that counts a minute must never see a burst.
        self._limiter = AsyncLimiter(1, 60 / requests_per_minute) if requests_per_minute else None

    @asynccontextmanager
    async def turn(self, *, again: bool = False) -> AsyncIterator[float]:
        """Wait for a turn to send; gives the time at which it began, for `slow_down`.

        Args:
            again: whether the service turned this request away before; then it goes ahead of those that wait.
        """
        await self._enter(again)
        try:
            if self._limiter:
                await self._limiter.acquire()
            yield asyncio.get_running_loop().time()
        finally:
            self._in_flight -= 1
            self._admit()

    def slow_down(self, began: float, wait: float) -> None:
        """Close the window because the service asked for less, and let nobody send for `wait` seconds.

        Args:
            began: when the refused request began; one from before the window closed does not close it again.
            wait: seconds.
        """
        loop = asyncio.get_running_loop()
        if began >= self._narrowed:
            self._threshold, self.window = max(1.0, self.window / 2), 1.0
            self._narrowed = loop.time()
        self._resume = max(self._resume, loop.time() + wait)
        loop.call_at(self._resume, self._admit)

    def speed_up(self) -> None:
        """Open the window a little after a success."""
        step = 1.0 if self.window < self._threshold else 1.0 / self.window
        self.window = min(self._widest, self.window + step)

    def _open(self) -> bool:
        return self._in_flight < int(self.window) and asyncio.get_running_loop().time() >= self._resume

    async def _enter(self, again: bool) -> None:
        queue = self._turned_away if again else self._waiting
        if not (self._turned_away or queue) and self._open():
            self._in_flight += 1
            return
        gate = asyncio.get_running_loop().create_future()
        queue.append(gate)
        try:
            await gate
        except asyncio.CancelledError:
            if gate.done() and not gate.cancelled():
                self._in_flight -= 1
                self._admit()
            raise

    def _admit(self) -> None:
        while (queue := self._turned_away or self._waiting) and self._open():
            gate = queue.popleft()
            if not gate.done():
                self._in_flight += 1
                gate.set_result(None)
