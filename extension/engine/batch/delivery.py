"""Delivering the requests of a run in batches: submit what the cache lacks, wait, collect, and submit the rest."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from ....nodes.base import Response
from ....port_types.errors import RequestFailed, RunStopped, StopReason
from ..cache.database import private_folder
from .collect import collect, no_response
from .dialects import Batch
from .submissions import COLLECTED, CREATED, CREATING, UPLOADING, Record
from .submit import Submitter

__all__ = ["FOLDER", "Delivery", "Waiting", "scope_of"]

FOLDER = "batches"
"""Of the locks, and of the files that are written to be uploaded, in the cache's folder."""

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.5, 60.0, 1.3
"""Seconds between two looks at the batches, at first and at most, and how they grow."""

MOST_LOOKS, LOOK_AGAIN = 3, 1.0
"""After how many looks a batch that the service does not know is taken to be lost, and seconds between them."""


VANISHED, SPLIT = "vanished", "split"
"""What a batch may come to beside the statuses of services: it is lost, or is to be split into smaller ones."""

QUEUE_FULL = "token_limit_exceeded"
TOO_LARGE = {"too_many_tasks", "file_too_large", "too_many_embedding_inputs"}
"""Codes with which a batch fails because of its size; what is enqueued already counts for the first."""


@dataclass(frozen=True)
class Waiting:
    """What a run waits for, as the service counts.

    Attributes:
        batches: how many are under way.
        done, failed: requests that are through, and those of them that failed.
        total: requests of all batches, those that have ended included.
        pause: seconds until the next look.
    """

    batches: int
    done: int
    failed: int
    total: int
    pause: float


def scope_of(base_url: str, node: str) -> str:
    """Return what tells the submissions of a node to a service from others."""
    return hashlib.sha256(f"{base_url} {node}".encode()).hexdigest()[:16]


@dataclass
class Delivery:
    """Delivers the requests of one run.

    Attributes:
        submitter: submits them.
        waiting: called after each look at the batches.
        warn: called with sentences.
    """

    submitter: Submitter
    waiting: Callable[[Waiting], None]
    warn: Callable[[str], None]
    _lacks: bool = False
    _stopped_by: RunStopped | None = None

    def __post_init__(self) -> None:
        submitter = self.submitter
        self._store, self._service, self._cache = submitter.store, submitter.service, submitter.cache
        self._configuration, self._scope = submitter.configuration, submitter.scope

    async def deliver(self) -> None:
        """Have everything answered that can be.

        Raises:
            RunStopped: batches are under way and the run is not to wait, one was cancelled, or the service refuses.
        """
        async with self._alone():
            await self.submitter.recover()
            for record in self._store.of_scope(self._scope, COLLECTED):
                if record.input_file:  # a run was killed before it had removed the files
                    await self._remove_files(record, await self._look(record))
        # Whoever submitted them, what has ended is collected: this run may have all it needs, and they are paid for.
        for record in self._store.of_scope(self._scope, CREATED):
            await self._follow(record.id)
        while self._stopped_by is None:
            async with self._alone():
                awaited = await self.submitter.submit()
            self._lacks = bool(self.submitter.held)
            await self._wait(awaited)
            if self._stopped_by is None and not (awaited and self._lacks):
                return
        raise self._stopped_by

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Submit or collect while no other process does so for the same service and node."""
        folder: Path = self.submitter.folder
        private_folder(folder)
        lock = FileLock(folder / f"{self._scope}.lock", timeout=0, mode=0o600)
        while True:
            try:
                lock.acquire()
                break
            except Timeout:
                await asyncio.sleep(0.2)
        try:
            yield
        finally:
            lock.release()

    async def _wait(self, awaited: set[str]) -> None:
        """Collect each of the submissions once it has come to its end.

        Raises:
            RunStopped: some are under way, and the run is not to wait.
        """
        lines = {id_: record.lines for id_ in awaited if (record := self._store.get(id_))}
        seen: dict[str, Batch] = {}
        under_way, pause = set(awaited), FIRST_PAUSE
        while True:
            for id_ in sorted(under_way):
                batch = await self._follow(id_)
                if batch:
                    seen[id_] = batch
                if batch is None or batch.is_final:
                    under_way.discard(id_)
            done, failed = sum(batch.done for batch in seen.values()), sum(batch.failed for batch in seen.values())
            if not under_way:
                return
            self.waiting(Waiting(len(under_way), done, failed, sum(lines.values()), pause))
            if not (self._configuration.wait and self._service.ends_alone):
                raise RunStopped(self._pending(under_way), StopReason.PENDING)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * GROWTH)

    def _pending(self, ids: set[str]) -> str:
        records = [record for id_ in sorted(ids) if (record := self._store.get(id_))]
        batches = "1 batch is" if len(records) == 1 else f"{len(records):,} batches are"
        requests = sum(record.lines for record in records)
        step = self._service.next_step(records)
        then = f":\n{step}\nThe same run" if step else "; the same run"
        return f"{batches} under way with {requests:,} requests{then}, started again, collects what they bring."

    async def _follow(self, id_: str) -> Batch | None:
        """Return how a submission stands, and collect it if it has ended; None if there is nothing to wait for."""
        record = self._store.get(id_)
        if record and record.state in (UPLOADING, CREATING):  # another process was killed
            async with self._alone():
                await self.submitter.recover()
            record = self._store.get(id_)
        if record is None or record.state == COLLECTED:
            self._lacks = True  # as far as is known: another process has read it
            return None
        batch = await self._look(record)
        if batch and batch.is_final:
            async with self._alone():
                if (record := self._store.get(id_)) and record.state == CREATED:
                    await self._collect(record, batch)
        return batch or Batch(id_, "", "")

    async def _look(self, record: Record) -> Batch | None:
        """Return a batch, as vanished if the service goes on not to know it; None if it cannot be asked now."""
        for look in range(MOST_LOOKS):
            await asyncio.sleep(LOOK_AGAIN if look else 0)
            try:
                if batch := await self._service.get(record.batch):
                    return batch
            except RequestFailed as error:
                self.warn(f"The service does not say how batch {record.batch} stands ({error}); it is asked again.")
                return None
        return Batch(record.batch, "failed", record.input_file, problems=[(VANISHED, "", None)])

    async def _collect(self, record: Record, batch: Batch) -> None:
        """Read what a batch brought, and note what it did not."""
        for note in await collect(record, batch, self._service, self._store, self._cache):
            self.warn(note)
        outcome = self._failed(record, batch) if batch.status == "failed" else batch.status
        if outcome not in ("failed", SPLIT):
            self._store.answer_line(record.id, None, no_response(outcome))
        lacks = self._store.lacks(record.id)
        self._store.end(record.id, outcome)
        self._lacks = self._lacks or lacks
        if lacks and outcome == "cancelled":
            self._stopped_by = RunStopped(
                f"The batch {batch.id} was cancelled. What it had answered is kept; the same run, started again, "
                "submits the rest.",
                StopReason.CANCELLED,
            )
        elif lacks and outcome != SPLIT:
            self.warn(f"The batch {batch.id} ended as {outcome}; what it did not answer is submitted again.")
        await self._remove_files(record, batch)

    def _failed(self, record: Record, batch: Batch) -> str:
        """Note why a batch failed as a whole, and return in a word what it came to."""
        codes = {code for code, _, _ in batch.problems}
        if VANISHED in codes:
            return VANISHED
        if TOO_LARGE & codes and record.lines > 1:
            self._store.note_queue_limit(self._scope, record.model, record.size // 2)
            return SPLIT
        enqueued = self._store.enqueued(self._scope, record.model, but=record.id)
        # Some services say it in words only.
        full = any(code == QUEUE_FULL or "token limit" in message.lower() for code, message, _ in batch.problems)
        if full and (enqueued or record.lines > 1):
            # What the others hold has room; alone, half of it may have.
            self._store.note_queue_limit(self._scope, record.model, enqueued or record.size // 2)
            return SPLIT
        for code, message, line in batch.problems:
            if line:
                self._store.answer_line(record.id, line, _refusal(code, message))
        if not any(line for _, _, line in batch.problems):
            code, message, _ = next(iter(batch.problems), ("", "it does not say why", None))
            self._stopped_by = RunStopped(f"The service refuses the batch: {message}", StopReason.REFUSED, code=code)
        return "failed"

    async def _remove_files(self, record: Record, batch: Batch | None) -> None:
        """Remove what the service has of a submission that is collected, unless the user wants it."""
        outputs = (batch.output_file, batch.error_file) if batch else ()
        await self.submitter.delete(record.input_file, *record.other_files, *outputs)
        self._store.tidy(record.id)


def _refusal(code: str, message: str) -> Response:
    import msgspec

    return Response(400, {}, msgspec.json.encode({"error": {"code": code, "message": message}}))
