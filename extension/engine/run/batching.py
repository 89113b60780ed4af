"""A run whose requests go out in batches: before the rows are processed, everything they ask for is delivered."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import islice

from ....nodes.base import Call, Node, Request, Route
from ....port_types.configuration import NO_CACHE, Configuration
from ....port_types.errors import InvalidSetting
from ..batch.delivery import FOLDER, Delivery, Waiting, scope_of
from ..batch.dialects import dialect_of
from ..batch.folder import BatchFolder
from ..batch.results import BatchResults
from ..batch.service import open_service
from ..batch.submissions import Submissions
from ..batch.submit import Submitter
from ..batch.system import BatchSystem
from ..cache.response_cache import ResponseCache
from ..http.client import ApiClient
from ..io.inputs import Row
from .row_pipeline import RowPipeline

__all__ = ["check_batches", "deliver", "first_route"]


def check_batches(node: Node, configuration: Configuration) -> None:
    """Refuse a run whose requests cannot be sent in batches.

    Raises:
        InvalidSetting: it is so; the sentence says why.
    """
    if configuration.delivery == "live":
        return
    dialect = dialect_of(configuration)
    if not any(dialect.takes(route) for route in node.routes):
        raise InvalidSetting(
            f"{node.label()} cannot be sent in batches: the service takes {', '.join(dialect.paths)}. "
            "Say `delivery=live`."
        )
    if configuration.delivery == "batch-file" and not configuration.batch_folder:
        raise InvalidSetting("delivery is 'batch-file', which needs `batch_folder`, the folder for its files.")
    if configuration.cache == NO_CACHE:
        raise InvalidSetting("The responses of batches are put into the cache, which is off; name a folder in `cache`.")
    for name in ("max_cost", "max_total_tokens"):
        if getattr(configuration, name) is not None:
            raise InvalidSetting(
                f"`{name}` cannot be kept in a batch, whose responses come all at once; limit it with `max_requests`, "
                "or say `delivery=live`."
            )


def first_route(call: Call, configuration: Configuration) -> Route:
    """Return the route that a run tries first."""
    takes, routes = dialect_of(configuration).takes, call.routes()
    able = routes if configuration.delivery == "live" else [route for route in routes if takes(route)]
    return next(iter([*able, *routes]))


@asynccontextmanager
async def deliver(
    pipeline: RowPipeline,
    rows: Callable[[], Iterator[Row | None]],
    client: ApiClient,
    waiting: Callable[[Waiting], None],
    warn: Callable[[str], None],
) -> AsyncIterator[RowPipeline]:
    """Have everything answered that the rows ask for, and give a pipeline that takes the responses from there.

    Args:
        pipeline: makes requests of rows.
        rows: goes over the rows from the first.
        client: carries requests, with the key.
        waiting: called after each look at the batches.
        warn: called with sentences.

    Raises:
        RunStopped: batches are under way and the run is not to wait, one was cancelled, or the service refuses.
    """
    source = pipeline.source
    configuration, cache, node, since = source.configuration, source.cache, source.node.id(), time.time()
    if not isinstance(cache, ResponseCache):
        raise TypeError("batches need a cache")
    with Submissions(cache.folder) as store:
        async with _open_system(configuration, client) as service:
            submitter = Submitter(
                configuration,
                node,
                scope_of(configuration.base_url, node),
                cache.folder / FOLDER,
                lambda: _requests(pipeline, rows(), configuration.concurrency),
                source.key,
                cache,
                source.budget,
                service,
                store,
                since,
            )
            await Delivery(submitter, waiting, warn).deliver()
        cache.recount()
        yield replace(pipeline, source=replace(source, batches=BatchResults(store, since)))


@asynccontextmanager
async def _open_system(configuration: Configuration, client: ApiClient) -> AsyncIterator[BatchSystem]:
    if configuration.delivery == "batch-file":
        yield BatchFolder(configuration.batch_folder or "")
        return
    async with open_service(configuration, client) as service:
        yield service


async def _requests(pipeline: RowPipeline, rows: Iterator[Row | None], together: int) -> AsyncIterator[Request]:
    """Yield what each row asks for, in their order; the files of several are loaded at once."""
    while chunk := list(islice(rows, together)):
        for request in await asyncio.gather(*(pipeline.sendable(row) for row in chunk)):
            if request:
                yield request
