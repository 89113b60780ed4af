"""Feeding a run: workers take rows, outcomes come out in input order, bounded in rows and in bytes."""

import asyncio
import math
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from ....port_types.errors import RunStopped, StopReason
from ....port_types.table import FILE_KINDS
from ..http.sender import RunStopping, ready_requests
from .outcome import Outcome, bytes_in
from .row_pipeline import PreparedRow, RowPipeline
from .run import Run

__all__ = ["Scheduler"]

PREFETCH_FACTOR = 4
"""Rows under way or waiting for an earlier one, as a multiple of the concurrency."""

LOOK_UP = 64
"""Rows that are looked up in the cache together."""

WAITING_BYTES = 16_000_000
"""Results that wait for an earlier row, or for a slow disk, before no further row is begun."""


DELIVER_AFTER = 0.02
"""Seconds until an outcome is delivered, together with those that came meanwhile."""


class _Slot:
    """A row's place in the order of the results."""

    __slots__ = ("outcome", "position", "size")

    def __init__(self, position: int) -> None:
        self.position = position
        self.outcome: Outcome | None = None
        self.size = 0


class Scheduler:
    """Processes all rows of a run in its event loop.

    Args:
        run: whose rows.
        pipeline: what is to be done with each row.
        deliver: given outcomes in input order, several at a time; must not block.

    Attributes:
        stopped_by: the error that ended the run early, or the outcome that did, if one did.
    """

    def __init__(self, run: Run, pipeline: RowPipeline, deliver: Callable[[list[tuple[Outcome, int]]], None]) -> None:
        self._run, self._pipeline, self._deliver = run, pipeline, deliver
        self._sender = pipeline.source.sender
        self._together = run.node.bundle_size()
        self._makes_files = any(column.kind in FILE_KINDS for column in run.node.result_columns())
        # A stream may bring its next row much later, which those before it do not wait for.
        at_once = self._together if run.count is None else max(LOOK_UP, self._together)
        self._rows = pipeline.prepare(run.rows(), at_once)
        self._limit = run.configuration.concurrency * PREFETCH_FACTOR * self._together
        self._slots: deque[_Slot] = deque()
        self._begun = self._outstanding = self._bytes = 0
        self._freed = asyncio.Event()
        self._check: asyncio.Task[None] | None = None
        # Before anything is put into a batch, that is done already.
        self._checked = run.configuration.delivery != "live"
        self._emitting = False
        self._workers: list[asyncio.Task[None]] = []
        self._first_row: dict[asyncio.Task[None], int] = {}
        """The first of the rows that a worker is busy with."""
        self._last_row: float = math.inf
        """Rows behind this one are of no use any more: it ends the run."""
        self.stopped_by: Exception | Outcome | None = None

    async def work(self) -> None:
        """Process every row; on return all outcomes have been delivered, but those of a run that was stopped."""
        count, in_flight = self._run.count, self._run.configuration.concurrency
        number = in_flight + ready_requests(in_flight)
        self._workers = []
        for at in range(min(number, max(1, count or number))):
            self._workers.append(asyncio.create_task(self._work(at)))
        try:
            await asyncio.gather(*self._workers, return_exceptions=True)
        finally:
            for worker in self._workers:
                worker.cancel()
            await asyncio.gather(*self._workers, return_exceptions=True)
            await self._run.cache.settle()
        if self._ended_by_budget:
            # Rows that were not sent leave no gap: what was paid for is delivered.
            self._slots = deque(slot for slot in self._slots if slot.outcome is not None)
        self._emit()
        if self._slots and self.stopped_by is None:
            raise AssertionError("a row that was taken has no outcome, though all workers are done")

    @property
    def _ended_by_budget(self) -> bool:
        return isinstance(self.stopped_by, RunStopped) and self.stopped_by.reason is StopReason.BUDGET

    def release(self, rows: int, size: int) -> None:
        """Make room: the caller has taken outcomes of this many rows and bytes."""
        self._outstanding -= rows
        self._bytes -= size
        self._freed.set()

    async def _work(self, at: int) -> None:
        worker = self._workers[at]
        while self.stopped_by is None:
            try:
                if not (rows := await self._take_rows(worker)):
                    return
                if not self._checked:
                    await self._check_input()
                await self._process(rows, worker)
            except RunStopping:
                return
            except Exception as error:  # noqa: BLE001 - ends the run, and is raised where the run was started
                self._stop(error)

    async def _take_rows(self, worker: asyncio.Task[None]) -> list[tuple[_Slot, PreparedRow]]:
        """Take the next rows that there is work for; what the cache answers at once on the way to them is settled."""
        rows: list[tuple[_Slot, PreparedRow]] = []
        while len(rows) < self._together and self.stopped_by is None:
            if not self._has_room():
                if rows:
                    break
                await self._wait_for_room()
                continue
            prepared = next(self._rows, None)
            if prepared is None:
                break
            slot = _Slot(self._begun)
            self._begun += 1
            self._outstanding += 1
            self._slots.append(slot)
            if outcome := self._pipeline.replay(prepared):
                self._take(slot, outcome, None)
            else:
                self._first_row.setdefault(worker, slot.position)
                rows.append((slot, prepared))
        return rows

    async def _check_input(self) -> None:
        """Have all rows looked at, before anything is sent for the first that the cache does not answer.

        Raises:
            InvalidInput: a row cannot be sent, and ends the run.
        """
        if self._check is None:
            self._check = asyncio.create_task(asyncio.to_thread(self._run.check))
        await asyncio.shield(self._check)
        self._checked = True

    def _has_room(self) -> bool:
        return not self._outstanding or (self._outstanding < self._limit and self._bytes < WAITING_BYTES)

    async def _wait_for_room(self) -> None:
        self._emit()
        while not self._has_room():
            self._freed.clear()
            await self._freed.wait()

    async def _process(self, rows: list[tuple[_Slot, PreparedRow]], worker: asyncio.Task[None]) -> None:
        try:
            shared = await self._pipeline.share([prepared for _, prepared in rows]) if len(rows) > 1 else {}
            for slot, prepared in rows:
                bundled = shared.get(prepared.row.key) if shared and prepared.row else None
                processed = await self._pipeline.process(prepared, bundled)
                self._take(slot, processed.outcome, processed.durable)
                if slot.position >= self._last_row:
                    return
        finally:
            self._sender.finished(worker)
            del self._first_row[worker]

    def _take(self, slot: _Slot, outcome: Outcome, durable: asyncio.Future[Any] | None) -> None:
        if self._makes_files:
            slot.size = bytes_in(outcome.rows)
        if outcome.sources:
            slot.size += sum([len(file.data) for files in outcome.sources.values() for file in files])
        self._bytes += slot.size
        if durable:
            # The next request need not wait for the disk.
            durable.add_done_callback(partial(self._kept, slot, outcome))
        else:
            self._settle(slot, outcome, DELIVER_AFTER)

    def _kept(self, slot: _Slot, outcome: Outcome, durable: asyncio.Future[Any]) -> None:
        error = durable.exception()
        if isinstance(error, Exception):
            self._stop(error)
        else:
            self._settle(slot, outcome)

    def _settle(self, slot: _Slot, outcome: Outcome, wait: float = 0) -> None:
        slot.outcome = outcome
        if outcome.error and self._run.node.on_error == "fail":
            self._end_with(outcome, slot.position)
        if not self._emitting:
            # What completes in a short while is delivered together: two threads in turns are slower than one.
            self._emitting = True
            asyncio.get_running_loop().call_later(wait if self._has_room() else 0, self._emit)

    def _emit(self) -> None:
        self._emitting = False
        chunk = []
        while self._slots and self._slots[0].outcome is not None:
            slot = self._slots.popleft()
            if slot.outcome:
                chunk.append((slot.outcome, slot.size))
        if chunk:
            self._deliver(chunk)

    def _end_with(self, outcome: Outcome, position: int) -> None:
        """Let the run end with a failed row: rows before it go on, as one of them may be the first to fail."""
        if position > self._last_row:
            return
        self.stopped_by, self._last_row = outcome, position
        for worker in self._workers:
            if self._first_row.get(worker, math.inf) > position:
                self._sender.stop(worker)
                self._cancel(worker)

    def _stop(self, error: Exception) -> None:
        """Send nothing more, for whichever row."""
        if isinstance(self.stopped_by, Exception):
            return
        self.stopped_by, self._last_row = error, -1
        self._sender.stop()
        for worker in self._workers:
            self._cancel(worker)

    def _cancel(self, worker: asyncio.Task[None]) -> None:
        """Cancel a worker; wait for what it has sent where that is kept, because it is paid for."""
        keeps = self._run.cache.keeps or self._ended_by_budget
        paid = (keeps and self._sender.in_flight(worker)) or (self._ended_by_budget and self._sender.polls(worker))
        if worker is not asyncio.current_task() and not paid:
            worker.cancel()
