"""The event loop of a run, in a thread of its own, so that synchronous hosts need not know of it."""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from ....port_types.errors import RunStopped, StopReason
from ..batch.delivery import Waiting
from .outcome import Outcome
from .run import Run
from .scheduler import Scheduler

__all__ = ["outcomes"]

CANCEL_GRACE_SECONDS = 0.5
"""Seconds that a cancelled run waits for what cannot be interrupted, such as the look-up of a name."""

ASKED_EVERY = 0.1
"""Seconds between two questions whether the run is cancelled."""

Chunk = list[tuple[Outcome, int]]


def outcomes(run: Run, cancelled: Callable[[], bool]) -> Iterator[Outcome]:
    """Process the rows of `run` and yield what became of them, in input order.

    Raises:
        Exception: what ended the run early; that of a failed row names the row.
        RunStopped: `cancelled` said so.
    """
    thread = _Thread(run)
    thread.start()
    try:
        while True:
            if cancelled():
                raise RunStopped("The run was cancelled.", StopReason.CANCELLED)
            try:
                chunk = thread.finished.get(timeout=ASKED_EVERY)
            except queue.Empty:
                continue
            if chunk is None:
                break
            if isinstance(chunk, Waiting):
                run.waiting(chunk)
                continue
            for outcome, _ in chunk:
                yield outcome
            thread.release(chunk)
        if thread.error:
            raise thread.error
    finally:
        thread.stop()


def _shut_down(helpers: ThreadPoolExecutor, patience: float | None) -> None:
    closing = threading.Thread(target=helpers.shutdown, kwargs={"cancel_futures": True}, daemon=True)
    closing.start()
    closing.join(patience)


async def _end(run: Run) -> None:
    """Keep what has arrived, and cancel what a cancelled run has left, as `asyncio.run` does."""
    await run.cache.settle()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await run.cache.settle()


class _Thread(threading.Thread):
    """Runs a scheduler to its end; `finished` holds chunks of outcomes, what is waited for, and None at the end."""

    def __init__(self, run: Run) -> None:
        super().__init__(name="endpoint-nodes")
        self._run = run
        self.finished: queue.SimpleQueue[Chunk | Waiting | None] = queue.SimpleQueue()
        self.error: BaseException | None = None
        self._loop = asyncio.new_event_loop()
        self._scheduler: Scheduler | None = None
        self._task = self._loop.create_task(self._work())

    def run(self) -> None:
        helpers = ThreadPoolExecutor(thread_name_prefix="endpoint-nodes")
        self._loop.set_default_executor(helpers)
        try:
            self._loop.run_until_complete(self._task)
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread, whatever it is
            self.error = error
        try:
            _shut_down(helpers, patience=CANCEL_GRACE_SECONDS if self._task.cancelled() else None)
            self._loop.run_until_complete(_end(self._run))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        except BaseException as error:  # noqa: BLE001 - as above
            self.error = self.error or error
        finally:
            self._loop.close()
            self.finished.put(None)

    async def _work(self) -> None:
        async with self._run.open(self.finished.put) as pipeline:
            self._scheduler = Scheduler(self._run, pipeline, self.finished.put)
            await self._scheduler.work()
        stopped_by = self._scheduler.stopped_by
        if isinstance(stopped_by, Outcome):
            raise stopped_by.named_error()
        if stopped_by is not None:
            raise stopped_by

    def release(self, chunk: Chunk) -> None:
        """Tell the scheduler that the outcomes of `chunk` have been taken."""
        if self._scheduler:
            self._call(self._scheduler.release, len(chunk), sum(size for _, size in chunk))

    def stop(self) -> None:
        """End the run if it has not ended, and wait for the thread."""
        self._call(self._task.cancel)
        self.join()

    def _call(self, function: Callable[..., object], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            # The loop has been closed since: there is nothing left to stop.
            return
