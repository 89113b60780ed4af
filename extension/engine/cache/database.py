"""The cache's database: opening it, and saying in a sentence why it cannot be used."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ....port_types.errors import InvalidSetting

__all__ = [
    "DATABASE",
    "DATABASE_ERRORS",
    "flush_to_disk",
    "is_busy",
    "is_damaged",
    "move_aside",
    "open_database",
    "private_folder",
    "rebuild_indices",
    "transaction",
    "usable",
]

DATABASE = "cache.sqlite"
APPLICATION_ID = 0x454E4341
"""How the file says what it is: "ENCA" in ASCII."""
VERSION = 1

BUSY_MS = 50
"""Milliseconds that a statement waits for another process: the event loop stands still meanwhile."""
OPENING_SECONDS = 30

_TABLES = """
CREATE TABLE answers (
    key BLOB, occurrence INTEGER, part INTEGER, created REAL, used INTEGER, size INTEGER, checksum INTEGER,
    status INTEGER, content_type TEXT, request_id TEXT, file TEXT, body BLOB, PRIMARY KEY (key, occurrence, part)
);
CREATE INDEX answers_by_use ON answers (used, size);
CREATE TABLE pending (
    key BLOB, occurrence INTEGER, run INTEGER, in_doubt INTEGER, idempotency TEXT, PRIMARY KEY (key, occurrence)
) WITHOUT ROWID;
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, lock TEXT, name TEXT, node TEXT, base_url TEXT, source TEXT,
    since REAL, started REAL, ended REAL, state TEXT, sent INTEGER, reused INTEGER
);
CREATE INDEX runs_by_name ON runs (name);
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT, noted REAL) WITHOUT ROWID;
"""
PAGES_KB = 8_192
"""Of the database, kept in memory: room for the index of 200,000 responses, which are looked up in no order."""

_STATEMENTS = [statement.strip() for statement in _TABLES.split(";") if statement.strip()]


DATABASE_ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What a statement may raise: a message of SQLite may quote what is damaged."""


class _Damaged(sqlite3.DatabaseError):
    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def open_database(
    folder: Path, warn: Callable[[str], None], damaged: tuple[int, str] | None = None
) -> sqlite3.Connection:
    """Return a connection to the database in `folder`; both are made if they are not there.

    A damaged database is moved aside, and replaced by an empty one.

    Args:
        folder: the cache's folder.
        warn: called with a sentence if the database was damaged.
        damaged: the inode of a database that was found to be damaged, and how that shows.

    Raises:
        InvalidSetting: the folder or the database cannot be used.
    """
    from filelock import FileLock

    with usable(folder):
        private_folder(folder)
        # One at a time: turning on the write-ahead log, making tables and moving a damaged file aside.
        with FileLock(folder / "opening.lock", timeout=OPENING_SECONDS, mode=0o600):
            # Unless another process has replaced it already.
            if damaged and (folder / DATABASE).exists() and (folder / DATABASE).stat().st_ino == damaged[0]:
                warn(move_aside(folder, damaged[1]))
            try:
                return _connected(folder)
            except DATABASE_ERRORS as error:
                if not is_damaged(error):
                    raise
                warn(move_aside(folder, str(error)))
                return _connected(folder)


@contextlib.contextmanager
def usable(folder: Path) -> Iterator[None]:
    """Say in a sentence why what is done inside with the cache in `folder` cannot be done.

    Raises:
        InvalidSetting: it cannot.
    """
    try:
        yield
    except TimeoutError:
        reason = "another process keeps it locked"
    except OSError as error:
        reason = error.strerror or str(error)
    except DATABASE_ERRORS as error:
        reason = str(error)
    else:
        return
    raise InvalidSetting(
        f"The cache {folder} cannot be used ({reason}). Let `cache` name another folder on a local disk, or be 'off'."
    )


def is_damaged(error: Exception) -> bool:
    """Return whether `error` says that the file is no longer a whole database."""
    if isinstance(error, UnicodeDecodeError):
        return True
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_busy(error: Exception) -> bool:
    """Return whether `error` says that another process is writing."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def move_aside(folder: Path, damage: str) -> str:
    """Move a damaged database aside and return a sentence that says so."""
    aside = folder / f"damaged-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    aside.mkdir(mode=0o700, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            (folder / f"{DATABASE}{suffix}").replace(aside / f"{DATABASE}{suffix}")
    return (
        f"The cache {folder} is damaged ({damage}). It was moved to {aside}, and a new one was begun: "
        "responses in the damaged one are asked for again."
    )


@contextlib.contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Do what is done inside as one; wait for other processes, standing still.

    Raises:
        sqlite3.Error: nothing of it was done.
    """
    until = time.monotonic() + OPENING_SECONDS
    while True:
        try:
            database.execute("BEGIN IMMEDIATE")
            break
        except DATABASE_ERRORS as error:
            if not is_busy(error) or time.monotonic() > until:
                raise
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(*DATABASE_ERRORS):
            database.execute("ROLLBACK")
        raise


def rebuild_indices(database: sqlite3.Connection) -> bool:
    """Return whether all indices could be made again: a damaged one gives the record of another key, run after run."""
    try:
        database.execute("REINDEX")
    except DATABASE_ERRORS:
        return False  # whoever asks for the record again meets the error
    return True


def private_folder(folder: Path) -> None:
    """Make `folder` for its owner alone, and the folders above it, so that they survive a power cut."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
        flush_to_disk(path.parent)


def flush_to_disk(path: Path) -> None:
    """Put a file, or the names in a folder, on the disk; where folders cannot be flushed (Windows), do nothing."""
    try:
        file = os.open(path, os.O_RDONLY)
    except PermissionError:
        if path.is_dir() and os.name == "nt":
            return
        raise
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _connected(folder: Path) -> sqlite3.Connection:
    path = folder / DATABASE
    path.touch(mode=0o600)  # the write-ahead log and the shared memory take after it
    database = sqlite3.connect(path, timeout=BUSY_MS / 1000, check_same_thread=False, isolation_level=None)
    database.text_factory = partial(str, encoding="utf-8", errors="replace")
    try:
        _prepare(database, folder)
    except DATABASE_ERRORS:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection, folder: Path) -> None:
    made = dict(database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    if made:
        (application,), (version,) = (database.execute(f"PRAGMA {name}").fetchone() for name in _HEADER)
        if application != APPLICATION_ID or version > VERSION:
            raise sqlite3.NotSupportedError(f"{DATABASE} there was made by another program or a newer version")
        if set(made.values()) != set(_STATEMENTS):
            raise _Damaged("its tables are not those of a cache")
    else:
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")  # has to come first
    mode = database.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise sqlite3.NotSupportedError("its disk has no shared memory, as disks over the network have not")
    database.execute(f"PRAGMA cache_size = -{PAGES_KB}")
    database.execute("PRAGMA synchronous = NORMAL")  # a commit is written; the store itself sees to the disk
    database.execute("PRAGMA wal_autocheckpoint = 0")  # the store does so where nobody waits for it
    if not made:
        database.execute("BEGIN IMMEDIATE")
        for statement in _STATEMENTS:
            database.execute(statement)
        for name, value in zip(_HEADER, (APPLICATION_ID, VERSION), strict=True):
            database.execute(f"PRAGMA {name} = {value}")
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        flush_to_disk(folder)


_HEADER = ("application_id", "user_version")
