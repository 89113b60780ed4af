"""One run of a node: what is run, where to, and what goes with it to every row."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ....nodes.base import Binding, Node
from ....port_types.configuration import Configuration
from ..batch.delivery import Waiting
from ..batch.dialects import dialect_of
from ..cache.opening import NoCache
from ..cache.response_cache import ResponseCache
from ..credentials import HostCredentials
from ..http.budget import Budget
from ..http.client import open_clients, service_url
from ..http.limiter import shared_limiter
from ..http.sender import Sender
from ..io.inputs import Input, Row
from .batching import deliver
from .obtain import ResponseSource
from .outcome import Retry
from .routes import RouteMemory
from .row_pipeline import RowPipeline

__all__ = ["Run"]


@dataclass(frozen=True)
class Run:
    """One run of a node.

    Attributes:
        node: the node with its settings.
        configuration: where to send, and under which limits.
        input: the input table, None for a single request.
        binding: which values come from which columns.
        cache: what was answered before.
        budget: what may be spent, and what was.
        credentials: the host's own credentials, None for none.
        warn: called with sentences.
        retrying: called before a request is sent again.
        uploads: the only folder from which files are read, None for any.
        check: looks at all rows before the first request; raises `InvalidInput`, or warns of those that cannot be sent.
        reread: goes over the input rows once more, from the first.
        waiting: called after each look at batches.
    """

    node: Node
    configuration: Configuration
    input: Input | None
    binding: Binding
    cache: ResponseCache | NoCache
    budget: Budget
    credentials: HostCredentials | None
    warn: Callable[[str], None]
    retrying: Callable[[Retry], None]
    uploads: Path | None
    check: Callable[[], None]
    reread: Callable[[], Iterator[Row | None]]
    waiting: Callable[[Waiting], None]

    def rows(self) -> Iterator[Row | None]:
        """Return the input rows; one None stands for a run without input."""
        return iter([None]) if self.input is None else iter(self.input.rows)

    @property
    def count(self) -> int | None:
        """Number of input rows, None if it is not known before reading."""
        return self.input.count if self.input else 1

    @asynccontextmanager
    async def open(self, waiting: Callable[[Waiting], None]) -> AsyncIterator[RowPipeline]:
        """Open the clients, in the event loop of the run, and give what processes its rows.

        Args:
            waiting: called in this loop after each look at batches.

        Raises:
            InvalidInput: a row cannot be sent, and ends the run before anything is sent.
            RunStopped: batches are under way and the run is not to wait, one was cancelled, or the service refuses.
        """
        limits = self.configuration
        async with open_clients(limits, self.credentials) as clients:
            limiter = shared_limiter(clients.identity)
            with limiter.run(limits.concurrency, limits.requests_per_minute, limits.tokens_per_minute):
                sender = Sender(
                    limits,
                    service_url(limits),
                    clients.service,
                    limiter,
                    budget=self.budget,
                    usage=self.node.response.usage,
                )
                source = ResponseSource(self.node, limits, self.cache, sender, clients.results, self.budget)
                batches = limits.delivery != "live"
                takes = dialect_of(limits).takes if batches else None
                routes = RouteMemory(limits.base_url, self.cache, self.warn, takes)
                pipeline = RowPipeline(
                    self.node, self.input, self.binding, source, clients.media, routes, self.retrying, self.uploads
                )
                if not batches:
                    yield pipeline
                    return
                await asyncio.to_thread(self.check)
                async with deliver(pipeline, self.reread, clients.service, waiting, self.warn) as delivered:
                    yield delivered
