"""A row's way: bind its values, load its files, build the request, obtain the response, report the outcome."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ....nodes.base import Binding, Call, ColumnKind, Node, Request, Response, Route
from ....nodes.base.media.completeness import image_defect
from ....nodes.base.media.images import MAX_PIXELS, count_pixels
from ....port_types.errors import BadResponse, EndpointError, InvalidInput, RunStopped, StopReason
from ....port_types.files import File
from ..cache.cache_key import CacheKey
from ..http.budget import total_tokens
from ..http.downloads import Fetcher
from ..http.sender import OnRetry, RunStopping
from ..io.inputs import Input, Row
from ..io.media import load_media
from .bundling import BundleItem, BundleResult, send_bundles
from .memory_gate import MemoryGate
from .obtain import Obtained, Read, ResponseSource
from .outcome import NO_USAGE, Outcome, Retry, Rows, unexpected_error
from .polling import JobPolling
from .routes import RouteMemory

__all__ = ["PreparedRow", "Processed", "RowPipeline"]

Files = Mapping[str, Sequence[File]]
NO_FILES: Files = {}


class PreparedRow(NamedTuple):
    """A row, with as much of its way as can be gone before its turn comes.

    Attributes:
        row: the input row, None for a run without input.
        call: what it asks for, None if its values cannot be bound.
        route: the route that `request` is for.
        request: what will be sent, None if that needs files first, or cannot be built.
        key: the request's cache key.
    """

    row: Row | None
    call: Call | None = None
    route: Route | None = None
    request: Request | None = None
    key: CacheKey | None = None


class _Answer(NamedTuple):
    """What came of a row's call: rows or an error, and how it came to that."""

    rows: Rows = ({},)
    error: EndpointError | None = None
    files: Files = NO_FILES
    route: str = ""
    repaired: Sequence[str] = ()
    model: str = ""
    obtained: Obtained = Obtained()


class Processed(NamedTuple):
    """A row that is through.

    Attributes:
        outcome: what became of it.
        durable: done once its response survives a power cut; only then may the outcome be reported. None for at once.
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
        retrying: called before a request is sent again.
        uploads: the only folder from which files are read, None for any.
    """

    node: Node
    input: Input | None
    binding: Binding
    source: ResponseSource
    media: Fetcher
    routes: RouteMemory
    retrying: Callable[[Retry], None]
    uploads: Path | None = None
    pixels: MemoryGate = field(default_factory=lambda: MemoryGate(MAX_PIXELS))

    def prepare(self, rows: Iterator[Row | None], at_once: int) -> Iterator[PreparedRow]:
        """Yield `rows`, looked up in the cache `at_once` at a time; what is wrong with one is said in its turn.

        Raises:
            EndpointError: a row cannot be read; those before it were yielded.
        """
        problem: Exception | None = None
        while problem is None:
            chunk: list[Row | None] = []
            try:
                chunk.extend(islice(rows, at_once))
            except Exception as error:  # noqa: BLE001 - raised behind the rows before it
                problem = error
            if not chunk and problem is None:
                return
            prepared = [self._prepare(row) for row in chunk]
            self.source.cache.look_up([row.key for row in prepared if row.key])
            yield from prepared
        raise problem

    def _prepare(self, row: Row | None) -> PreparedRow:
        try:
            call = self.binding.call(row.cells if row else {})
            route = self.routes.usable(call.routes())[0]
            if call.incomplete() or call.media() or call.check_route(route):
                return PreparedRow(row, call)
            request = call.request(route)
            return PreparedRow(row, call, route, request, self.source.key(request))
        except Exception:  # noqa: BLE001 - said when the row is processed, which meets it again
            return PreparedRow(row)

    async def share(self, rows: Sequence[PreparedRow]) -> dict[str, BundleResult]:
        """Send those of `rows` together that may share a request, and return what came of it, by row key.

        Raises:
            RunStopped: every further request would meet the same end.
            RunStopping: the run stopped before these rows were sent.
        """
        if not self.node.bundling or self.source.batches:
            return {}
        items = [
            BundleItem(prepared.row.key, prepared.key, prepared.request)
            for prepared in rows
            if prepared.row and prepared.key and prepared.request and not self.source.cache.was_found(prepared.key)
        ]
        return await send_bundles(self.source, self.node.bundling, items)

    async def sendable(self, row: Row | None) -> Request | None:
        """Return the request that a row makes, None if its own way ends before anything is sent."""
        try:
            call = self.binding.call(row.cells if row else {})
            if call.incomplete():
                return None
            files = await self._load_media(call)
            route = self.routes.usable(call.routes())[0]
            fitted, _ = await self._fit_files(call, route, files)
            return fitted.request(route)
        except Exception:  # noqa: BLE001 - what is wrong with the row is said when it goes its own way
            return None

    def replay(self, prepared: PreparedRow) -> Outcome | None:
        """Return the outcome of a row that only needs what the cache was seen to hold, None where it needs more."""
        row, call, route, request, key = prepared
        if call is None or route is None or request is None or key is None:
            return None
        try:
            if self._reads_pages or call.job():
                return None
            obtained = self.source.replay(request, key, self._reader(call))
            if obtained is None:
                return None
        except Exception:  # noqa: BLE001 - said when the row is processed, which meets it again
            return None
        answer = _Answer(obtained.rows or (), route=route.name, model=call.model, obtained=obtained)
        return self._outcome(row, answer, 0)

    async def process(self, prepared: PreparedRow, bundled: BundleResult | None = None) -> Processed:
        """Do everything else for one row; `bundled` is its part of a shared request, if it was in one.

        Raises:
            RunStopped: every further request would meet the same end.
            RunStopping: the run stopped before this row was sent.
        """
        started = bundled.began if bundled else time.monotonic()
        try:
            answer = await self._answer(prepared, bundled)
        except (RunStopped, RunStopping):
            raise
        except EndpointError as error:
            answer = _Answer(error=error)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one row, the others go on
            answer = _Answer(error=unexpected_error(error))
        outcome = self._outcome(prepared.row, answer, int((time.monotonic() - started) * 1000))
        return Processed(outcome, answer.obtained.durable)

    async def _answer(self, prepared: PreparedRow, bundled: BundleResult | None) -> _Answer:
        row = prepared.row
        call = prepared.call or self.binding.call(row.cells if row else {})
        files = NO_FILES
        if prepared.request is None:
            if sentence := call.incomplete():
                if self.node.missing_values == "skip":
                    return _Answer()
                raise InvalidInput(sentence)
            files = await self._load_media(call)
        routes = self.routes.usable(call.routes())
        for route, following in zip(routes, [*routes[1:], None], strict=True):
            request, key = prepared.request, prepared.key
            repaired: Sequence[str] = ()
            if request is None or key is None or route is not prepared.route:
                try:
                    sendable, repaired = await self._fit_files(call, route, files)
                    request = sendable.request(route)
                except InvalidInput as error:
                    return _Answer(error=error, files=files, route=route.name)
                key = self.source.key(request)
            if bundled:
                obtained = await self._from_bundle(bundled, key, self._reader(call))
            else:
                obtained = await self._obtain(row, call, request, key)
            answer = _Answer(
                rows=obtained.rows or (({},) if obtained.error else ()),
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
        folder = self.uploads or (self.input.folder if self.input else None)
        kind = self.node.fields()[name].kind.value
        try:
            return await load_media(value, self.media.fetch, kind, folder, confined=self.uploads is not None)
        except InvalidInput as error:
            raise InvalidInput(f"{name}: {error}.") from None

    async def _fit_files(self, call: Call, route: Route, files: Files) -> tuple[Call, Sequence[str]]:
        if sentence := call.check_route(route):
            raise InvalidInput(sentence)
        if not files:
            return call, ()
        pixels = sum(_pixels_in(file) for loaded in files.values() for file in loaded)
        # Pictures are worked on beside the event loop, which other rows need.
        async with self.pixels.room(pixels):
            return await asyncio.to_thread(call.with_files, route, files)

    async def _obtain(self, row: Row | None, call: Call, request: Request, key: CacheKey) -> Obtained:
        read, on_retry = self._reader(call), self._on_retry(row)
        if job := call.job():
            obtained = await JobPolling(self.source, job, call, request, key, read, on_retry).obtain()
        else:
            obtained = await self.source.obtain(request, key, read, on_retry)
        if isinstance(obtained.error, RunStopped):
            raise obtained.error
        return obtained

    async def _from_bundle(self, result: BundleResult, key: CacheKey, read: Read) -> Obtained:
        response = result.response
        if not isinstance(response, Response):
            return Obtained(error=response, attempts=result.attempts)
        obtained = Obtained(response=response, attempts=result.attempts, usage=self.node.response.usage(response))
        try:
            return await self.source.complete(obtained._replace(rows=read(response)), key)
        except BadResponse as error:
            return obtained._replace(error=error)

    def _reader(self, call: Call) -> Read:
        images = self._image_columns
        if not images:
            return call.rows

        def read(response: Response) -> Rows:
            rows = call.rows(response)
            for row in rows:
                for name in images:
                    image = row.get(name)
                    if isinstance(image, bytes) and (defect := image_defect(image)):
                        raise BadResponse(f"the service answered with bytes that are not a whole image: {defect}")
            return rows

        return read

    @cached_property
    def _reads_pages(self) -> bool:
        return self.node.page_limit() != 1

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
            request = call.request(route)
            page = await self._obtain(row, call, request, self.source.key(request))
            if page.error:
                return answer._replace(rows=({},), error=page.error, obtained=page)
            answer = answer._replace(rows=[*answer.rows, *(page.rows or ())], obtained=page)
        return answer

    def _check_model(self, error: EndpointError) -> None:
        """Stop the run if no row can be answered, because the model that all of them ask for is not there.

        Raises:
            RunStopped: it is so.
        """
        if error.code == "model_not_found" and "model" not in self.binding.fields:
            raise RunStopped(str(error), StopReason.MODEL, status=error.status, code=error.code)

    def _outcome(self, row: Row | None, answer: _Answer, elapsed_ms: int) -> Outcome:
        """Return the outcome of `answer`, with the facts that every result row may show."""
        rows, error, files, route, repaired, model, obtained = answer
        if error is None:
            for found in rows:
                if misfit := found.get("error"):
                    error = BadResponse(misfit)
                    break
        status, request_id, usage = obtained.status, obtained.request_id, obtained.usage or NO_USAGE
        if answer.error and answer.error.status is not None:
            status = answer.error.status
        facts = {
            "row_id": row.id if row else None,
            "error": str(error) if error else None,
            "repaired": "; ".join(repaired) or None,
            "status": status,
            "attempts": obtained.attempts,
            "request_id": request_id,
            "elapsed_ms": elapsed_ms,
            "route": route or None,
        }
        rows = [{**facts, **found} for found in rows]
        if rows and usage:
            # In the first row only: whoever sums a column would count a response once for each of its results.
            cost = self.source.budget.costs.price(model, usage)
            rows[0] = {"tokens": total_tokens(usage), "cost": cost, **rows[0]}
        return Outcome(
            row=row,
            attempts=obtained.attempts,
            status=status,
            request_id=request_id,
            rows=rows,
            error=error,
            kept=obtained.kept,
            sources=files,
            usage=usage,
            model=model,
            route=route,
            repaired=repaired,
            elapsed_ms=elapsed_ms,
        )


def _pixels_in(file: File) -> int:
    try:
        return count_pixels(file.data)
    except InvalidInput:
        return 0  # a recording, or an image that is refused before it is decoded
