"""The ledger: answers are durable before their rows are emitted, so that nothing is bought twice.

A run's ledger is a folder of its own: `index.sqlite` (one record an answer, small bodies included) and `bodies` (large
bodies, appended). What is written survives a kill; a moment later it is on the disk, and survives a power cut. A record
whose body is not whole, because the power went in between, counts as none.
"""

import asyncio
import contextlib
import hashlib
import os
import sqlite3
import time
import uuid
import zlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from ....nodes.base import Response
from ....port_types.configuration import NO_LEDGER, Configuration
from ....port_types.errors import InvalidSetting, RunStopped, StopReason

__all__ = ["Ledger", "default_ledger", "idempotency_key", "keeps_ledger", "ledger_name", "open_ledger", "with_ledger"]

SYNC_AFTER = 0.02
"""Seconds until what is written is put on the disk: a kill costs nothing of it, only a power cut."""

INLINE_BYTES = 32_768
"""Larger bodies go to the bodies file: in the index they would be written twice."""

_Record = tuple[str, tuple[Any, ...]]
"""A statement and its values."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (row TEXT, fingerprint TEXT, PRIMARY KEY (row, fingerprint)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    row TEXT, fingerprint TEXT, part INTEGER, status INTEGER, headers TEXT,
    body BLOB, position INTEGER, length INTEGER, checksum INTEGER,
    PRIMARY KEY (row, fingerprint, part)
);
"""


def ledger_name(node: str, base_url: str, source: str) -> str:
    """Return the name of the run's folder: the same node, service and input take up the same run."""
    digest = hashlib.sha256(f"{base_url}\n{source}".encode()).hexdigest()
    return f"{node}-{digest[:12]}"


def idempotency_key(run: str, row: str, fingerprint: str) -> str:
    """Return the key under which a request of the run with this id is sent, now and whenever it is taken up."""
    digest = hashlib.blake2b(f"{run}\n{row}\n{fingerprint}".encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest))


def default_ledger() -> Path:
    """Return the folder of ledgers where none is named: below the user's own state."""
    import platformdirs

    return platformdirs.user_state_path("endpoint-nodes") / "ledger"


def keeps_ledger(configuration: Configuration) -> bool:
    """Return whether runs with this Configuration have a ledger."""
    return configuration.ledger not in (None, "", NO_LEDGER)


def with_ledger(configuration: Configuration) -> Configuration:
    """Return the Configuration with the default ledger where it names none; what the sandbox answers costs nothing."""
    if configuration.ledger is None and not configuration.is_sandbox:
        return replace(configuration, ledger=str(default_ledger()))
    return configuration


def open_ledger(configuration: Configuration, node: str, source: str, warn: Callable[[str], None]) -> "Ledger | None":
    """Open the ledger of a run, None if its Configuration wants none.

    Args:
        configuration: names the ledger folder, in which each run has a folder of its own.
        node: the node's id.
        source: what tells the run's input from others, such as its path; not the content, which may change.
        warn: told in a sentence what the user must know.

    Raises:
        InvalidSetting: another process uses the ledger, or the folder cannot be written.
    """
    if not keeps_ledger(configuration):
        return None
    facts = {"node": node, "base_url": configuration.base_url, "source": source}
    folder = Path(configuration.ledger or "").expanduser() / ledger_name(**facts)
    return Ledger(folder, facts, resume=configuration.resume, warn=warn)


class Ledger:
    """The open ledger of one run; its coroutines belong to one event loop.

    Args:
        folder: the run's own folder; made if it is not there.
        facts: what `ledger show` tells: node, base_url, source.
        resume: whether to take up what is there; else it is discarded.
        warn: told in a sentence what the user must know.

    Raises:
        InvalidSetting: another process uses the ledger, or the folder cannot be written.
    """

    def __init__(
        self, folder: Path, facts: Mapping[str, str], *, resume: bool, warn: Callable[[str], None] = lambda _: None
    ) -> None:
        from filelock import FileLock, Timeout

        self.folder, self._warn = folder, warn
        self._notes: list[_Record] = []
        self._unsynced: list[asyncio.Future[None]] = []
        self._syncing: asyncio.Task[None] | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / "lock", timeout=0)
            self._lock.acquire()
        except Timeout:
            raise InvalidSetting(
                f"Another run is using the ledger {folder}; wait until it ends, or choose another ledger folder."
            ) from None
        except OSError as error:
            raise InvalidSetting(f"The ledger folder {folder} cannot be used ({error.strerror}).") from None
        self._open(facts, resume)
        self._helpers = ThreadPoolExecutor(4, "endpoint-nodes-ledger")

    def _open(self, facts: Mapping[str, str], resume: bool) -> None:
        try:
            self._index = self._connected()
            if not resume or self._fact("state") == "complete":
                self._index.close()
                self._discard()
                self._index = self._connected()
        except sqlite3.DatabaseError as error:
            self._move_aside(str(error))
            self._index = self._connected()
        with self._index:
            started = {"state": "running", "id": uuid.uuid4().hex, "started": str(time.time()), **facts}
            self._index.executemany("INSERT OR IGNORE INTO facts VALUES (?, ?)", started.items())
        self.id = self._fact("id")
        self.kept: int = self._index.execute("SELECT count(*) FROM answers WHERE part = 0").fetchone()[0]
        self.may_be_billed: int = self._index.execute(
            "SELECT count(*) FROM requests NATURAL LEFT JOIN (SELECT row, fingerprint, 1 AS arrived FROM answers) "
            "WHERE arrived IS NULL"
        ).fetchone()[0]
        (self.folder / "bodies").touch()
        self._bodies = (self.folder / "bodies").open("r+b", buffering=0)
        self._end = self._bodies.seek(0, os.SEEK_END)
        self._log = (self.folder / "index.sqlite-wal").open("r+b", buffering=0)

    def _connected(self) -> sqlite3.Connection:
        index = sqlite3.connect(self.folder / "index.sqlite", check_same_thread=False, isolation_level=None)
        try:
            index.execute("PRAGMA journal_mode = WAL")
            index.execute("PRAGMA synchronous = NORMAL")  # a commit is written; `_sync` sees to the disk
            damage = index.execute("PRAGMA quick_check(1)").fetchone()[0]
            if damage != "ok":
                raise sqlite3.DatabaseError(damage)  # noqa: TRY301 - joins what sqlite raises itself
            index.executescript(_SCHEMA)
        except sqlite3.DatabaseError:
            index.close()
            raise
        return index

    def _fact(self, name: str) -> str:
        found = self._index.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return found[0] if found else ""

    def _discard(self) -> None:
        for path in self.folder.iterdir():
            if path.name != "lock":
                path.unlink()

    def _move_aside(self, damage: str) -> None:
        aside = self.folder.with_name(f"{self.folder.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
        aside.mkdir()
        for path in self.folder.iterdir():
            if path.name != "lock":
                path.replace(aside / path.name)
        self._warn(
            f"The ledger {self.folder} is damaged ({damage}); it was moved to {aside}; its rows are requested again."
        )

    def noted(self, name: str) -> list[str]:
        """Return the words noted under `name` by this run, here or before it was interrupted."""
        return self._fact(name).split()

    def note(self, name: str, words: Iterable[str]) -> None:
        """Note words that a take-up of the run should know."""
        self._note(("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, " ".join(sorted(words)))))

    def find(self, row: str, fingerprint: str, part: int = 0) -> Response | None:
        """Return the kept answer to a request, None if there is none.

        Args:
            row: the input row's id.
            fingerprint: the request's digest.
            part: 0 for the answer itself, n for the n-th file that was fetched for it.
        """
        if not self.kept:
            return None
        import msgspec

        found = self._index.execute(
            "SELECT status, headers, body, position, length, checksum FROM answers "
            "WHERE row = ? AND fingerprint = ? AND part = ?",
            (row, fingerprint, part),
        ).fetchone()
        if not found:
            return None
        status, headers, body, position, length, checksum = found
        if body is None:
            with (self.folder / "bodies").open("rb") as bodies:
                bodies.seek(position)
                body = bodies.read(length)
        if zlib.crc32(body) != checksum:
            self._warn(f"The kept answer to row {row} in the ledger {self.folder} is damaged; it is requested again.")
            return None
        return Response(status, msgspec.json.decode(headers), body)

    def sending(self, row: str, fingerprint: str) -> None:
        """Note that a request is about to be sent: from here on it may be billed."""
        self._note(("INSERT OR IGNORE INTO requests VALUES (?, ?)", (row, fingerprint)))

    def refused(self, row: str, fingerprint: str) -> None:
        """Note that a request was answered by a refusal, which is not billed."""
        self._note(("DELETE FROM requests WHERE row = ? AND fingerprint = ?", (row, fingerprint)))

    async def keep(self, row: str, fingerprint: str, answer: Response, part: int = 0) -> asyncio.Future[None]:
        """Keep an answer: when this returns it survives a kill, when the returned future is done also a power cut.

        Raises:
            RunStopped: the disk is full or cannot be written; so does the future.
        """
        import msgspec

        body, position = answer.body, None
        headers = msgspec.json.encode(dict(answer.headers)).decode()
        loop = asyncio.get_running_loop()
        try:
            if len(body) > INLINE_BYTES:
                position, self._end = self._end, self._end + len(body)
                await loop.run_in_executor(self._helpers, self._place, body, position)
            kept = body if position is None else None
            values = (row, fingerprint, part, answer.status, headers, kept, position, len(body), zlib.crc32(body))
            self._write(("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values))
        except (sqlite3.Error, OSError) as error:
            raise self._unwritable(error) from None
        durable: asyncio.Future[None] = loop.create_future()
        self._unsynced.append(durable)
        if len(self._unsynced) == 1:
            loop.call_later(SYNC_AFTER, self._sync_now)
        return durable

    def _note(self, record: _Record) -> None:
        self._notes.append(record)
        if len(self._notes) == 1:
            # Nobody waits for a note: it goes along with the next answer, or alone a moment later.
            asyncio.get_running_loop().call_later(SYNC_AFTER, self._write_notes)

    def _write_notes(self) -> None:
        # A disk that is full is told of with the next answer, which takes these along.
        with contextlib.suppress(sqlite3.Error):
            self._write()

    def _write(self, *records: _Record) -> None:
        """Write the notes and `records` in one transaction, here and now: asking another thread would take longer."""
        if not (self._notes or records):
            return
        self._index.execute("BEGIN")
        try:
            for sql, values in (*self._notes, *records):
                self._index.execute(sql, values)
            self._index.execute("COMMIT")
        except sqlite3.Error:
            with contextlib.suppress(sqlite3.Error):
                self._index.execute("ROLLBACK")
            raise
        self._notes = []

    def _place(self, body: bytes, position: int) -> None:
        with (self.folder / "bodies").open("r+b") as bodies:
            bodies.seek(position)
            bodies.write(body)

    def _sync_now(self) -> None:
        if self._unsynced and (self._syncing is None or self._syncing.done()):
            self._syncing = asyncio.get_running_loop().create_task(self._sync())

    async def _sync(self) -> None:
        # Once for everything that came while the last time was under way.
        while self._unsynced:
            batch, self._unsynced = self._unsynced, []
            problem: RunStopped | None = None
            try:
                await asyncio.get_running_loop().run_in_executor(self._helpers, self._sync_files)
            except OSError as error:
                problem = self._unwritable(error)
            for durable in batch:
                if not durable.done():
                    durable.set_exception(problem) if problem else durable.set_result(None)

    def _sync_files(self) -> None:
        for file in (self._bodies, self._log):
            os.fsync(file.fileno())

    def _unwritable(self, problem: Exception) -> RunStopped:
        return RunStopped(
            f"the ledger {self.folder} cannot be written ({problem}); what was kept before is safe. "
            "Make room and start again: the run goes on where it stopped.",
            StopReason.STORAGE,
        )

    def complete(self) -> None:
        """Say that the run's result is in place: its bodies are let go, and the next run starts anew."""
        self._index.execute("UPDATE facts SET value = 'complete' WHERE name = 'state'")
        self._sync_files()  # before what an incomplete run would need is let go
        self._bodies.close()
        (self.folder / "bodies").unlink(missing_ok=True)
        self._index.execute("UPDATE answers SET body = NULL")

    async def settle(self) -> None:
        """Wait until everything that was put here is durable."""
        self._write_notes()
        self._sync_now()
        if self._syncing:
            await self._syncing

    def close(self) -> None:
        """Let go of the ledger, so that another process may take it up."""
        self._helpers.shutdown()
        self._bodies.close()
        self._log.close()
        self._index.close()
        self._lock.release()
