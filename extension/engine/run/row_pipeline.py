"""A row's way: bind its values, load its files, build the request, obtain the response, tell what became of it."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ....nodes.base import Binding, Call, ColumnKind, Node, Request, Response, Route
from ....nodes.base.media.completeness import image_defect
from ....port_types.errors import BadResponse, EndpointError, InvalidInput, RunStopped, StopReason
from ....port_types.fields.values import preview
from ....port_types.files import File
from ..cache.cache_key import CacheKey
from ..http.downloads import Fetcher
from ..http.sender import OnRetry, RunStopping
from ..io.inputs import Input, Row
from ..io.media import load_media
from .bundling import BundleItem, BundleResult, send_bundles
from .obtain import Obtained, Read, ResponseSource
from .outcome import Outcome, Retry, Rows
from .routes import RouteMemory

__all__ = ["Processed", "RowPipeline", "Shared"]

Files = Mapping[str, Sequence[File]]


@dataclass(frozen=True)
class Shared:
    """What a row has before its own way begins, because rows may share a request.

    Attributes:
        key: cache key of its own request.
        result: its part of the shared request, None if it goes its own way.
    """

    key: CacheKey
    result: BundleResult | None = None


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """What came of a row's call: rows or an error, and how it came to that."""

    rows: Rows = ({},)
    error: EndpointError | None = None
    files: Files = field(default_factory=dict)
    route: str = ""
    repaired: Sequence[str] = ()
    model: str = ""
    obtained: Obtained = field(default_factory=Obtained)


@dataclass(frozen=True)
class Processed:
    """A row that is through.

    Attributes:
        outcome: what became of it.
        durable: done once its response survives a power cut; only then may the outcome be told. None for at once.
    """

    outcome: Outcome
    durable: asyncio.Future[Any] | None


@dataclass(frozen=True)
class RowPipeline:
    """The stages that every row of a run goes through, each of which takes a value and returns one.

    Attributes:
        node: the node with its settings.
        input: the input table, None for a run without one.
        binding: which values come from which columns.
        source: where responses come from.
        media: fetches what rows refer to.
        routes: which routes the service lacks.
        retrying: told before a request is sent again.
    """

    node: Node
    input: Input | None
    binding: Binding
    source: ResponseSource
    media: Fetcher
    routes: RouteMemory
    retrying: Callable[[Retry], None]

    async def share(self, rows: Sequence[Row | None]) -> dict[str, Shared]:
        """Send those of `rows` together that may share a request, and return what `process` needs of it, by row key.

        Raises:
            RunStopped: every further request would meet the same end.
            RunStopping: the run stopped before these rows were sent.
        """
        if not self.node.bundling or len(rows) < 2:
            return {}
        items = [item for row in rows if row and (item := self._bundle_item(row))]
        unanswered = [item for item in items if not await self.source.cache.find(item.key)]
        results = await send_bundles(self.source, self.node.bundling, unanswered)
        return {item.row: Shared(item.key, results.get(item.row)) for item in items}

    def _bundle_item(self, row: Row) -> BundleItem | None:
        """Return the row's part of a shared request, None if its own way ends in an error."""
        try:
            call = self.binding.call(row.cells)
            route = call.routes()[0]
            if call.incomplete() or call.check_route(route):
                return None
            request = call.request(route)
        except Exception:  # noqa: BLE001 - what is wrong with the row is said when it goes its own way
            return None
        return BundleItem(row.key, self.source.key(request), request)

    async def process(self, row: Row | None, shared: Shared | None = None) -> Processed:
        """Do everything for one row.

        Raises:
            RunStopped: every further request would meet the same end.
            RunStopping: the run stopped before this row was sent.
        """
        started = shared.result.began if shared and shared.result else time.monotonic()
        try:
            answer = await self._answer(row, shared)
        except (RunStopped, RunStopping):
            raise
        except EndpointError as error:
            answer = _Answer(error=error)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one row, the others go on
            answer = _Answer(error=_unexpected(error))
        elapsed_ms = int((time.monotonic() - started) * 1000)
        usage = answer.obtained.usage
        cost = self.source.budget.costs.price(answer.model, usage) if usage else None
        return Processed(_outcome(row, answer, elapsed_ms, cost), answer.obtained.durable)

    async def _answer(self, row: Row | None, shared: Shared | None) -> _Answer:
        call = self.binding.call(row.cells if row else {})
        if sentence := call.incomplete():
            if self.node.missing_values == "skip":
                return _Answer()
            raise InvalidInput(sentence)
        files = await self._load_media(call)
        routes = self.routes.usable(call.routes())
        for route, following in zip(routes, [*routes[1:], None], strict=True):
            try:
                sendable, repaired = await self._fit_files(call, route, files)
                request = sendable.request(route)
            except InvalidInput as error:
                return _Answer(error=error, files=files, route=route.name)
            obtained = await self._obtain(row, call, request, shared)
            answer = _Answer(
                rows=obtained.rows or ([{}] if obtained.error else []),
                error=obtained.error,
                files=files,
                route=route.name,
                repaired=repaired,
                model=call.model,
                obtained=obtained,
            )
            if obtained.error is None:
                return await self._further_pages(row, call, route, answer)
            self._check_model(obtained.error)
            if not self.routes.is_missing(route, obtained.error):
                return answer
            self.routes.move_on(route, following, obtained.error)
        raise AssertionError("the last route either answers or stops the run")

    async def _load_media(self, call: Call) -> Files:
        return {name: [await self._load(name, value) for value in values] for name, values in call.media().items()}

    async def _load(self, name: str, value: Any) -> File:
        folder = self.input.folder if self.input else None
        try:
            return await load_media(value, self.media.fetch, self.node.fields()[name].kind.value, folder)
        except InvalidInput as error:
            raise InvalidInput(f"{name}: {error}.") from None

    async def _fit_files(self, call: Call, route: Route, files: Files) -> tuple[Call, Sequence[str]]:
        if sentence := call.check_route(route):
            raise InvalidInput(sentence)
        # Pictures are worked on beside the event loop, which other rows need.
        return await asyncio.to_thread(call.with_files, route, files) if files else (call, ())

    async def _obtain(self, row: Row | None, call: Call, request: Request, shared: Shared | None = None) -> Obtained:
        read = self._reader(call)
        if shared and (result := shared.result):
            return await self._from_bundle(result, shared.key, read)
        key = shared.key if shared else self.source.key(request)
        obtained = await self.source.obtain(request, key, read, self._on_retry(row))
        if isinstance(obtained.error, RunStopped):
            raise obtained.error
        return obtained

    async def _from_bundle(self, result: BundleResult, key: CacheKey, read: Read) -> Obtained:
        response = result.response
        if not isinstance(response, Response):
            return Obtained(error=response, attempts=result.attempts)
        obtained = Obtained(response=response, attempts=result.attempts, usage=self.node.response.usage(response))
        try:
            return await self.source.complete(replace(obtained, rows=read(response)), key)
        except BadResponse as error:
            return replace(obtained, error=error)

    def _reader(self, call: Call) -> Read:
        images = self._image_columns

        def read(response: Response) -> list[dict[str, Any]]:
            rows = [dict(row) for row in call.rows(response)]
            for row in rows:
                for name in images:
                    image = row.get(name)
                    if isinstance(image, bytes) and (defect := image_defect(image)):
                        raise BadResponse(f"the service answered with bytes that are not a whole image: {defect}")
            return rows

        return read

    @cached_property
    def _image_columns(self) -> list[str]:
        return [column.name for column in self.node.result_columns() if column.kind is ColumnKind.IMAGE]

    def _on_retry(self, row: Row | None) -> OnRetry:
        name = row.id if row else None
        return lambda attempts, wait, reason: self.retrying(Retry(name, attempts, wait, reason))

    async def _further_pages(self, row: Row | None, call: Call, route: Route, answer: _Answer) -> _Answer:
        """Return `answer` with the rows of the pages behind it, as far as the node wants them."""
        limit, pages = self.node.page_limit(), 1
        while (limit is None or pages < limit) and (response := answer.obtained.response):
            following = call.next_page(response)
            if not following:
                break
            call, pages = following, pages + 1
            page = await self._obtain(row, call, call.request(route))
            if page.error:
                return replace(answer, rows=({},), error=page.error, obtained=page)
            answer = replace(answer, rows=[*answer.rows, *(page.rows or ())], obtained=page)
        return answer

    def _check_model(self, error: EndpointError) -> None:
        """Stop the run if no row can be answered, because the model that all of them ask for is not there.

        Raises:
            RunStopped: it is so.
        """
        if error.code == "model_not_found" and "model" not in self.binding.fields:
            message = f"{error} The node List Models shows the models of this service."
            raise RunStopped(message, StopReason.MODEL, status=error.status, code=error.code)


def _unexpected(error: Exception) -> EndpointError:
    what = f"{type(error).__name__}: {preview(' '.join(str(error).split()), 200)}"
    return EndpointError(f"this row cannot be processed, which is a mistake of Endpoint Nodes or of a pack ({what}).")


def _outcome(row: Row | None, answer: _Answer, elapsed_ms: int, cost: float | None) -> Outcome:
    """Return what a host is told of `answer`, with the facts that every result row may show."""
    obtained, error = answer.obtained, answer.error
    if error is None and (misfit := next((found["error"] for found in answer.rows if found.get("error")), None)):
        error = BadResponse(misfit)
    status = obtained.status
    if answer.error and answer.error.status is not None:
        status = answer.error.status
    facts = {
        "row_id": row.id if row else None,
        "error": str(error) if error else None,
        "repaired": "; ".join(answer.repaired) or None,
        "status": status,
        "attempts": obtained.attempts,
        "request_id": obtained.request_id,
        "elapsed_ms": elapsed_ms,
        "cost": cost,
        "route": answer.route or None,
    }
    return Outcome(
        row=row,
        attempts=obtained.attempts,
        status=status,
        request_id=obtained.request_id,
        rows=[{**facts, **found} for found in answer.rows],
        error=error,
        kept=obtained.kept,
        sources=answer.files,
        usage=obtained.usage or {},
        model=answer.model,
        route=answer.route,
        repaired=answer.repaired,
        elapsed_ms=elapsed_ms,
    )
