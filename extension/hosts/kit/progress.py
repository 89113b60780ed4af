"""The words in which a run says how far it is and what it came to."""

import time
from typing import TYPE_CHECKING

from ...engine.run.progress import Progress

if TYPE_CHECKING:
    from ...engine.batch.delivery import Waiting

__all__ = ["ProgressWords", "batch_words", "count"]


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: "1 row", "1,024 rows"."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


class ProgressWords:
    """Says how far a run is: "12 of 100 rows, 1 failed, 4.0 rows/s, 22 s left"."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._last = Progress(0, 0, None)

    def update(self, progress: Progress) -> str:
        """Return how far the run is, with its rate and the time left; or what the batches it waits for have done."""
        self._last = progress
        if progress.waiting:
            return ", ".join(batch_words(progress.waiting))
        return ", ".join([self.counts(), *self.pace()])

    def counts(self) -> str:
        """Return the rows that are done and failed."""
        last = self._last
        failed = f", {last.failed:,} failed" if last.failed else ""
        done = f"{last.done:,} of {count(last.total, 'row')}" if last.total else count(last.done, "row")
        return f"{done}{failed}"

    def pace(self) -> list[str]:
        """Return the rate, and the time left where the number of rows is known."""
        last, seconds = self._last, time.monotonic() - self._started
        words = [f"{last.done / max(seconds, 1e-3):.1f} rows/s"]
        if last.total and last.done:
            words.append(f"{_duration(seconds / last.done * (last.total - last.done))} left")
        return words

    def waiting(self, seconds: float, reason: str) -> str:
        """Return why nothing seems to happen."""
        return f"{self.counts()}, waiting {_duration(seconds)}: {reason}"

    def ended(self) -> str:
        """Return what the run came to."""
        return f"{self.counts()} in {_duration(time.monotonic() - self._started)}"


def batch_words(waiting: "Waiting") -> list[str]:
    """Return what the batches of a run have done, as their service counts, and when it is asked again."""
    failed = [f"{waiting.failed:,} failed"] if waiting.failed else []
    batches = count(waiting.batches, "batch", "batches")
    done = f"{batches} under way: {waiting.done:,} of {count(waiting.total, 'request')}"
    return [done, *failed, f"next look in {_duration(waiting.pause)}"]


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
