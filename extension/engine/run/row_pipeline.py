"""A run: rows in, one request a row, result rows out."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ....nodes.base import Binding, Call, ColumnKind, Node, Request, Response, Route
from ....nodes.base.media.completeness import image_defect
from ....port_types.configuration import Configuration
from ....port_types.errors import (
    BadResponse,
    DownloadFailed,
    EndpointError,
    InvalidInput,
    RequestFailed,
    RunStopped,
    StopReason,
)
from ....port_types.files import File, Remote
from ..cache.cache_key import CacheKey, request_digest
from ..cache.opening import NoCache
from ..cache.response_cache import Claim, ResponseCache
from ..credentials import HostCredentials
from ..http.budget import Budget
from ..http.client import open_clients, service_url
from ..http.downloads import absolute_url
from ..http.limiter import shared_limiter
from ..http.retry import failure
from ..http.sender import OnRetry, Sender, Sent
from ..io.inputs import Input, Row
from ..io.media import load_media
from .bundling import BundleItem, BundleResult, send_bundles

__all__ = ["Outcome", "Retry", "Run"]

ROUTE_MISSING_STATUSES = {404, 405}
"""Statuses with which a service says that it does not have a route."""

Rows = Sequence[Mapping[str, Any]]
Result = TypeVar("Result")


class _Unusable(Exception):
    """A response from the cache is of no use any more."""


@dataclass(frozen=True)
class Retry:
    """A request that is about to be sent again: its row's id, attempts so far, seconds until the next, reason."""

    row: str | None
    attempts: int
    wait: float
    reason: str


@dataclass(kw_only=True)
class Outcome:
    """What became of one input row.

    Attributes:
        row: the input row, None for a run without input.
        attempts: how often its request was sent.
        status: HTTP status of the last response.
        request_id: the service's own id of that.
        rows: its result rows; one of nulls and an error if it failed.
        error: why it failed, None if it did not.
        kept: whether the response came from the cache.
        sources: the source files as they were loaded, by field.
        usage: tokens used, by name.
        model: the model that answered, as far as it is known.
        durable: done once the cache has the response; only then may anybody be told of it. None by then.
    """

    row: Row | None = None
    attempts: int = 0
    status: int | None = None
    request_id: str | None = None
    rows: Rows = ()
    error: EndpointError | None = None
    kept: bool = False
    sources: dict[str, list[File]] = field(default_factory=dict)
    usage: Mapping[str, int] = field(default_factory=dict)
    model: str = ""
    route: str = ""
    repaired: list[str] = field(default_factory=list)
    elapsed_ms: int | None = None
    durable: asyncio.Future[None] | None = None

    def named_error(self) -> EndpointError:
        """Return why the row failed, in a sentence that names the row."""
        error = self.error or EndpointError()
        if not self.row:
            return error
        return error.with_prefix(f"{self.row.name}: ")


class Run:
    """One execution of a node; its coroutines belong to the event loop in which it was opened."""

    def __init__(
        self,
        node: Node,
        configuration: Configuration,
        opened: Input | None,
        binding: Binding,
        cache: ResponseCache | NoCache,
        *,
        budget: Budget | None,
        warn: Callable[[str], None],
        retrying: Callable[[Retry], None],
    ) -> None:
        self.node, self.configuration, self.opened, self.cache = node, configuration, opened, cache
        self.warn, self._retrying = warn, retrying
        self.budget = budget or Budget(configuration)
        self._images = [each.name for each in node.result_columns() if each.kind is ColumnKind.IMAGE]
        self._binding = binding
        self._arrived: dict[str, BundleResult] = {}
        self._keys: dict[str, CacheKey] = {}
        self._lacking_at = f"lacking {configuration.base_url}"
        self._lacking: set[str] = set(cache.noted(self._lacking_at))

    def rows(self) -> Iterator[Row | None]:
        """Return the input rows; one None stands for a run without input."""
        return iter([None]) if self.opened is None else iter(self.opened.rows)

    @asynccontextmanager
    async def open(self, credentials: HostCredentials | None) -> AsyncIterator[Sender]:
        """Open the clients; gives the sender."""
        limits = self.configuration
        async with open_clients(limits, credentials) as clients:
            limiter = shared_limiter(clients.identity)
            with limiter.run(limits.concurrency, limits.requests_per_minute, limits.tokens_per_minute):
                self.sender = Sender(
                    limits,
                    service_url(limits),
                    clients.service,
                    limiter,
                    budget=self.budget,
                    usage=self.node.response.usage,
                )
                self._results, self._sources = clients.results, clients.media
                yield self.sender

    def on_retry(self, row: Row | None) -> OnRetry:
        """Return what tells the host that the request of `row` is sent again."""
        name = row.id if row else None
        return lambda attempts, wait, reason: self._retrying(Retry(name, attempts, wait, reason))

    async def share(self, rows: Sequence[Row | None]) -> None:
        """Send those of `rows` together that may share a request; `process` finds what became of it.

        Raises:
            RunStopped: every further request would meet the same end.
            RunStopping: the run stopped before these rows were sent.
        """
        if self.node.bundling and len(rows) > 1:
            members = [member for row in rows if row and (member := await self._member(row))]
            self._arrived |= await send_bundles(self, self.node.bundling, members)

    async def _member(self, row: Row) -> BundleItem | None:
        """Return the row's part of a shared request, None if it goes its own way: to the cache or to an error."""
        try:
            call = self._bound(row)
        except InvalidInput:
            return None
        route = call.routes()[0]
        if call.incomplete() or call.check_route(route):
            return None
        request = call.request(route)
        key = self._keys[row.key] = self._key(request)
        return None if await self.cache.find(key) else BundleItem(row.key, key, request)

    def _key(self, request: Request) -> CacheKey:
        # Only a POST asks for something new; others ask how things are now, and are answered anew by every run.
        lasting = request.route.method == "POST"
        return self.cache.key(request_digest(self.configuration, request, self.node.take), lasting=lasting)

    async def process(self, row: Row | None) -> Outcome:
        """Do everything for one row; only errors that end the run are raised.

        Raises:
            RunStopped: every further request would meet the same end.
            RunStopping: the run stopped before this row was sent.
        """
        outcome = Outcome(row=row)
        shared = self._arrived.get(row.key) if row else None
        started = shared.began if shared else time.monotonic()
        try:
            rows = await self._answered(outcome)
            if misfit := next((each["error"] for each in rows if each.get("error")), None):
                outcome.error = BadResponse(misfit)
        except RunStopped:
            raise
        except (BadResponse, InvalidInput, RequestFailed) as error:
            outcome.error = error
            outcome.status = error.status if error.status is not None else outcome.status
            rows = [{}]
        outcome.elapsed_ms = int((time.monotonic() - started) * 1000)
        facts = {
            "row_id": row.id if row else None,
            "error": str(outcome.error) if outcome.error else None,
            "repaired": "; ".join(outcome.repaired) or None,
            **{name: getattr(outcome, name) for name in ("status", "attempts", "request_id", "elapsed_ms")},
            "route": outcome.route or None,
        }
        outcome.rows = [{**facts, **each} for each in rows]
        return outcome

    async def _answered(self, outcome: Outcome) -> Rows:
        call = self._bound(outcome.row)
        if sentence := call.incomplete():
            if self.node.missing_values == "skip":
                return [{}]
            raise InvalidInput(sentence)
        for name, values in call.media().items():
            outcome.sources[name] = [await self._loaded(name, value) for value in values]
        return await self._routed(call, outcome)

    async def _routed(self, call: Call, outcome: Outcome) -> Rows:
        routes = [route for route in call.routes() if route.name not in self._lacking] or call.routes()[-1:]
        for position, route in enumerate(routes):
            answer, rows = await self._sent(call, await self._prepared(call, route, outcome), outcome)
            if rows is not None:
                return [*rows, *await self._further_pages(call, route, answer, outcome)]
            error = failure(answer)
            if error.code == "model_not_found" and "model" not in self._binding.fields:
                message = f"{error} The node List Models shows the models of this service."
                raise RunStopped(message, StopReason.MODEL, status=error.status, code=error.code)
            # Where a row's values are part of the path, it is that row's thing that is missing.
            of_row = "model" in error.code or "{" in route.path
            if answer.status not in ROUTE_MISSING_STATUSES or of_row:
                raise error
            if position + 1 == len(routes):
                message = f"{error} (route {route.path})"
                raise RunStopped(message, StopReason.ROUTE, status=error.status, code=error.code)
            self._note_lacking(route, routes[position + 1])
        raise AssertionError("every route either answers or raises")

    async def _further_pages(self, call: Call, route: Route, answer: Response, outcome: Outcome) -> Rows:
        """Return the rows of the pages behind `answer`, as far as the node wants them."""
        rows: list[Mapping[str, Any]] = []
        limit, pages = self.node.page_limit(), 1
        while (limit is None or pages < limit) and (following := call.next_page(answer)):
            call, pages = following, pages + 1
            answer, found = await self._sent(call, call.request(route), outcome)
            if found is None:
                raise failure(answer)
            rows += found
        return rows

    def _note_lacking(self, route: Route, following: Route) -> None:
        if route.name not in self._lacking:
            self._lacking.add(route.name)
            self.cache.note(self._lacking_at, sorted(self._lacking))
            self.warn(f"The service has no {route.path}; the run goes on with {following.path}.")

    def _bound(self, row: Row | None) -> Call:
        return self._binding.call(row.cells if row else {})

    async def _loaded(self, name: str, value: Any) -> File:
        folder = self.opened.folder if self.opened else None
        try:
            return await load_media(value, self._sources.fetch, self.node.fields()[name].kind.value, folder)
        except InvalidInput as error:
            raise InvalidInput(f"{name}: {error}.") from None

    async def _prepared(self, call: Call, route: Route, outcome: Outcome) -> Request:
        outcome.route, outcome.repaired = route.name, []
        if sentence := call.check_route(route):
            raise InvalidInput(sentence)
        if outcome.sources:
            call, outcome.repaired = await asyncio.to_thread(call.with_files, route, outcome.sources)
        return call.request(route)

    async def _sent(self, call: Call, request: Request, outcome: Outcome) -> tuple[Response, Rows | None]:
        """Return the answer and its rows (None if it is a refusal): from the cache, else from the service."""

        def read(answer: Response) -> list[dict[str, Any]]:
            rows = [dict(row) for row in call.rows(answer)]
            self._check_images(rows)
            return rows

        row_key = outcome.row.key if outcome.row else ""
        key = self._keys.pop(row_key, None) or self._key(request)
        if shared := self._arrived.pop(row_key, None):
            outcome.attempts, outcome.status = shared.sent.attempts, shared.sent.status
            outcome.request_id = shared.sent.request_id
            if not isinstance(shared.answer, Response):
                raise shared.answer
            return shared.answer, await self._completed(call, shared.answer, read(shared.answer), key, outcome)
        if found := await self.cache.find(key):
            try:
                return found, await self._reused(call, found, read, key, outcome)
            except _Unusable:
                self.cache.drop(key)
        claim = await self.cache.claim(key)
        if isinstance(claim, Response):
            return claim, await self._reused(call, claim, read, key, outcome)
        answer, rows = await self._bought(request, key, claim, read, outcome)
        return answer, None if rows is None else await self._completed(call, answer, rows, key, outcome)

    async def _reused(
        self,
        call: Call,
        found: Response,
        read: Callable[[Response], list[dict[str, Any]]],
        key: CacheKey,
        outcome: Outcome,
    ) -> Rows:
        """Return the rows of a response from the cache.

        Raises:
            _Unusable: it is of no use any more.
        """
        try:
            rows = read(found)
            outcome.kept, outcome.status, outcome.request_id = True, found.status, found.headers.get("x-request-id")
            return await self._completed(call, found, rows, key, outcome)
        except BadResponse as problem:
            # A file that cannot be fetched now may be later; one that is gone does not come back.
            if isinstance(problem.__cause__, DownloadFailed) and problem.__cause__.status is None:
                raise
            outcome.kept = False
            raise _Unusable from None

    async def _bought(
        self, request: Request, key: CacheKey, claim: Claim, read: Callable[[Response], Result], outcome: Outcome
    ) -> tuple[Response, Result | None]:
        """Send a request; its response survives a power cut once `outcome.durable` is done."""
        sent = await self.send(request, claim.idempotency_key, read, outcome.row, [key])
        outcome.attempts, outcome.status, outcome.request_id = sent.attempts, sent.status, sent.request_id
        if sent.response and not sent.error:
            outcome.durable = self.cache.keep(key, sent.response)
        if sent.response and (not sent.error or sent.status in ROUTE_MISSING_STATUSES):
            return sent.response, sent.result
        raise sent.error or AssertionError("a request without a response has an error")

    async def send(
        self,
        request: Request,
        idempotency_key: str,
        read: Callable[[Response], Result],
        row: Row | None,
        keys: Sequence[CacheKey],
    ) -> Sent[Result]:
        """Send a request that asks for the responses of `keys`; unless there is one to keep, give their claims back."""
        try:
            sent = await self.sender.send(request, idempotency_key, read, self.on_retry(row))
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

    async def _completed(
        self, call: Call, answer: Response, rows: list[dict[str, Any]], key: CacheKey, outcome: Outcome
    ) -> Rows:
        """Fetch at once what the answer only refers to: the addresses expire."""
        part = 0
        for row in rows:
            for name, value in row.items():
                if isinstance(value, Remote):
                    part += 1
                    row[name] = await self._fetched(value.url, key, part)
        outcome.usage = self.node.response.usage(answer)
        outcome.model = call.model
        if outcome.kept:  # else the sender has counted them
            self.budget.use_tokens(outcome.model, outcome.usage, spent=False)
        return rows

    async def _fetched(self, url: str, key: CacheKey, part: int) -> bytes:
        if kept := await self.cache.find(key, part):
            return kept.body
        url = absolute_url(url, service_url(self.configuration))
        try:
            content = await self._results.fetch(url, image_defect)
        except DownloadFailed as error:
            raise BadResponse(f"the result at {error}") from error
        if durable := self.cache.keep(key, Response(200, {}, content), part):
            await durable
        return content

    def _check_images(self, rows: Rows) -> None:
        for row in rows:
            for name in self._images:
                image = row.get(name)
                if isinstance(image, bytes) and (defect := image_defect(image)):
                    raise BadResponse(f"the service answered with bytes that are not a whole image: {defect}")
