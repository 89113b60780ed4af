"""Reading what a batch brought: line by line into the cache, however large its files are."""

import asyncio

import msgspec

from ....nodes.base import Response
from ..cache.cache_key import CacheKey
from ..cache.response_cache import ResponseCache
from ..http.retry import pause
from .dialects import Batch
from .lines import read_line
from .submissions import Record, Submissions
from .system import BatchSystem

__all__ = ["collect", "no_response"]

MOST_READS = 5
"""How often files are read that have fewer lines than the service has counted."""

CHUNK_LINES, CHUNK_BYTES = 500, 16_000_000
"""Kept together, before the next lines are read."""

WHY = {
    "completed": "the batch has no response to this request",
    "expired": "the batch expired before this request was answered",
    "cancelled": "the batch was cancelled before this request was answered",
    "vanished": "the service does not know the batch any more",
}
"""Why a request has no response, by the status in which its batch ended."""


def no_response(outcome: str) -> Response:
    """Return what stands for the response of a request that got none, because its batch ended so."""
    error = {"code": f"batch_{outcome}", "message": WHY.get(outcome, f"the batch ended as {outcome}")}
    return Response(0, {}, msgspec.json.encode({"error": error}))


async def collect(
    record: Record,
    batch: Batch,
    service: BatchSystem,
    store: Submissions,
    cache: ResponseCache,
) -> list[str]:
    """Put the responses of a batch into the cache and note the others; good ones are durable on return.

    Returns:
        Sentences about what could not be read.

    Raises:
        EndpointError: a file cannot be read, or the cache cannot be written; what was kept until then stays.
    """
    notes: list[str] = []
    for attempt in range(1, MOST_READS + 1):
        reader, notes = _Reader(record, store, cache), []
        for file in filter(None, (batch.output_file, batch.error_file)):
            if not await service.read_lines(file, reader.take):
                notes += [f"The file {file} of batch {batch.id} is gone; what was in it is asked for again."]
        await reader.flush()
        if reader.unreadable:
            notes.append(f"{reader.unreadable:,} lines of batch {batch.id} cannot be read; they are asked for again.")
        # A gateway may have cut a file, and what is not in it would be paid for twice.
        if store.answered_lines(record.id) >= batch.done or (notes and not reader.unreadable):
            break
        await asyncio.sleep(pause(attempt))
    return notes


class _Reader:
    """Takes the lines of a batch's files, in whichever order, those that were read before or come twice included."""

    def __init__(self, record: Record, store: Submissions, cache: ResponseCache) -> None:
        self._record, self._store, self._cache = record, store, cache
        self._chunk: dict[CacheKey, Response] = {}
        self._durable: list[asyncio.Future[None]] = []
        self._size = 0
        self.unreadable = 0

    async def take(self, content: bytes) -> None:
        if not content.strip():
            return
        found = read_line(content)
        if found is None:
            self.unreadable += 1
            return
        key, response = found
        # A line of another batch, or one that has been read.
        if key in self._chunk or self._store.answered(self._record.id, key) is not False:
            return
        if 200 <= response.status < 300:
            self._durable.append(self._cache.keep(key, response))
            self._size += len(response.body)
            response = Response(response.status, response.headers, b"")
        self._chunk[key] = response
        if len(self._chunk) >= CHUNK_LINES or self._size >= CHUNK_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Wait until everything that was taken is durable, and then note it."""
        await asyncio.gather(*self._durable)
        self._store.answer(self._record.id, self._chunk.items())
        self._chunk, self._durable, self._size = {}, [], 0
