"""Sending a request until there is a response worth having: the one place that retries."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from ....nodes.base import Request, Response
from ....nodes.base.result_schema import GarbledResponse
from ....port_types.configuration import Configuration
from ....port_types.errors import BadResponse, EndpointError, RequestFailed
from .attempt import EncodedRequest, HttpClient, NotSent, Unreachable
from .budget import Budget, total_tokens
from .limiter import AdaptiveLimiter, Slot
from .retry import RetryState, failure, judge

__all__ = ["OnRetry", "RunStopping", "Sender", "Sent", "ready_requests", "request_url"]

BYTES_PER_TOKEN = 4
"""Of English text, on average: what a request may cost before a response has said what requests cost."""

READY_SHARE, MOST_WITH_READY = 4, 128
"""For so many requests in flight one more is ready to go, as long as they are no more than the second number."""

TURNS_TO_GO = 3
"""Of the event loop: the limiter admits a request in the first, aiohttp writes its body in another (Python 3.11)."""

MOST_URLS = 100
"""How many parsed urls are kept: operations have few, unless rows are parts of their paths."""

Result = TypeVar("Result")

OnRetry = Callable[[int, float, str], None]
"""Called before each pause with the attempts so far, the seconds until the next one, and the reason."""


class RunStopping(EndpointError):
    """The run stops, so what has not been sent is not sent any more."""


class Sent(NamedTuple, Generic[Result]):
    """What became of a request.

    Attributes:
        attempts: how often it was sent.
        response: the last response, None if there was none.
        result: what was read from it; None if it cannot be read, or is a refusal.
        error: why there is no result, None if there is one. A `RunStopped` would meet every other request, too.
        in_doubt: whether the last attempt was sent and nothing came back, so that nobody knows whether it is billed.
    """

    attempts: int
    response: Response | None = None
    result: Result | None = None
    error: EndpointError | None = None
    in_doubt: bool = False

    @property
    def status(self) -> int | None:
        """HTTP status of the last response."""
        return self.response.status if self.response else None

    @property
    def request_id(self) -> str | None:
        """The service's own id of the last response."""
        return self.response.headers.get("x-request-id") if self.response else None


class _Attempt(NamedTuple, Generic[Result]):
    """What came of one attempt; with an error, whether another may heal it, and when the service asks for it."""

    response: Response | None = None
    result: Result | None = None
    error: EndpointError | None = None
    retry: bool = False
    wait: float | None = None


class Sender:
    """Sends requests under the limits of a Configuration; shared by all rows of a run.

    Args:
        configuration: the limits.
        base_url: where the service is.
        client: carries the requests, with the key.
        limiter: when each may be sent; the run takes part in it.
        budget: counts what is sent.
        usage: returns the tokens that a response says it used, by name.
    """

    def __init__(
        self,
        configuration: Configuration,
        base_url: str,
        client: HttpClient,
        limiter: AdaptiveLimiter,
        *,
        budget: Budget,
        usage: Callable[[Response], Mapping[str, int]],
    ) -> None:
        self._configuration, self._base_url, self._client = configuration, base_url, client
        self._limiter, self._budget, self._usage = limiter, budget, usage
        self._turns_to_go = TURNS_TO_GO if ready_requests(configuration.concurrency) else 0
        self._urls: dict[str, str] = {}
        self._stopped = False
        self._stopped_tasks: set[asyncio.Task[Any]] = set()
        self._in_flight: set[asyncio.Task[Any] | None] = set()
        self._polling: set[asyncio.Task[Any]] = set()

    def stop(self, task: asyncio.Task[Any] | None = None) -> None:
        """Send nothing more, or nothing more for `task`: whoever would send next gets `RunStopping`."""
        if task is None:
            self._stopped = True
        else:
            self._stopped_tasks.add(task)

    def in_flight(self, task: asyncio.Task[Any]) -> bool:
        """Return whether a task's request is on its way, or answered and not yet `finished`: it is paid."""
        return task in self._in_flight

    def polls(self, task: asyncio.Task[Any]) -> bool:
        """Return whether a task polls a job: it is paid for, and kept where the run keeps responses."""
        return task in self._polling

    def begin_polling(self, task: asyncio.Task[Any]) -> None:
        """Note that what a task sent has created a job, which the task polls from now on."""
        self._in_flight.discard(task)
        self._polling.add(task)

    def finished(self, task: asyncio.Task[Any]) -> None:
        """Note that what a task sent has been dealt with."""
        self._in_flight.discard(task)
        self._polling.discard(task)

    @cached_property
    def unmetered(self) -> "Sender":
        """A sender to the same service whose requests no budget counts, because they cost nothing."""
        free = replace(self._configuration, max_requests=None, max_total_tokens=None, max_cost=None)
        return Sender(free, self._base_url, self._client, self._limiter, budget=Budget(free), usage=lambda _: {})

    async def send(
        self, request: Request, key: str, read: Callable[[Response], Result], on_retry: OnRetry = lambda *_: None
    ) -> Sent[Result]:
        """Send `request` until its response is final, and return what became of it.

        Args:
            request: what to send.
            key: the idempotency key, the same for every attempt.
            read: turns a successful response into a result; it raises `BadResponse` where it cannot, and
                `GarbledResponse`, which is retried.
            on_retry: called before each pause.

        Raises:
            RunStopped: the budget is spent, or the service cannot be trusted.
            RunStopping: the run stops before another attempt.
        """
        outgoing = self._encoded(request, key)
        model = str(request.values.get("model") or "")
        task = asyncio.current_task()
        state = RetryState(self._configuration.max_attempts, self._configuration.max_wait)
        while True:
            tokens = sum(map(len, outgoing.chunks)) / BYTES_PER_TOKEN
            async with self._limiter.slot(priority=state.throttled > 0, tokens=tokens) as slot:
                self._check_stopped(task)
                await self._budget.reserve()
                self._in_flight.add(task)
                sent = True
                try:
                    attempt = await self._attempt(outgoing, slot, model, read)
                    if not request.route.repeatable:
                        attempt = _not_repeated(attempt)
                    sent = not isinstance(attempt.error, NotSent)
                finally:
                    self._budget.settle(sent=sent)
                response = attempt.response
                wait = state.next_wait(response, retry=attempt.retry, asked=attempt.wait)
                if response and response.status == 429:
                    # A wait that ends this row need not hold up the others, which get answers of their own.
                    self._limiter.throttled(slot, response.headers, state.pause() if wait is None else wait)
            if wait is None:
                error = state.final(attempt.error) if attempt.error else None
                in_doubt = sent and response is None
                return Sent(
                    attempts=state.attempts, response=response, result=attempt.result, error=error, in_doubt=in_doubt
                )
            self._in_flight.discard(task)
            self._check_stopped(task)
            on_retry(state.attempts, wait, str(attempt.error))
            if not state.server_paced:  # else the limiter lets nobody send for as long
                await asyncio.sleep(wait)

    async def _attempt(
        self, outgoing: EncodedRequest, slot: Slot, model: str, read: Callable[[Response], Result]
    ) -> _Attempt[Result]:
        try:
            response = await self._client.send_once(outgoing)
        except Unreachable as error:
            return _Attempt(error=error, retry=True)
        except RequestFailed as error:
            return _Attempt(error=error)
        if response.status >= 300:
            verdict = judge(response)
            if response.status != 429:
                self._limiter.answered(slot, response.headers)
            return _Attempt(response, error=failure(response), retry=verdict.retry, wait=verdict.wait)
        await self._let_others_go(slot)
        usage = self._usage(response)
        # Paid for, whatever it turns out to hold.
        self._budget.use_tokens(model, usage, spent=True)
        self._limiter.answered(slot, response.headers, total_tokens(usage) if usage else None)
        try:
            return _Attempt(response, read(response))
        except GarbledResponse as error:
            return _Attempt(response, error=error, retry=True)
        except BadResponse as error:
            return _Attempt(response, error=error)

    async def _let_others_go(self, slot: Slot) -> None:
        """Let requests that were waiting for a response be written before that response is worked on."""
        self._limiter.leave(slot)
        try:
            for _ in range(self._turns_to_go):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            if task := asyncio.current_task():
                # Later, once the response, which is paid for, has been kept; a timeout counts who has cancelled.
                task.uncancel()
                task.cancel()

    def _check_stopped(self, task: asyncio.Task[Any] | None) -> None:
        if self._stopped or task in self._stopped_tasks:
            raise RunStopping

    def _encoded(self, request: Request, key: str) -> EncodedRequest:
        headers, chunks = request.encode()
        return EncodedRequest(
            request.route.method,
            self._url(request.path),
            {**headers, "Idempotency-Key": key},
            chunks,
            self._configuration.timeout,
            repeatable=request.route.repeatable,
        )

    def _url(self, path: str) -> str:
        if path in self._urls:
            return self._urls[path]
        url = request_url(self._base_url, path)
        if len(self._urls) < MOST_URLS:
            self._urls[path] = url
        return url


def ready_requests(concurrency: int) -> int:
    """Return how many requests wait beside those in flight: the service has one at once when it has answered another.

    Of very many in flight some have always been answered, and all wait for the event loop.
    """
    return concurrency // READY_SHARE if concurrency <= MOST_WITH_READY else 0


def request_url(base_url: str, path: str) -> str:
    """Return where a request for `path` goes; a query of the base url, such as Azure's api-version, stays behind it."""
    import httpx

    base = httpx.URL(base_url)
    own, _, query = path.partition("?")
    queries = [part for part in (base.query.decode(), query) if part]
    target = base.raw_path.partition(b"?")[0].rstrip(b"/").decode() + own
    return str(base.copy_with(raw_path=(f"{target}?{'&'.join(queries)}" if queries else target).encode()))


def _not_repeated(attempt: _Attempt[Result]) -> _Attempt[Result]:
    """Return `attempt` as the last one, if the service may have acted on it: a gateway may have passed it on."""
    error, status = attempt.error, attempt.response.status if attempt.response else None
    if not attempt.retry or error is None or isinstance(error, NotSent):
        return attempt
    if status is not None and 300 <= status < 500 and status != 408:
        return attempt
    message = f"{str(error).rstrip('.')}; not sent again, because the service may have acted on it."
    return _Attempt(attempt.response, error=RequestFailed(message, status=error.status, code=error.code))
