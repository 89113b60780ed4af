"""Jobs: the response that creates one is kept, the job is polled until it ends, and its result is kept as well."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar
from uuid import uuid4

from ....nodes.base import Call, Job, Request, Response
from ....port_types.errors import BadResponse, EndpointError, RequestFailed, RunStopped
from ..cache.cache_key import CacheKey
from ..http.retry import asked_wait
from ..http.sender import OnRetry, RunStopping
from .obtain import Obtained, Read, ResponseSource
from .outcome import Rows

__all__ = ["JobPolling"]

RESULT = -1
"""The part of a cached response that is the result of the job it created; the parts from 1 on are fetched files."""

FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 0.5, 1.5, 20.0
"""Seconds between two polls, unless the service asks for more: a short job is not kept waiting, and one of ten minutes
is polled about 35 times."""

GONE = (404, 410)

Result = TypeVar("Result")


class _Result(NamedTuple):
    """The response that has the result of a job, and its rows."""

    response: Response
    rows: Rows


@dataclass(frozen=True)
class JobPolling:
    """What a row does whose request creates a job; a job that was created before is polled, not created again.

    Attributes:
        source: where responses come from.
        job: how the job is polled.
        call: what the row asks for.
        request: creates the job.
        key: its cache key.
        read: turns the result into rows.
        on_retry: called before a request is sent again.
    """

    source: ResponseSource
    job: Job
    call: Call
    request: Request
    key: CacheKey
    read: Read
    on_retry: OnRetry

    async def obtain(self) -> Obtained:
        """Return what comes of the job.

        Raises:
            RunStopped: every further request would meet the same end.
            RunStopping: the run stopped before the job was created.
        """
        while True:
            created = await self.source.obtain(self.request, self.key, self._read_created, self.on_retry)
            if created.error or created.response is None or self.job.is_result(created.response):
                return created
            if created.durable:
                await created.durable  # from here on, a run that is killed finds its job again
            if task := asyncio.current_task():
                self.source.sender.begin_polling(task)
            try:
                return await self._obtain_result(created, created.response)
            except (RunStopped, RunStopping):
                raise
            except EndpointError as error:
                if not created.kept or error.status not in GONE:
                    return created._replace(rows=None, error=error)
                # Services forget jobs after some time; then there is nothing to poll any more.
                self.source.cache.drop(self.key)

    def _read_created(self, response: Response) -> Rows:
        if self.job.is_result(response):
            return self.read(response)
        self.job.job_id(response)
        return []

    async def _obtain_result(self, created: Obtained, creation: Response) -> Obtained:
        """Return the result of a job, from the cache or from the service.

        Args:
            created: what came of the request that created the job.
            creation: the response to it.

        Raises:
            EndpointError: there is no result, or none yet.
        """
        source = self.source
        result = await self._find()
        durable = None
        spent = result is None
        if result is None:
            result = await self._poll(self.job.job_id(creation), creation)
            durable = source.cache.keep(self.key, result.response, RESULT)
        usage = source.node.response.usage(result.response)
        source.budget.use_tokens(self.call.model, usage, spent=spent)
        obtained = created._replace(rows=result.rows, response=result.response, usage=usage, durable=durable)
        return await source.complete(obtained, self.key)

    async def _find(self) -> _Result | None:
        kept = await self.source.cache.find(self.key, RESULT)
        try:
            return _Result(kept, self.read(kept)) if kept else None
        except BadResponse:
            return None

    async def _poll(self, job_id: str, creation: Response) -> _Result:
        job, seconds = self.job, self.source.configuration.timeout
        response, state, pause = creation, "", FIRST_PAUSE
        status_request = job.status_request(job_id, self.call.values)
        try:
            async with asyncio.timeout(seconds):
                while not job.has_finished(response):
                    self._check_failed(response, job_id)
                    await asyncio.sleep(max(pause, asked_wait(response) or 0))
                    pause = min(pause * GROWTH, LONGEST_PAUSE)
                    response, state = await self._send(status_request, job.state_of, job_id)
        except TimeoutError:
            raise RequestFailed(
                f"job {job_id} has not finished within {seconds:g} s{state and f' ({job.state} is {state!r})'}; run it "
                "again, and it is polled further instead of created again, or raise `timeout`."
            ) from None
        request = job.result_request(job_id, self.call.values)
        if request is None:
            return _Result(response, self.read(response))
        return _Result(*await self._send(request, self.read, job_id))

    def _check_failed(self, response: Response, job_id: str) -> None:
        if reason := self.job.failure(response):
            # As with a request that is refused, the next run asks again.
            self.source.cache.drop(self.key)
            raise BadResponse(f"job {job_id} has failed: {reason}")

    async def _send(self, request: Request, read: Callable[[Response], Result], job_id: str) -> tuple[Response, Result]:
        sent = await self.source.sender.unmetered.send(request, uuid4().hex, read, self.on_retry)
        if sent.error:
            raise sent.error if isinstance(sent.error, RunStopped) else sent.error.with_prefix(f"job {job_id}: ")
        assert sent.response is not None  # noqa: S101 - there is no error
        assert sent.result is not None  # noqa: S101 - it was read
        return sent.response, sent.result
