"""A run: rows in, one request a row, result rows out in input order."""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...nodes.base import Answer, Node, Operation, Request
from ...port_types.configuration import Configuration
from ...port_types.errors import BadAnswer, EndpointError, InvalidInput, RequestFailed, RunRefused
from ...port_types.files import File, Remote
from ...port_types.images import sniff_image
from .client import service_url
from .inputs import Input, Row
from .retry import RETRIED, failure, judge, pause
from .sources import load_source

if TYPE_CHECKING:
    import httpx

__all__ = ["Outcome", "Run"]

LACKING = {404, 405}
"""Statuses with which a service says that it does not have a route."""


@dataclass
class Outcome:
    """What became of one input row.

    Attributes:
        row: the input row, None for a run without input.
        rows: its result rows; one of nulls and an error if it failed.
        error: why it failed, None if it did not.
        sources: the source files as they were loaded, by field.
        usage: tokens used, by name.
    """

    row: Row | None
    rows: Sequence[Mapping[str, Any]] = ()
    error: EndpointError | None = None
    sources: dict[str, list[File]] = field(default_factory=dict)
    usage: Mapping[str, int] = field(default_factory=dict)
    attempts: int = 0
    route: str = ""
    repaired: list[str] = field(default_factory=list)
    status: int | None = None
    request_id: str | None = None
    elapsed_ms: int | None = None


class Run:
    """One execution of a node; its coroutines belong to the event loop of the client it was given."""

    def __init__(
        self, node: Node, configuration: Configuration, opened: Input | None, warn: Callable[[str], None]
    ) -> None:
        self.node, self.configuration, self.opened, self.warn = node, configuration, opened, warn
        self.lacking: set[str] = set()

    def rows(self) -> Iterator[Row | None]:
        """Return the input rows; one None stands for a run without input."""
        return iter([None]) if self.opened is None else iter(self.opened.rows)

    async def process(self, row: Row | None, api: "httpx.AsyncClient", web: "httpx.AsyncClient") -> Outcome:
        """Do everything for one row; only errors that end the run are raised.

        Raises:
            RunRefused: no other row would fare better.
        """
        outcome = Outcome(row)
        started = time.monotonic()
        try:
            rows = await self._answered(outcome, api, web)
            if misfit := next((each["error"] for each in rows if each.get("error")), None):
                outcome.error = BadAnswer(misfit)
        except RunRefused:
            raise
        except EndpointError as error:
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

    async def _answered(
        self, outcome: Outcome, api: "httpx.AsyncClient", web: "httpx.AsyncClient"
    ) -> list[dict[str, Any]]:
        node = self._bound(outcome.row)
        if missing := node.missing():
            if node.missing_values == "skip":
                return [{}]
            raise InvalidInput(f"{missing[0]} is missing; give it a value, or choose to skip missing values.")
        for name in node.source_fields():
            if (value := getattr(node, name)) is not None:
                values = value if isinstance(value, list) else [value]
                outcome.sources[name] = [await self._loaded(name, each, web) for each in values]
        return await self._routed(node, outcome, api, web)

    async def _routed(
        self, node: Node, outcome: Outcome, api: "httpx.AsyncClient", web: "httpx.AsyncClient"
    ) -> list[dict[str, Any]]:
        routes = [route for route in node.routes() if route.route not in self.lacking] or node.routes()[-1:]
        for position, route in enumerate(routes):
            answer, rows = await self._sent(node, await self._prepared(node, route, outcome), outcome, api)
            if answer.status < 300:
                outcome.usage = node.response.usage(answer)
                return await self._completed(rows, api, web)
            if answer.status not in LACKING or "model" in str(failure(answer).code):
                raise failure(answer)
            if position + 1 == len(routes):
                error = failure(answer)
                raise RunRefused(f"{error} (route {route.path})", status=error.status, code=error.code)
            if route.route not in self.lacking:
                self.lacking.add(route.route)
                self.warn(f"The service has no {route.path}; the run goes on with {routes[position + 1].path}.")
        raise AssertionError("every route either answers or raises")

    def _bound(self, row: Row | None) -> Node:
        if row is None:
            return self.node
        wanted = {**self.node.sources(row.cells), **(self.opened.fields if self.opened else {})}
        return self.node.bind({name: row.cells.get(column) for name, column in wanted.items()})

    async def _loaded(self, name: str, value: Any, web: "httpx.AsyncClient") -> File:
        folder = self.opened.folder if self.opened else None
        if folder and isinstance(value, str) and len(value) < 1000 and (folder / value).exists():
            value = folder / value
        try:
            return await load_source(value, web, self.node.fields()[name].kind.value)
        except InvalidInput as error:
            raise InvalidInput(f"{name}: {error}.") from None

    async def _prepared(self, node: Node, route: Operation, outcome: Outcome) -> Request:
        outcome.route, outcome.repaired = route.route, []
        if sentence := node.refusal(route):
            raise InvalidInput(sentence)
        bound = node
        if outcome.sources:
            bound, outcome.repaired = await asyncio.to_thread(node.prepared, route, outcome.sources)
        return bound.request(route)

    async def _sent(
        self, node: Node, request: Request, outcome: Outcome, api: "httpx.AsyncClient"
    ) -> tuple[Answer, list[dict[str, Any]]]:
        """Send until there is an answer worth having; its rows are [] if it is a refusal."""
        headers, chunks = request.encode()
        headers = {**headers, **request.headers, "Idempotency-Key": str(uuid.uuid4())}
        url = f"{service_url(self.configuration)}{request.operation.path}"
        while True:
            outcome.attempts += 1
            wait: float | None = None
            error: EndpointError
            try:
                answer = await _exchange(api, request.operation.method, url, headers, chunks)
                outcome.status = answer.status
                outcome.request_id = answer.headers.get("x-request-id")
                if answer.status < 300:
                    return answer, [dict(row) for row in node.rows(answer)]
                verdict = judge(answer)
                if not verdict.retry:
                    return answer, []
                wait, error = verdict.wait, failure(answer)
            except ConnectionError as problem:
                error = RequestFailed(str(problem))
            except BadAnswer as problem:
                error = problem
            if wait is not None and wait > self.configuration.max_wait:
                raise RequestFailed(f"{error} It asks to wait {wait:g} s, longer than Max wait.", status=outcome.status)
            if outcome.attempts >= self.configuration.max_attempts:
                raise RequestFailed(f"{error} ({outcome.attempts} attempts)", status=outcome.status)
            await asyncio.sleep(pause(outcome.attempts) if wait is None else wait)

    async def _completed(
        self, rows: list[dict[str, Any]], api: "httpx.AsyncClient", web: "httpx.AsyncClient"
    ) -> list[dict[str, Any]]:
        """Fetch what the answer only refers to, and look at every image."""
        for row in rows:
            for name, value in row.items():
                if isinstance(value, Remote):
                    row[name] = await self._fetched(value.url, api if self.configuration.is_sandbox else web)
            image = row.get("image")
            if isinstance(image, bytes) and not sniff_image(image):
                raise BadAnswer("the service answered with bytes that are no image")
        return rows

    async def _fetched(self, url: str, web: "httpx.AsyncClient") -> bytes:
        """Fetch a result at once, with attempts of its own: the answer that names it has been paid for."""
        import httpx

        place = url.partition("?")[0]
        for attempt in range(1, self.configuration.max_attempts + 1):
            try:
                response = await web.get(url)
            except httpx.HTTPError as error:
                problem = f"cannot be fetched ({type(error).__name__})"
            except httpx.InvalidURL as error:
                raise BadAnswer(f"the service named a result at {place}, which is no url ({error})") from None
            else:
                if response.status_code == 200 and sniff_image(response.content):
                    return response.content
                problem = f"answered {response.status_code} without an image"
                if response.status_code not in {200, *RETRIED}:
                    break
            if attempt < self.configuration.max_attempts:
                await asyncio.sleep(pause(attempt))
        raise BadAnswer(f"the result at {place} {problem}")


async def _exchange(
    api: "httpx.AsyncClient", method: str, url: str, headers: dict[str, str], chunks: list[bytes]
) -> Answer:
    import httpx

    async def body() -> Any:
        for chunk in chunks:
            yield chunk

    try:
        response = await api.request(method, url, headers=headers, content=body() if chunks else None)
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise ConnectionError(f"{api.base_url or url}: {reason}") from None
    return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, response.content)
