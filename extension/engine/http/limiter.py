"""How many requests are in flight, and when the next one goes: one limiter for all that ask one service."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from weakref import WeakValueDictionary

from .pacing import Allowance, LearnedRate, Schedule, reported_limits

__all__ = ["AdaptiveLimiter", "Slot", "shared_limiter"]

FIRST_REQUESTS, FIRST_SHARE, OPENING_SECONDS = 8, 4, 0.5
"""The window starts at this many requests, or at the concurrency divided by this, whichever is more, and doubles in
this time: before the first refusal nobody knows what the service takes, and a response may take minutes."""

CLOCK_RESOLUTION = time.get_clock_info("monotonic").resolution
"""Seconds, 0.016 on Windows: so much too early a timer may fire, and setting it to less makes a busy loop."""


@dataclass
class Slot:
    """A request's permission to be sent.

    Attributes:
        began: when it was given.
        tokens: what the request was taken to cost.
        taken: requests and tokens sent until then, its own included.
        is_held: whether it counts as in flight.
    """

    began: float
    tokens: float
    taken: tuple[float, float]
    is_held: bool = True


@dataclass(eq=False)
class _Waiter:
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Slot]
    tokens: float
    slot: Slot | None = None


class AdaptiveLimiter:
    """Admits requests: at most a window of them at once, and no sooner than every pace allows.

    The window follows the service as TCP follows a network: a refusal to keep up closes it to one and makes
    everybody wait; successes open it quickly up to half of where it was, then by one a round (slow start and AIMD,
    RFC 5681). The paces are the user's limits a minute, what responses say is left, and the rate at which the service
    took requests between its refusals.

    It may be used from several event loops at once, each in its own thread.

    Args:
        clock: tells the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Held for moments only: a thread grants a slot to another by a call in that one's loop.
        self._lock = threading.RLock()
        self._runs: list[tuple[int, float | None, float | None]] = []
        self.window, self._widest, self._threshold = 0.0, 0.0, float("inf")
        self._in_flight = 0
        self._opening_since: float | None = None
        self._resume = self._narrowed = 0.0
        self._waiting: deque[_Waiter] = deque()
        self._refused: deque[_Waiter] = deque()
        self._timer_at = float("inf")
        self._request_schedule, self._token_schedule = Schedule(), Schedule()
        self._requests, self._tokens, self._learned = Allowance(), Allowance(), LearnedRate()
        self._mean_tokens: float | None = None

    @contextmanager
    def run(
        self, concurrency: int, requests_per_minute: float | None = None, tokens_per_minute: float | None = None
    ) -> Iterator[None]:
        """Let a run take part while the context lasts; of several runs' limits a minute, the lowest holds."""
        taking_part = (concurrency, requests_per_minute, tokens_per_minute)
        with self._lock:
            self._runs.append(taking_part)
            if not self.window:
                self.window = float(max(concurrency // FIRST_SHARE, min(concurrency, FIRST_REQUESTS)))
                self._opening_since = self._clock()
            self._follow_runs()
        try:
            yield
        finally:
            with self._lock:
                self._runs.remove(taking_part)
                self._follow_runs()
                # The timer may have been one of the loop that ends.
                self._timer_at = float("inf")
                self._admit()

    def _follow_runs(self) -> None:
        if self._runs:
            self._widest = float(sum(concurrency for concurrency, _, _ in self._runs))
            self._request_schedule.limit(min((limit for _, limit, _ in self._runs if limit), default=None))
            self._token_schedule.limit(min((limit for _, _, limit in self._runs if limit), default=None))

    def slot(self, *, priority: bool = False, tokens: float = 0) -> "_Admission":
        """Return a context that begins once a request may be sent, and holds its place until it ends, or `leave`.

        Args:
            priority: whether it goes ahead of those that wait, because the service refused it before.
            tokens: what it may cost, as long as no response has said what requests cost.
        """
        return _Admission(self, priority, tokens)

    def answered(self, slot: Slot, headers: Mapping[str, str], tokens: float | None = None) -> None:
        """Note that the service took a request, whatever it made of it, and open the window a little.

        Args:
            slot: its slot.
            headers: those of the response, which may say what is left.
            tokens: what it cost, None if the response does not say.
        """
        with self._lock:
            self._learned.accepted()
            self._observe(slot, headers)
            if tokens is not None:
                self._mean_tokens = tokens if self._mean_tokens is None else 0.9 * self._mean_tokens + 0.1 * tokens
                self._token_schedule.correct(tokens - slot.tokens)
            step = 1.0 if self.window < self._threshold else 1.0 / self.window
            self.window = max(1.0, min(self._widest, self.window + step))

    def throttled(self, slot: Slot, headers: Mapping[str, str], wait: float) -> None:
        """Note that the service refused a request because there were too many; nobody sends for `wait` seconds.

        A request that was sent before the window closed does not close it again.
        """
        with self._lock:
            now = self._clock()
            self._opening_since = None
            if slot.began >= self._narrowed:
                self._learned.refused(now + wait)
                half, self._narrowed = max(1.0, self.window / 2), now
                # Where a rate is known, it holds requests back, and the window need not stay narrow.
                self.window = half if self._requests.is_known else 1.0
                self._threshold = self._widest if self._requests.is_known or self._learned.is_known else half
            self._observe(slot, headers)
            self._resume = max(self._resume, now + wait)
            self._admit()

    def _observe(self, slot: Slot, headers: Mapping[str, str]) -> None:
        requests, tokens = slot.taken
        if reported := reported_limits(headers, "requests"):
            self._requests.update(slot.began, reported, requests)
        if reported := reported_limits(headers, "tokens"):
            self._tokens.update(slot.began, reported, tokens)

    async def enter(self, priority: bool, tokens: float) -> Slot:
        """Wait for a slot, which is to be given back by `leave`."""
        queue = self._refused if priority else self._waiting
        with self._lock:
            now, cost = self._clock(), self._cost(tokens)
            if not (self._refused or queue) and self._in_flight < int(self.window) and self._wait(now, cost) <= 0:
                return self._take(now, cost)
            loop = asyncio.get_running_loop()
            waiter = _Waiter(loop, loop.create_future(), tokens)
            queue.append(waiter)
            self._admit()
        try:
            return await waiter.future
        except asyncio.CancelledError:
            with self._lock:
                if waiter.slot:
                    self._in_flight -= 1
                else:
                    queue.remove(waiter)
                self._admit()
            raise

    def leave(self, slot: Slot) -> None:
        """Give a slot back, unless that has been done."""
        with self._lock:
            if slot.is_held:
                slot.is_held = False
                self._in_flight -= 1
                self._admit()

    def _admit(self) -> None:
        """Give slots to those that wait, as far as there are any, else see to it that this is tried again in time."""
        with self._lock:
            self._open_in_time()
            while (queue := self._refused or self._waiting) and self._in_flight < int(self.window):
                now, cost = self._clock(), self._cost(queue[0].tokens)
                if (wait := self._wait(now, cost)) > 0:
                    self._set_timer(queue[0].loop, now, wait)
                    return
                waiter = queue.popleft()
                waiter.slot = self._take(now, cost)
                _call_in(waiter.loop, _give, waiter)

    def _open_in_time(self) -> None:
        """Open the window of a service that has not refused anything yet, whether or not it has answered."""
        queue = self._refused or self._waiting
        if self._opening_since is None or not queue or self._in_flight < int(self.window):
            return
        now = self._clock()
        if now - self._opening_since >= OPENING_SECONDS:
            self.window, self._opening_since = min(self._widest, 2 * self.window), now
        if self.window >= self._widest:
            self._opening_since = None
        else:
            self._set_timer(queue[0].loop, now, self._opening_since + OPENING_SECONDS - now)

    def _set_timer(self, loop: asyncio.AbstractEventLoop, now: float, wait: float) -> None:
        if now + wait < self._timer_at:
            self._timer_at = now + wait
            _call_in(loop, loop.call_later, max(wait, CLOCK_RESOLUTION), self._time_out, self._timer_at)

    def _time_out(self, timer_at: float) -> None:
        with self._lock:
            if timer_at == self._timer_at:
                self._timer_at = float("inf")
            self._admit()

    def _cost(self, tokens: float) -> float:
        return tokens if self._mean_tokens is None else self._mean_tokens

    def _wait(self, now: float, tokens: float) -> float:
        return max(
            self._resume - now,
            self._request_schedule.wait(now),
            self._token_schedule.wait(now),
            self._requests.wait(now),
            self._tokens.wait(now, tokens),
            self._learned.wait(now),
        )

    def _take(self, now: float, tokens: float) -> Slot:
        self._in_flight += 1
        self._request_schedule.take(now)
        self._token_schedule.take(now, tokens)
        self._requests.take(now)
        self._tokens.take(now, tokens)
        self._learned.take(now)
        return Slot(now, tokens, (self._requests.taken, self._tokens.taken))


class _Admission:
    """What `AdaptiveLimiter.slot` returns; a generator in its place would cost a request a twentieth of its time."""

    def __init__(self, limiter: AdaptiveLimiter, priority: bool, tokens: float) -> None:
        self._limiter, self._priority, self._tokens = limiter, priority, tokens

    async def __aenter__(self) -> Slot:
        self._slot = await self._limiter.enter(self._priority, self._tokens)
        return self._slot

    async def __aexit__(self, *_: object) -> None:
        self._limiter.leave(self._slot)


def _give(waiter: _Waiter) -> None:
    if waiter.slot and not waiter.future.done():
        waiter.future.set_result(waiter.slot)


def _call_in(loop: asyncio.AbstractEventLoop, function: Callable[..., object], *arguments: object) -> None:
    """Call a function in the thread of `loop`, at once if this is it."""
    try:
        here = asyncio.get_running_loop() is loop
    except RuntimeError:
        here = False
    if here:
        function(*arguments)
    else:
        with suppress(RuntimeError):  # it was closed in the meantime, and waits for nothing any more
            loop.call_soon_threadsafe(function, *arguments)


_shared: WeakValueDictionary[str, AdaptiveLimiter] = WeakValueDictionary()
_shared_lock = threading.Lock()


def shared_limiter(service: str) -> AdaptiveLimiter:
    """Return the one limiter of this process for `service`, a text that names a service and who asks it."""
    with _shared_lock:
        limiter = _shared.get(service)
        if limiter is None:
            limiter = _shared[service] = AdaptiveLimiter()
        return limiter
