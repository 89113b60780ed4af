"""An event loop whose time passes only while it waits, and a service that lets so much through and no more."""

from __future__ import annotations

import asyncio
import math
import selectors
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from endpoint_nodes.extension.engine.http.limiter import AdaptiveLimiter


class VirtualLoop(asyncio.SelectorEventLoop):
    """Waits in no time.

    Args:
        resolution: how coarse its clock is; on Windows 0.0156 s, so that timers fire early.
    """

    def __init__(self, resolution: float = 1e-9) -> None:
        class Selector(selectors.SelectSelector):
            def select(_, timeout: float | None = None) -> list[Any]:  # noqa: N805 - the loop is what it refers to
                self._now += max(timeout or 0.0, resolution / 4)
                return super().select(0)

        self._now = 1000.0
        super().__init__(Selector())
        self._clock_resolution = resolution

    def time(self) -> float:
        if not self._clock_resolution > 1e-6:
            return self._now
        return self._now // self._clock_resolution * self._clock_resolution


def run(coroutine: Coroutine[Any, Any, Any], loop: VirtualLoop) -> Any:
    """Run a coroutine to its end; a hang ends after a day."""

    async def limited() -> Any:
        async with asyncio.timeout(86_400):
            return await coroutine

    try:
        return loop.run_until_complete(limited())
    finally:
        loop.close()


@dataclass
class BucketService:
    """Takes `rate` requests a second, and `burst` at once; says 429 to all others."""

    loop: VirtualLoop
    rate: float
    burst: float
    latency: float = 0.05
    headers: bool = False

    def __post_init__(self) -> None:
        self.requests = self.refused = 0
        self._left, self._at = self.burst, self.loop.time()

    async def ask(self) -> tuple[int, dict[str, str]]:
        """Return status and headers of a response."""
        await asyncio.sleep(self.latency / 2)
        self.requests += 1
        now = self.loop.time()
        self._left, self._at = min(self.burst, self._left + (now - self._at) * self.rate), now
        refused = self._left < 1
        self.refused += refused
        self._left -= not refused
        headers = {}
        if self.headers:
            headers = {
                "x-ratelimit-limit-requests": f"{self.burst:g}",
                "x-ratelimit-remaining-requests": str(int(self._left)),
                "x-ratelimit-reset-requests": f"{(self.burst - self._left) / self.rate:.3f}s",
            }
        wait = (1 - self._left) / self.rate
        await asyncio.sleep(self.latency / 2)
        return (429, {**headers, "retry-after-ms": str(math.ceil(1000 * wait))}) if refused else (200, headers)


async def send_all(limiter: AdaptiveLimiter, service: BucketService, rows: int, concurrency: int) -> float:
    """Send a request for each row, again until it is taken; return the seconds that took."""
    began = service.loop.time()
    left = iter(range(rows))

    async def work() -> None:
        for _ in left:
            refused = False
            while True:
                async with limiter.slot(priority=refused) as slot:
                    status, headers = await service.ask()
                    if status == 200:
                        limiter.answered(slot, headers)
                        break
                    refused = True
                    limiter.throttled(slot, headers, float(headers["retry-after-ms"]) / 1000)

    with limiter.run(concurrency):
        await asyncio.gather(*(work() for _ in range(concurrency)))
    return service.loop.time() - began
