"""The sandbox's clock, which can be put forward: a day of a batch need not take a day."""

import asyncio
import math
import time

__all__ = ["Clock"]


class Clock:
    """Time in Unix seconds, ahead of the machine's by what it was put forward."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        """Return the time."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> float:
        """Put the clock forward, wake those that sleep, and return the new time.

        Raises:
            ValueError: Less than 0 seconds, or no number of them.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError(f"expected seconds from 0 on, but got {seconds}")
        self._ahead += seconds
        self.wake()
        return self.now()

    def wake(self) -> None:
        """Let those that sleep look whether they still have a reason to."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep_until(self, moment: float) -> None:
        """Sleep until this time, or until the clock is put forward or somebody is woken."""
        seconds = moment - self.now()
        if seconds > 0:
            try:
                await asyncio.wait_for(self._moved.wait(), seconds)
            except TimeoutError:
                return
