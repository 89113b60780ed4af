"""Looking at a cache, and making room in it."""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .database import DATABASE, open_database, transaction, usable
from .records import BODIES, remove_body
from .result_files import measure_result_files
from .runs import FINISHED, RUNNING, is_alive

__all__ = ["MAX_BYTES", "CacheFacts", "PastRun", "clear", "describe", "keep_bounded", "prune"]

MAX_BYTES = 10_000_000_000
"""How large a cache may become before those responses go that have not been used for the longest time."""

SHARE_KEPT = 0.9
"""Of the size allowed, when room is made: else every run would have to make some."""

ORPHAN_SECONDS = 3600
"""Age of a body's file that no response refers to, from which on no run can be about to refer to it."""

RESUMED_WITHIN = 30 * 86_400
"""Seconds for which an unfinished run is waited for."""

BATCH = 1000
"""Responses removed at once, so that runs under way do not have to wait."""


# A damaged record may hold a value of any type under any name.
_SIZE = "coalesce(sum(CAST(size AS INTEGER)), 0)"
_RUNS = f"""
SELECT id, {", ".join(f"coalesce(CAST({name} AS TEXT), '')" for name in ("node", "base_url", "source"))},
    coalesce(CAST(started AS REAL), 0.0), coalesce(CAST(state AS TEXT), ''),
    coalesce(CAST(sent AS INTEGER), 0), coalesce(CAST(reused AS INTEGER), 0),
    (SELECT count(*) FROM pending WHERE run = runs.id)
FROM runs ORDER BY id DESC LIMIT ?
"""  # noqa: S608 - no value
_LEAST_USED = f"""
SELECT key, occurrence, coalesce(max(CAST(used AS INTEGER)), 0) AS last, {_SIZE}, group_concat(file, '|') FROM answers
WHERE (key, occurrence) IN (SELECT key, occurrence FROM answers ORDER BY used LIMIT ?)
GROUP BY key, occurrence ORDER BY last
"""  # noqa: S608 - no value


@dataclass(frozen=True)
class PastRun:
    """A run that used the cache.

    Attributes:
        node, base_url, source: what was run, where, on what.
        started: seconds since 1970.
        state: running, stopped (it can be resumed), finished, or killed.
        sent, reused: requests asked for, and responses found in the cache.
        in_doubt: requests that were sent, got no response, and may be billed.
    """

    node: str
    base_url: str
    source: str
    started: float
    state: str
    sent: int
    reused: int
    in_doubt: int


@dataclass(frozen=True)
class CacheFacts:
    """What is in a cache.

    Attributes:
        folder: where it is.
        responses, size: how many are kept, and their bytes.
        files, file_size: files of results beside them, and their bytes.
        oldest: seconds since 1970, None if there is no response.
        runs: the last ones.
    """

    folder: Path
    responses: int
    size: int
    files: int
    file_size: int
    oldest: float | None
    runs: list[PastRun]


def describe(folder: Path, runs: int = 20) -> CacheFacts | None:
    """Return what is in the cache, with its last `runs`; None if there is none.

    Raises:
        InvalidSetting: it cannot be read.
    """
    with _opened(folder) as database:
        if database is None:
            return None
        count, size, oldest = database.execute(
            f"SELECT count(*) FILTER (WHERE part = 0), {_SIZE}, min(CAST(created AS REAL)) FROM answers"  # noqa: S608 - no value
        ).fetchone()
        found = database.execute(_RUNS, (runs,)).fetchall()
        past = [
            PastRun(
                node,
                base_url,
                source,
                started,
                state if state != RUNNING or is_alive(database, folder, run) else "killed",
                *counts,
            )
            for run, node, base_url, source, started, state, *counts in found
        ]
    return CacheFacts(folder, count, size, *measure_result_files(folder), oldest, past)


def prune(folder: Path, *, older_than: float | None = None, max_bytes: int | None = None) -> tuple[int, int]:
    """Remove the responses that have not been used for the longest time.

    Args:
        folder: the cache's folder.
        older_than: seconds; removes what has not been used since.
        max_bytes: removes until no more than this is left.

    Returns:
        The number of responses removed, and their bytes.

    Raises:
        InvalidSetting: the cache cannot be read or written.
    """
    with _opened(folder) as database:
        if database is None:
            return 0, 0
        return _make_room(database, folder, older_than=older_than, max_bytes=max_bytes)


def clear(folder: Path) -> tuple[int, int]:
    """Remove all responses, and what is remembered of runs that are not under way."""
    with _opened(folder) as database:
        if database is None:
            return 0, 0
        removed = _make_room(database, folder, max_bytes=-1)
        with transaction(database):
            database.execute("DELETE FROM facts")
            for (run,) in database.execute("SELECT id FROM runs").fetchall():
                if not is_alive(database, folder, run):
                    database.execute("DELETE FROM runs WHERE id = ?", (run,))
            database.execute("DELETE FROM pending WHERE in_doubt OR run NOT IN (SELECT id FROM runs)")
        _shrink(database)
        return removed


def keep_bounded(database: sqlite3.Connection, folder: Path, max_bytes: int) -> None:
    """Make room if the cache has become larger than it may be, but not of what an unfinished run may resume with."""
    size = database.execute(f"SELECT {_SIZE} FROM answers").fetchone()[0]  # noqa: S608 - no value
    if size > max_bytes:
        unfinished = database.execute(
            "SELECT min(CAST(since AS REAL)) FROM runs WHERE state <> ? AND started > ? "
            "AND id IN (SELECT max(id) FROM runs GROUP BY name)",
            (FINISHED, time.time() - RESUMED_WITHIN),
        ).fetchone()[0]
        _make_room(database, folder, max_bytes=int(max_bytes * SHARE_KEPT), unless_used_since=unfinished)


def _make_room(
    database: sqlite3.Connection,
    folder: Path,
    *,
    older_than: float | None = None,
    max_bytes: int | None = None,
    unless_used_since: float | None = None,
) -> tuple[int, int]:
    """Do as `prune` does, on an open database; what was used since a time stays."""
    removed = freed = 0
    total = database.execute(f"SELECT {_SIZE} FROM answers").fetchone()[0]  # noqa: S608 - no value
    before = time.time() - older_than if older_than is not None else None
    while True:
        # All parts of a response go together.
        found = database.execute(_LEAST_USED, (BATCH,)).fetchall()
        gone = []
        for record in found:
            too_old = before is not None and record[2] < before
            if not too_old and (max_bytes is None or total <= max_bytes):
                break
            if unless_used_since is not None and record[2] >= int(unless_used_since):
                break
            gone.append(record)
            total -= record[3]
        if not gone:
            break
        with transaction(database):
            delete = "DELETE FROM answers WHERE key = ? AND occurrence = ?"
            if not database.executemany(delete, [row[:2] for row in gone]).rowcount:
                break  # a damaged index names records that it does not find
        for *_, files in gone:
            for file in (files or "").split("|"):
                remove_body(folder, file)
        removed, freed = removed + len(gone), freed + sum(row[3] for row in gone)
    _remove_orphans(database, folder)
    if removed:
        _shrink(database)
    return removed, freed


def _remove_orphans(database: sqlite3.Connection, folder: Path) -> None:
    """Remove bodies that no response refers to: of responses replaced, and of runs killed while they wrote one."""
    used = {file for (file,) in database.execute("SELECT file FROM answers WHERE file IS NOT NULL")}
    for path in (folder / BODIES).glob("*/*"):
        with contextlib.suppress(OSError):
            name = path.relative_to(folder / BODIES).as_posix()
            if name not in used and time.time() - path.stat().st_mtime > ORPHAN_SECONDS:
                path.unlink()


def _shrink(database: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.OperationalError):  # somebody else is using it: the next time does it
        database.execute("PRAGMA incremental_vacuum").fetchall()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


@contextlib.contextmanager
def _opened(folder: Path, warn: Callable[[str], None] = lambda _: None) -> Iterator[sqlite3.Connection | None]:
    if not (folder / DATABASE).exists():
        yield None
        return
    database = open_database(folder.absolute(), warn)
    with usable(folder), contextlib.closing(database):
        yield database
