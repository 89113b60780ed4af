"""Writing to the cache: once for everything that comes in one turn of the event loop, and then to the disk."""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from ....port_types.errors import EndpointError, RunStopped, StopReason
from .database import DATABASE, DATABASE_ERRORS, flush_to_disk, is_busy, is_damaged

__all__ = ["BatchWriter"]

WRITE_AFTER = 0.002
"""Seconds that a write waits for others, and above all for a question, to go with it in one transaction."""

SYNC_AFTER = 0.02
"""Seconds until what is written is put on the disk: a kill costs nothing of it, only a power cut."""

BUSY_AGAIN, BUSY_SECONDS = 0.005, 60.0
"""Seconds until the next try while another process writes, and until it is given up."""

RESERVE_BYTES = 16_000_000
"""Left free on the disk before nothing more is asked for, so that what is under way can still be kept."""

CHECKPOINT_BYTES = 8_000_000
"""Of the write-ahead log, before its pages go to the database."""

Answer = TypeVar("Answer")
_Question = tuple[Callable[[sqlite3.Connection], Any], asyncio.Future[Any]]
_Write = tuple[str, tuple[Any, ...], asyncio.Future[None] | None]


class BatchWriter:
    """Writes for one run; its coroutines and futures belong to one event loop.

    Args:
        folder: the cache's folder.
        database: the connection.
        replace: given what shows that the database is damaged, returns a connection to a new one.
    """

    def __init__(
        self,
        folder: Path,
        database: sqlite3.Connection,
        replace: Callable[[Exception], sqlite3.Connection],
    ) -> None:
        self._folder, self._replace = folder, replace
        self._writes: list[_Write] = []
        self._questions: list[_Question] = []
        self._unsynced: list[asyncio.Future[None]] = []
        self._is_new = False
        self._scheduled: asyncio.TimerHandle | None = None
        self._busy_since: float | None = None
        self._syncing: asyncio.Task[None] | None = None
        self._folders: set[Path] = set()
        self.helpers = ThreadPoolExecutor(4, "endpoint-nodes-cache")
        self._attach(database)

    def _attach(self, database: sqlite3.Connection) -> None:
        self.database = database
        database.execute("SELECT count(*) FROM facts").fetchone()  # the log is there from the first look on
        self._log = (self._folder / f"{DATABASE}-wal").open("r+b", buffering=0)
        self._checkpointer: sqlite3.Connection | None = None

    def _detach(self) -> None:
        self._log.close()
        for database in (self._checkpointer, self.database):
            if database:
                with contextlib.suppress(*DATABASE_ERRORS):
                    database.close()

    def write(
        self,
        sql: str,
        values: tuple[Any, ...],
        *,
        durable: asyncio.Future[None] | None = None,
        folder: Path | None = None,
    ) -> None:
        """Write soon: at the end of this turn if a question is asked in it, else in a moment.

        Args:
            sql: the statement.
            values: its values.
            durable: done once it survives a power cut; fails with `RunStopped` if the disk is full or broken.
            folder: a folder in which a file was made that the statement refers to.
        """
        self._writes.append((sql, values, durable))
        if folder:
            self._folders.add(folder)
        self._schedule(WRITE_AFTER)

    async def ask(self, question: Callable[[sqlite3.Connection], Answer], *, urgent: bool = True) -> Answer:
        """Return what `question` finds in a transaction, after what was written before it.

        Args:
            question: given the connection.
            urgent: whether that is at the end of this turn, else in a moment, together with others.

        Raises:
            RunStopped: the disk is nearly full, or the database cannot be written.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._questions.append((question, answer))
        self._schedule(0 if urgent else WRITE_AFTER)
        return await answer

    async def synced(self) -> None:
        """Wait until everything that is in the database now, by whomever, survives a power cut."""
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unsynced.append(durable)
        self._sync_soon()
        await durable

    async def settle(self) -> None:
        """Wait until everything that was written is durable; an error is raised where a write is waited for."""
        while self._writes or self._questions:
            self._flush()
            if self._writes:  # another process is writing
                await asyncio.sleep(BUSY_AGAIN)
        while self._unsynced or (self._syncing and not self._syncing.done()):
            self._sync_now()
            if self._syncing:
                await asyncio.wait([self._syncing])  # goes on if whoever waits is cancelled

    def close(self) -> None:
        """Close the files; everything must have settled."""
        self.helpers.shutdown()
        self._detach()

    def replace(self, error: Exception) -> None:
        """Go on with a new database.

        Raises:
            EndpointError: there is none, or this is not the first.
        """
        self._detach()
        if self._is_new:
            raise self.unwritable(error)
        self._is_new = True
        self._attach(self._replace(error))

    def unwritable(self, problem: Exception) -> RunStopped:
        """Return the error for a cache that cannot be written."""
        return RunStopped(
            f"the cache {self._folder} cannot be written ({problem}); what was kept before is safe. "
            "Make room and start again: the run goes on where it stopped.",
            StopReason.STORAGE,
        )

    def _schedule(self, wait: float = 0) -> None:
        loop = asyncio.get_running_loop()
        if self._scheduled and self._scheduled.when() > loop.time() + wait:
            self._scheduled.cancel()
            self._scheduled = None
        if self._scheduled is None:
            self._scheduled = loop.call_later(wait, self._flush)

    def _flush(self) -> None:
        self._scheduled = None
        writes = self._writes
        questions = [question for question in self._questions if not question[1].done()]
        if not (writes or questions):
            return
        try:
            answers = self._commit(writes, questions)
        except DATABASE_ERRORS as error:
            if is_busy(error) and self._may_wait():
                self._scheduled = asyncio.get_running_loop().call_later(BUSY_AGAIN, self._flush)
                return
            if not is_damaged(error):
                self._give_up(self.unwritable(error))
                return
            try:
                self.replace(error)
            except EndpointError as problem:
                self._give_up(problem)
            else:
                self._schedule()
            return
        self._writes, self._questions, self._busy_since = [], [], None
        self._unsynced += [durable for _, _, durable in writes if durable]
        self._sync_soon()
        for (_, answer), found in zip(questions, answers, strict=True):
            if isinstance(found, RunStopped):
                _fail(answer, found)
            else:
                answer.set_result(found)

    def _give_up(self, problem: EndpointError) -> None:
        writes, questions, self._writes, self._questions = self._writes, self._questions, [], []
        for _, _, durable in writes:
            _fail(durable, problem)
        for _, answer in questions:
            _fail(answer, problem)

    def _commit(self, writes: list[_Write], questions: list[_Question]) -> list[Any]:
        execute = self.database.execute
        execute("BEGIN IMMEDIATE")
        try:
            for sql, values, _ in writes:
                execute(sql, values)
            answers: list[Any]
            if questions and (problem := self._no_room()):
                answers = [problem] * len(questions)
            else:
                answers = [question(self.database) for question, _ in questions]
            execute("COMMIT")
        except DATABASE_ERRORS:
            with contextlib.suppress(*DATABASE_ERRORS):
                execute("ROLLBACK")
            raise
        return answers

    def _no_room(self) -> RunStopped | None:
        left = shutil.disk_usage(self._folder).free
        if left >= RESERVE_BYTES:
            return None
        return RunStopped(
            f"the disk of the cache {self._folder} is nearly full ({left / 1e6:.1f} MB left), so nothing more is sent. "
            "Make room and start again: the run goes on where it stopped.",
            StopReason.STORAGE,
        )

    def _may_wait(self) -> bool:
        now = time.monotonic()
        self._busy_since = self._busy_since or now
        return now - self._busy_since < BUSY_SECONDS

    def _sync_soon(self) -> None:
        if self._unsynced and (self._syncing is None or self._syncing.done()):
            self._syncing = asyncio.get_running_loop().create_task(self._sync(SYNC_AFTER))

    def _sync_now(self) -> None:
        if self._unsynced and (self._syncing is None or self._syncing.done()):
            self._syncing = asyncio.get_running_loop().create_task(self._sync(0))

    async def _sync(self, pause: float) -> None:
        # Once for everything that came while the last time was under way.
        await asyncio.sleep(pause)
        while self._unsynced:
            batch, self._unsynced = self._unsynced, []
            folders, self._folders = self._folders, set()
            problem: RunStopped | None = None
            try:
                await asyncio.get_running_loop().run_in_executor(self.helpers, self._sync_files, folders)
            except (OSError, *DATABASE_ERRORS) as error:
                problem = self.unwritable(error)
            for durable in batch:
                if problem:
                    _fail(durable, problem)
                elif not durable.done():
                    durable.set_result(None)

    def _sync_files(self, folders: set[Path]) -> None:
        for folder in folders:
            flush_to_disk(folder)
        os.fsync(self._log.fileno())
        if os.fstat(self._log.fileno()).st_size > CHECKPOINT_BYTES:
            self._checkpoint()

    def _checkpoint(self) -> None:
        if self._checkpointer is None:
            self._checkpointer = sqlite3.connect(
                self._folder / DATABASE, timeout=0, check_same_thread=False, isolation_level=None
            )
        # Most of it while others write; then the rest, and the log begins again. Whoever is in the way is tried later.
        for mode in ("PASSIVE", "TRUNCATE"):
            with contextlib.suppress(sqlite3.OperationalError):
                self._checkpointer.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()


def _fail(future: asyncio.Future[Any] | None, problem: EndpointError) -> None:
    if future and not future.done():
        future.set_exception(problem)
        future.exception()  # whoever waits sees it; nobody need
