"""Obtaining the response of a request: from the cache, else from the service, which is asked once for all runs."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeVar

from ....nodes.base import Node, Request, Response
from ....nodes.base.media.completeness import image_defect
from ....port_types.configuration import Configuration
from ....port_types.errors import BadResponse, DownloadFailed, EndpointError
from ....port_types.files import Remote
from ....port_types.table import FILE_KINDS
from ..batch.results import BatchResults
from ..cache.cache_key import CacheKey, RequestDigests
from ..cache.opening import NoCache
from ..cache.response_cache import Claim, ResponseCache
from ..http.budget import Budget
from ..http.client import service_url
from ..http.downloads import Fetcher, absolute_url
from ..http.sender import OnRetry, Sender, Sent
from .outcome import Rows

__all__ = ["Obtained", "Read", "ResponseSource"]

Result = TypeVar("Result")

Read = Callable[[Response], Rows]
"""Turns a response into result rows; raises `BadResponse` where it is not what was promised."""


class Obtained(NamedTuple):
    """What came of a request.

    Attributes:
        rows: the result rows, None if there is an error.
        error: why there are none.
        response: the last response, None if there was none.
        attempts: how often the request was sent.
        kept: whether the response came from the cache.
        usage: tokens used, by name.
        durable: done once the response survives a power cut; None if there is nothing to wait for.
    """

    rows: Rows | None = None
    error: EndpointError | None = None
    response: Response | None = None
    attempts: int = 0
    kept: bool = False
    usage: Mapping[str, int] | None = None
    durable: asyncio.Future[None] | None = None

    @property
    def status(self) -> int | None:
        """HTTP status of the last response."""
        return self.response.status if self.response else None

    @property
    def request_id(self) -> str | None:
        """The service's own id of the last response."""
        return self.response.headers.get("x-request-id") if self.response else None


class _Unusable(Exception):
    """A response from the cache is of no use any more."""

    def __init__(self, error: EndpointError) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True)
class ResponseSource:
    """Where the responses of a run come from; shared by all its rows.

    Attributes:
        node: the node that is run.
        configuration: where requests go.
        cache: what was answered before.
        sender: asks the service.
        results: fetches files that responses refer to.
        budget: counts what came from the cache; the sender counts the rest.
        batches: what batches brought that have asked for everything beforehand; None where the sender asks.
    """

    node: Node
    configuration: Configuration
    cache: ResponseCache | NoCache
    sender: Sender
    results: Fetcher
    budget: Budget
    batches: BatchResults | None = None

    @cached_property
    def _digests(self) -> RequestDigests:
        return RequestDigests(self.configuration, self.node.take)

    @cached_property
    def _makes_files(self) -> bool:
        return any(column.kind in FILE_KINDS for column in self.node.result_columns())

    def key(self, request: Request) -> CacheKey:
        """Return the cache key of the run's next request like this one; to be asked for once a request."""
        return self.cache.key(self._digests.digest(request), lasting=request.route.keeps_answers)

    def replay(self, request: Request, key: CacheKey, read: Read) -> Obtained | None:
        """Return what the cache holds of a request that was looked up, None where that takes more than reading it."""
        if self.batches or not (found := self.cache.read_now(key)):
            return None
        try:
            rows = self._read_kept(found, read)
        except BadResponse:
            return None
        if self._makes_files and any(isinstance(value, Remote) for row in rows for value in row.values()):
            return None
        if usage := self.node.response.usage(found):
            self.budget.use_tokens(_model(request), usage, spent=False)
        return Obtained(rows=rows, response=found, kept=True, usage=usage)

    async def obtain(self, request: Request, key: CacheKey, read: Read, on_retry: OnRetry) -> Obtained:
        """Return what is known of `request`, or ask the service for it.

        Raises:
            RunStopped: every further request would meet the same end.
            RunStopping: the run stopped before the request was sent.
        """
        found = await self.cache.find(key)
        if self.batches:
            return await self._from_batch(request, key, found, read, self.batches)
        while True:
            if found:
                try:
                    return await self._reuse(request, key, found, read)
                except _Unusable:
                    self.cache.drop(key)
            claim = await self.cache.claim(key)
            if isinstance(claim, Claim):
                return await self._ask(request, key, claim, read, on_retry)
            found = claim

    async def send(
        self,
        request: Request,
        idempotency_key: str,
        read: Callable[[Response], Result],
        keys: Sequence[CacheKey],
        on_retry: OnRetry = lambda *_: None,
    ) -> Sent[Result]:
        """Send a request that asks for the responses of `keys`; unless there is one to keep, give their claims back."""
        try:
            sent = await self.sender.send(request, idempotency_key, read, on_retry)
        except BaseException:
            task = asyncio.current_task()
            self.give_back(keys, in_doubt=task is not None and self.sender.in_flight(task))
            raise
        if sent.error:
            self.give_back(keys, in_doubt=sent.in_doubt)
        return sent

    def give_back(self, keys: Sequence[CacheKey], *, in_doubt: bool) -> None:
        """Let other runs ask for what this one has not got; `in_doubt` says that it may be billed all the same."""
        for key in keys:
            (self.cache.doubt if in_doubt else self.cache.release)(key)

    async def complete(self, obtained: Obtained, key: CacheKey) -> Obtained:
        """Return `obtained` with the files that its rows only refer to: their addresses expire."""
        if not self._makes_files:
            return obtained
        part = 0
        rows = []
        for row in obtained.rows or ():
            whole = dict(row)
            for name, value in row.items():
                if isinstance(value, Remote):
                    part += 1
                    try:
                        whole[name] = await self._fetch(value.url, key, part)
                    except BadResponse as error:
                        return obtained._replace(rows=None, error=error)
            rows.append(whole)
        return obtained._replace(rows=rows)

    async def _ask(self, request: Request, key: CacheKey, claim: Claim, read: Read, on_retry: OnRetry) -> Obtained:
        sent = await self.send(request, claim.idempotency_key, read, [key], on_retry)
        rows, response, attempts = sent.result, sent.response, sent.attempts
        if sent.error or not response:
            return Obtained(error=sent.error, response=response, attempts=attempts)
        # It is kept before anything else is done with it.
        durable = self.cache.keep(key, response)
        usage = self.node.response.usage(response)
        obtained = Obtained(rows=rows, response=response, attempts=attempts, usage=usage, durable=durable)
        return await self.complete(obtained, key)

    async def _from_batch(
        self, request: Request, key: CacheKey, found: Response | None, read: Read, batches: BatchResults
    ) -> Obtained:
        """Return what a batch of this run brought, or what the cache had before."""
        result = batches.result(key)
        attempts = result.lines if result else 0
        if found is None:
            if result is None:
                self.budget.spend_request()  # which may be why it was in no batch
            return Obtained(
                error=batches.error(request, result), response=result.http if result else None, attempts=attempts
            )
        try:
            obtained = await self._reuse(request, key, found, read, spent=attempts > 0)
        except _Unusable as unusable:
            self.cache.drop(key)
            return Obtained(error=unusable.error, response=found, attempts=attempts)
        return obtained._replace(kept=not attempts, attempts=attempts)

    async def _reuse(
        self, request: Request, key: CacheKey, found: Response, read: Read, *, spent: bool = False
    ) -> Obtained:
        """Return what a response from the cache holds.

        Raises:
            _Unusable: it is of no use any more.
        """
        try:
            rows = self._read_kept(found, read)
        except BadResponse as error:
            raise _Unusable(error) from None
        usage = self.node.response.usage(found)
        obtained = await self.complete(Obtained(rows=rows, response=found, kept=True, usage=usage), key)
        # A file that cannot be fetched now may be later; one that is gone does not come back.
        cause = obtained.error.__cause__ if obtained.error else None
        if isinstance(cause, DownloadFailed) and cause.status is not None:
            raise _Unusable(obtained.error or BadResponse())
        self.budget.use_tokens(_model(request), usage, spent=spent)
        return obtained

    def _read_kept(self, found: Response, read: Read) -> Rows:
        """Return the rows of a response from the cache.

        Raises:
            BadResponse: it cannot be read, or what it stands for is gone.
        """
        rows = read(found)
        ended = self.node.response.expires_at(found)
        if ended is not None and ended <= time.time():
            raise BadResponse("what the service made for this request has expired")
        return rows

    async def _fetch(self, url: str, key: CacheKey, part: int) -> bytes:
        if kept := await self.cache.find(key, part):
            return kept.body
        url = absolute_url(url, service_url(self.configuration))
        try:
            content = await self.results.fetch(url, image_defect)
        except DownloadFailed as error:
            raise BadResponse(f"the result at {error}") from error
        if durable := self.cache.keep(key, Response(200, {}, content), part):
            await durable
        return content


def _model(request: Request) -> str:
    return str(request.values.get("model") or "")
