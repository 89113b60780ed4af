"""The runs of a cache: which are under way, which were interrupted, and what they left in doubt."""

import contextlib
import hashlib
import sqlite3
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from .database import DATABASE_ERRORS, private_folder, transaction

__all__ = ["FINISHED", "RUNNING", "STOPPED", "RunFacts", "RunLease", "is_alive"]

RUNNING, STOPPED, FINISHED = "running", "stopped", "finished"

LOCKS = "runs"
"""Folder of the lock files: a run holds one as long as its process lives, however it ends."""

KEPT_RUNS = 1000
"""How many runs are remembered."""


@dataclass(frozen=True)
class RunFacts:
    """What tells a run from others: what is run, where, and on which input."""

    node: str
    base_url: str
    source: str = ""

    @property
    def name(self) -> str:
        """What a run has in common with the interrupted one that it resumes."""
        return hashlib.sha256(f"{self.node}\n{self.base_url}\n{self.source}".encode()).hexdigest()[:16]


class RunLease:
    """A run's own entry among those of its cache; while it is held, others see that the run is alive.

    Args:
        database: the cache's.
        folder: the cache's.
        facts: what is run.

    Attributes:
        id: the entry's number.
        since: seconds since 1970: when the run began, or the interrupted one that it resumes.
        in_doubt: how many requests the interrupted run had sent and never seen answered.
    """

    def __init__(self, database: sqlite3.Connection, folder: Path, facts: RunFacts) -> None:
        self._database, self._folder = database, folder
        private_folder(folder / LOCKS)
        name = uuid.uuid4().hex
        self._lock = FileLock(_lock_file(folder, name), timeout=0, mode=0o600, thread_local=False)
        self._lock.acquire()
        now = time.time()
        with transaction(database):
            self.since, self.in_doubt = self._interrupted(facts.name) or (now, 0)
            values = (name, facts.name, facts.node, facts.base_url, facts.source, self.since, now, RUNNING)
            cursor = database.execute(
                "INSERT INTO runs (lock, name, node, base_url, source, since, started, state, sent, reused) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
                values,
            )
            self.id = int(cursor.lastrowid or 0)

    def _interrupted(self, name: str) -> tuple[float, int] | None:
        """Return since when the last run of this name was under way, and what it left in doubt, if it did not end."""
        last = self._database.execute(
            "SELECT id, state, since FROM runs WHERE name = ? ORDER BY id DESC LIMIT 1", (name,)
        ).fetchone()
        if not last or last[1] == FINISHED or not isinstance(last[2], float):
            return None
        if last[1] == RUNNING and is_alive(self._database, self._folder, last[0]):
            return None
        in_doubt = self._database.execute("SELECT count(*) FROM pending WHERE run = ?", (last[0],)).fetchone()[0]
        return last[2], in_doubt

    def end(self, state: str, sent: int, reused: int) -> None:
        """Say how the run ended, and let others take over what it left in doubt.

        Args:
            state: `FINISHED` or `STOPPED`.
            sent: rows that were asked for.
            reused: rows whose response was kept.
        """
        with contextlib.suppress(*DATABASE_ERRORS), transaction(self._database):
            self._database.execute(
                "UPDATE runs SET state = ?, ended = ?, sent = ?, reused = ? WHERE id = ?",
                (state, time.time(), sent, reused, self.id),
            )
            self._database.execute(
                "DELETE FROM runs WHERE id <= ? AND id NOT IN (SELECT run FROM pending)", (self.id - KEPT_RUNS,)
            )
        self.release()

    def release(self) -> None:
        """Let go of the lock."""
        self._lock.release()
        with contextlib.suppress(OSError):
            Path(self._lock.lock_file).unlink()


def is_alive(database: sqlite3.Connection, folder: Path, run: object) -> bool:
    """Return whether the process of a run goes on; killed, it has lost its lock."""
    found = database.execute("SELECT lock FROM runs WHERE id = ?", (run,)).fetchone()
    if not found or not isinstance(found[0], str) or not found[0].isalnum():
        return False
    path = _lock_file(folder, found[0])
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            pass
    except (Timeout, OSError):
        return True
    with contextlib.suppress(OSError):
        path.unlink()
    return False


def _lock_file(folder: Path, name: str) -> Path:
    return folder / LOCKS / f"{name}.lock"
