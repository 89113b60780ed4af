"""Sending a request until there is an answer worth having: the one place that retries."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ....nodes.base import Request, Response
from ....nodes.base.result_schema import GarbledResponse
from ....port_types.configuration import Configuration
from ....port_types.errors import EndpointError, RequestFailed
from .attempt import EncodedRequest, HttpClient, NotSent, Unreachable
from .budget import Budget
from .limiter import AdaptiveLimiter
from .retry import failure, judge, pause

if TYPE_CHECKING:
    import httpx

__all__ = ["AttemptStats", "Retrying", "RunStopping", "Sender"]

MAX_THROTTLES_PER_ATTEMPT = 10
"""How often, as a multiple of max attempts, a service may answer "later" before the row is given up."""

MOST_URLS = 100
"""How many parsed urls are kept: operations have few, unless rows are parts of their paths."""

Result = TypeVar("Result")


class RunStopping(EndpointError):
    """The run stops, so what has not been sent is not sent any more."""


@dataclass(kw_only=True)
class AttemptStats:
    """What is known of a request's way so far: times sent, last answer's status and the service's id of it."""

    attempts: int = 0
    status: int | None = None
    request_id: str | None = None


Retrying = Callable[[AttemptStats, float, str], None]
"""Told how far a request came, the seconds until the next attempt, and the reason."""


class Sender:
    """Sends requests under the limits of a Configuration; shared by all rows of a run.

    Args:
        configuration: the limits.
        base_url: where the service is.
        service: carries the requests, with the key.
        budget: counts what is sent.
        retrying: told before each pause.
    """

    def __init__(
        self,
        configuration: Configuration,
        base_url: str,
        service: HttpClient,
        budget: Budget,
        retrying: Retrying,
    ) -> None:
        self.configuration, self.service, self.budget, self.retrying = configuration, service, budget, retrying
        self._base_url = base_url
        self.pace = AdaptiveLimiter(configuration.concurrency, configuration.requests_per_minute)
        self._urls: dict[str, httpx.URL] = {}
        self.halted = False
        self.out: set[asyncio.Task[Any] | None] = set()
        """Tasks whose request is on its way or answered: what a halting run still waits for, as it is paid for."""

    async def send(
        self, request: Request, key: str, read: Callable[[Response], Result], trace: AttemptStats
    ) -> tuple[Response, Result | None]:
        """Return the first answer that is final, and what `read` made of it (None if it is a refusal).

        Args:
            request: what to send.
            key: the idempotency key, the same for every attempt.
            read: turns a successful answer into rows; a `GarbledResponse` it raises is retried.
            trace: filled in on the way.

        Raises:
            RequestFailed: the attempts are used up, or the service asks to wait too long.
            BadResponse: the answer is whole but not what the operation promises.
            RunStopped: the budget is spent or the service cannot be trusted.
            RunStopping: the run stops before another attempt.
        """
        headers, chunks = request.encode()
        headers = {**headers, "Idempotency-Key": key}
        outgoing = EncodedRequest(
            request.route.method, self._url(request.path), headers, chunks, self.configuration.timeout
        )
        failures = throttled = 0
        task = asyncio.current_task()
        while True:
            wait: float | None = None
            error: EndpointError
            async with self.pace.turn(again=throttled > 0) as began:
                if self.halted:
                    raise RunStopping
                self.budget.spend_request()
                self.out.add(task)
                trace.attempts += 1
                try:
                    answer = await self.service.send_once(outgoing)
                    trace.status, trace.request_id = answer.status, answer.headers.get("x-request-id")
                    if answer.status < 300:
                        result = read(answer)
                        self.pace.speed_up()
                        return answer, result
                    verdict = judge(answer)
                    if not verdict.retry or _must_not_repeat(request, answer):
                        return answer, None
                    wait, error = verdict.wait, failure(answer)
                    if answer.status == 429:
                        throttled += 1
                        wait = pause(throttled) if wait is None else wait
                        # A wait that ends this row need not hold up the others, which are told for themselves.
                        self.pace.slow_down(began, wait if wait <= self.configuration.max_wait else pause(throttled))
                except (Unreachable, GarbledResponse) as problem:
                    error = problem
                    if isinstance(problem, NotSent):
                        self.budget.return_request()
                    else:
                        _check_repeatable(request, problem)
            self.out.discard(task)
            # A 429 that says when to come back is no failed attempt, as long as it does not go on forever.
            polite = trace.status == 429 and verdict.wait is not None
            failures += not polite
            self._give_up(error, wait, failures, throttled, trace)
            wait = pause(failures) if wait is None else wait
            if self.halted:
                raise RunStopping
            self.retrying(trace, wait, str(error))
            if not polite:  # else the pace lets nobody send for as long
                await asyncio.sleep(wait)

    def _url(self, path: str) -> "httpx.URL":
        import httpx

        if path in self._urls:
            return self._urls[path]
        # A query of the base url, such as Azure's api-version, stays behind the path.
        base = httpx.URL(self._base_url)
        own, _, query = path.partition("?")
        queries = [part for part in (base.query.decode(), query) if part]
        target = base.raw_path.partition(b"?")[0].rstrip(b"/").decode() + own
        url = base.copy_with(raw_path=(f"{target}?{'&'.join(queries)}" if queries else target).encode())
        if len(self._urls) < MOST_URLS:
            self._urls[path] = url
        return url

    def _give_up(
        self, error: EndpointError, wait: float | None, failures: int, throttled: int, trace: AttemptStats
    ) -> None:
        limits = self.configuration
        if wait is not None and wait > limits.max_wait:
            reason = f"it asks to wait {wait:g} s, longer than Max wait ({limits.max_wait:g} s)"
        elif failures >= limits.max_attempts or throttled >= MAX_THROTTLES_PER_ATTEMPT * limits.max_attempts:
            reason = f"given up after {trace.attempts} attempt{'s' * (trace.attempts > 1)}"
        else:
            return
        message = str(error).rstrip(".")
        raise RequestFailed(f"{message}; {reason}.", status=error.status)


def _check_repeatable(request: Request, problem: EndpointError) -> None:
    """Raise where a request without a proper answer must not be sent again.

    Raises:
        RequestFailed: the service may have acted on it.
    """
    if not request.route.repeatable:
        message = f"{str(problem).rstrip('.')}; not sent again, because the service may have acted on it."
        raise RequestFailed(message, status=problem.status) from None


def _must_not_repeat(request: Request, answer: Response) -> bool:
    """Return whether a service may have acted on a request that must not be acted on twice."""
    # A gateway that gives up may have passed the request on.
    return not request.route.repeatable and (answer.status == 408 or answer.status >= 500)
