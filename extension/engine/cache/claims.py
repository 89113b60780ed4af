"""Claims: which run asks for a response, so that no other does at the same time."""

import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from .cache_key import CacheKey
from .runs import is_alive

__all__ = ["Claim", "kept_files", "take_claim"]

_CLAIM = (
    "INSERT OR IGNORE INTO pending (key, occurrence, run, in_doubt, idempotency) SELECT ?, ?, ?, 0, ? WHERE NOT EXISTS "
    "(SELECT 1 FROM answers WHERE key = ? AND occurrence = ? AND part = 0 AND created >= ?)"
)
_CLAIMED = "SELECT run, in_doubt, idempotency FROM pending WHERE key = ? AND occurrence = ?"
_FILES = "SELECT file FROM answers WHERE key = ? AND occurrence = ? AND (part = ? OR ? = 0) AND typeof(file) = 'text'"


@dataclass(frozen=True)
class Claim:
    """The right to ask for one response, which no other run has meanwhile.

    Attributes:
        idempotency_key: sent with the request; the same again if the run is killed before there is a response.
        replaces: whether an old response is kept that the new one replaces.
        old_files: those of the old response's bodies.
    """

    idempotency_key: str
    replaces: bool = False
    old_files: tuple[str, ...] = ()


def take_claim(
    key: CacheKey, database: sqlite3.Connection, *, run: int, folder: Path, oldest: float, replaces: bool, patient: bool
) -> Claim | None:
    """Take the claim within a transaction; None if there is a response, or another run asks for it.

    Args:
        key: the request's.
        database: where the transaction is.
        run: the id of the run that asks.
        folder: the cache's, where it is seen which runs are alive.
        oldest: when a response that may be used was made at the earliest, in seconds since 1970.
        replaces: whether there is an older one.
        patient: whether another run that is asking for it is respected.
    """
    secret = secrets.token_hex(16)
    if not database.execute(_CLAIM, (*key, run, secret, *key, oldest)).rowcount:
        other = database.execute(_CLAIMED, key).fetchone()
        if other is None:
            return None  # the response is there
        holder, in_doubt, secret = other
        alive = holder == run or is_alive(database, folder, holder)
        if alive and patient and not in_doubt:
            return None
        database.execute("UPDATE pending SET run = ?, in_doubt = 0 WHERE key = ? AND occurrence = ?", (run, *key))
    return Claim(str(secret), replaces, kept_files(database, key) if replaces else ())


def kept_files(database: sqlite3.Connection, key: CacheKey, part: int = 0) -> tuple[str, ...]:
    """Return the files of the bodies that are kept for a request; with `part`, that of one part."""
    found = database.execute(_FILES, (*key, part, part)).fetchall()
    return tuple(file for (file,) in found)
