"""When the next request may be sent: by the user's limits, by what the service says, and by what it has refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Allowance", "LearnedRate", "Reported", "Schedule", "duration", "reported_limits"]

DOUBLING_SECONDS, DOUBLING_REQUESTS = 10.0, 100.0
"""A rate that was learned is doubled in this time, and over this many requests, as long as nothing is refused."""

SAFETY = 0.95
"""Of the rate that was measured, what is used at first."""

MIN_SAMPLES, MAX_SAMPLES = 5, 100
"""Requests from which a rate is measured; of more than these the older half is forgotten."""

LATE = 0.02
"""Seconds by which a timer may be late (on Windows they fire every 0.016) without that slowing the pace down."""

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


class Schedule:
    """Spreads a minute's allowance evenly: a service that counts a minute never sees a burst."""

    def __init__(self) -> None:
        self._interval = self._next = 0.0

    def limit(self, per_minute: float | None) -> None:
        """Set the allowance of a minute, None for no limit."""
        self._interval = 60 / per_minute if per_minute else 0.0

    def wait(self, now: float) -> float:
        """Return the seconds until the next request may be sent."""
        return max(0.0, self._next - now)

    def take(self, now: float, amount: float = 1) -> None:
        """Note that a request of this amount is sent."""
        self._next = max(now - LATE, self._next) + amount * self._interval

    def correct(self, difference: float) -> None:
        """Note that a request cost more, or less, than was taken for it."""
        self._next += difference * self._interval


@dataclass(frozen=True)
class Reported:
    """What a response says of a limit: how large it is, what is left, and the seconds until all of it is back."""

    limit: float
    remaining: float
    reset: float


class Allowance:
    """What the service says is left, with what has been sent since, and what has come back since.

    Nothing is known, and nothing held back, before a response has said it.
    """

    def __init__(self) -> None:
        self._left = self._taken = 0.0
        self._at = 0.0
        self._limit: float | None = None
        self._refill = 0.0

    @property
    def is_known(self) -> bool:
        """Whether the service has said what is left."""
        return self._limit is not None

    @property
    def taken(self) -> float:
        """All that has been sent so far; what it was at the time of sending tells `update` what came later."""
        return self._taken

    def wait(self, now: float, amount: float = 1) -> float:
        """Return the seconds until `amount` is there; what is larger than the whole limit need not wait for more."""
        if self._limit is None:
            return 0.0
        lacking = min(amount, self._limit) - self._available(now)
        return lacking / self._refill if lacking > 0 else 0.0

    def take(self, now: float, amount: float = 1) -> None:
        """Note that a request of this amount is sent."""
        self._taken += amount
        if self._limit is not None:
            self._left, self._at = self._available(now) - amount, now

    def update(self, at: float, reported: Reported, taken_by_then: float) -> None:
        """Take over what a response says.

        Args:
            at: when its request was sent; a service counts before it works.
            reported: what it says.
            taken_by_then: `taken` when its request had been sent; the service cannot know of what came later.
        """
        if reported.reset <= 0 or reported.remaining >= reported.limit:
            return
        self._limit = reported.limit
        self._refill = (reported.limit - reported.remaining) / reported.reset
        self._left, self._at = reported.remaining - (self._taken - taken_by_then), at

    def _available(self, now: float) -> float:
        return min(self._limit or 0.0, self._left + (now - self._at) * self._refill)


class LearnedRate:
    """The rate at which a service takes requests, measured between its refusals.

    Until the first refusal, and until enough was taken after it, nothing is known and nothing held back.
    """

    def __init__(self) -> None:
        self._since: float | None = None
        self._accepted = 0.0
        self._rate: float | None = None
        self._changed_at = self._next = 0.0
        self._since_change = 0

    @property
    def is_known(self) -> bool:
        """Whether there is a rate to keep."""
        return self._rate is not None

    def wait(self, now: float) -> float:
        """Return the seconds until the next request may be sent."""
        return max(0.0, self._next - now) if self._rate else 0.0

    def take(self, now: float) -> None:
        """Note that a request is sent."""
        if self._rate:
            growth = min((now - self._changed_at) / DOUBLING_SECONDS, self._since_change / DOUBLING_REQUESTS)
            self._next = max(now - LATE, self._next) + 1 / (self._rate * 2 ** max(0.0, growth))

    def accepted(self) -> None:
        """Note that the service took a request."""
        self._accepted += 1
        self._since_change += 1

    def refused(self, resume: float) -> None:
        """Note that the service refused a request and takes none before `resume`."""
        if self._since is None:
            # What it took until now may have been a reserve that is not there again.
            self._since, self._accepted = resume, 0.0
            return
        if self._accepted >= MIN_SAMPLES and resume > self._since:
            self._rate = SAFETY * self._accepted / (resume - self._since)
            self._changed_at, self._since_change, self._next = resume, 0, resume
        if self._accepted > MAX_SAMPLES:
            self._accepted, self._since = self._accepted / 2, (self._since + resume) / 2


def reported_limits(headers: Mapping[str, str], what: str) -> Reported | None:
    """Return what `x-ratelimit-limit-`, `-remaining-` and `-reset-` say of "requests" or "tokens"; None if not all do.

    The reset is the time until all of the limit is there again: https://platform.openai.com/docs/guides/rate-limits
    """
    said = headers.get(f"x-ratelimit-remaining-{what}")
    if said is None:
        return None
    try:
        limit, remaining = float(headers[f"x-ratelimit-limit-{what}"]), float(said)
    except (KeyError, ValueError):
        return None
    reset = duration(headers.get(f"x-ratelimit-reset-{what}", ""))
    usable = reset is not None and remaining >= 0 and 0 < limit < float("inf")
    return Reported(limit, remaining, reset) if usable and reset is not None else None


def duration(text: str) -> float | None:
    """Return the seconds of a duration such as "1s", "6m0s" or "20ms" (OpenAI's form), None if it is not one."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", text)
    return sum(float(number) * _UNITS[unit] for number, unit in parts) if parts else None
