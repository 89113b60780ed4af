"""Looking at the ledgers of a folder, and clearing them."""

import contextlib
import shutil
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["LedgerFacts", "list_ledgers", "prune_ledgers"]


@dataclass(frozen=True)
class LedgerFacts:
    """What is known of one run.

    Attributes:
        folder: the run's own folder.
        state: running (under way or interrupted), complete or damaged.
        node, base_url, source: what was run, where, on what.
        started: seconds since 1970.
        answers: how many are kept.
        may_be_billed: requests that were sent and have no answer here.
        size: bytes on disk.
    """

    folder: Path
    state: str
    node: str = ""
    base_url: str = ""
    source: str = ""
    started: float = 0.0
    answers: int = 0
    may_be_billed: int = 0
    size: int = 0


def list_ledgers(folder: Path) -> list[LedgerFacts]:
    """Return the ledgers in `folder`, the latest first."""
    found = [_facts(index.parent) for index in folder.glob("*/index.sqlite")]
    return sorted(found, key=lambda each: each.started, reverse=True)


def prune_ledgers(folder: Path, older_than: float) -> tuple[int, int]:
    """Remove the ledgers of complete runs, and of others started more than `older_than` seconds ago.

    Runs under way are left alone.

    Returns:
        The number of ledgers removed, and the bytes freed.
    """
    from filelock import FileLock, Timeout

    removed = freed = 0
    for each in list_ledgers(folder):
        if each.state == "running" and time.time() - each.started < older_than:
            continue
        with contextlib.suppress(Timeout), FileLock(each.folder / "lock", timeout=0):
            shutil.rmtree(each.folder)
            removed, freed = removed + 1, freed + each.size
    return removed, freed


def _facts(folder: Path) -> LedgerFacts:
    size = sum(path.stat().st_size for path in folder.iterdir())
    try:
        with contextlib.closing(sqlite3.connect(f"{(folder / 'index.sqlite').as_uri()}?mode=ro", uri=True)) as index:
            facts = dict(index.execute("SELECT name, value FROM facts"))
            answers = index.execute("SELECT count(*) FROM answers WHERE part = 0").fetchone()[0]
            requests = index.execute("SELECT count(*) FROM requests").fetchone()[0]
    except sqlite3.DatabaseError:
        return LedgerFacts(folder, "damaged", started=(folder / "index.sqlite").stat().st_mtime, size=size)
    return LedgerFacts(
        folder,
        facts.get("state", "damaged"),
        facts.get("node", ""),
        facts.get("base_url", ""),
        facts.get("source", ""),
        float(facts.get("started", 0)),
        answers,
        max(0, requests - answers),
        size,
    )
