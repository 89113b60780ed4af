"""The response cache as a run uses it: what was answered once is not asked for again.

Several runs, threads and processes share one folder: `cache.sqlite` holds the responses, `bodies` the large bodies. A
response that is kept survives a kill from two milliseconds later on, and a power cut once the future that `keep`
returns is done.
"""

import asyncio
import contextlib
import hashlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ....nodes.base import Response
from ....port_types.errors import InvalidSetting, RunStopped, StopReason
from .cache_key import CacheKey, Occurrences
from .claims import Claim, kept_files, take_claim
from .database import DATABASE, DATABASE_ERRORS, is_damaged, open_database, rebuild_indices, usable
from .records import BODIES, FILE_AT, INSERT, SELECT, DamagedRecord, Record, Row, read_record, remove_body, select_many
from .runs import FINISHED, STOPPED, RunFacts, RunLease
from .upkeep import MAX_BYTES, keep_bounded
from .writer import BatchWriter

__all__ = ["Claim", "ResponseCache"]

POLL_SECONDS = 0.02
"""Between two looks for a response that another run is waiting for."""

DAY = 86_400
JUST_NOW = 2.0
"""Seconds for which a response that another run kept may not yet be on the disk."""

SEVERAL = 8
"""Requests under way with which a further one need not be claimed at once: the service has enough to do."""

_CREATED = "SELECT created FROM answers WHERE key = ? AND occurrence = ? AND part = 0"
_DROP = "DELETE FROM answers WHERE key = ? AND occurrence = ? AND (part = ? OR ? = 0)"
_SETTLE = "DELETE FROM pending WHERE key = ? AND occurrence = ?"


class ResponseCache:
    """The responses kept in `folder`, opened for one run; its coroutines belong to one event loop.

    Args:
        folder: the cache's folder; made if it is not there.
        facts: what is run.
        max_age: days that a kept response may be old; 0 takes none but those of the interrupted run that is resumed.
        deduplicate: whether equal requests of the run share one response.
        patience: seconds to wait for a response that another run is asking for.
        max_bytes: how large the cache may become before the responses go that were not used for the longest time.
        warn: called with each sentence that the user must know.

    Attributes:
        in_doubt: how many requests an interrupted run, which this one resumes, had sent without seeing an answer.
        sent: how many requests were claimed by this run.
        reused: how many responses this run found.

    Raises:
        InvalidSetting: the folder cannot be used.
    """

    keeps = True

    def __init__(
        self,
        folder: Path,
        facts: RunFacts,
        *,
        max_age: float = 30.0,
        deduplicate: bool = False,
        patience: float = 300.0,
        max_bytes: int = MAX_BYTES,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.folder, self._facts, self._warn = folder, facts, warn
        self._max_age, self._deduplicate, self._patience = max_age, deduplicate, patience
        self._max_bytes = max_bytes
        self._told: set[str] = set()
        self._looked_up: dict[tuple[bytes, int], tuple[Any, ...] | None] = {}
        self._outdated: set[CacheKey] = set()
        self._filing: set[asyncio.Future[None]] = set()
        self._bodies = folder / BODIES
        self._counts = Occurrences()
        self._claims: dict[CacheKey, Claim] = {}
        self.sent = self.reused = 0
        self._reindexed = False
        database = self._opened()
        try:
            with usable(folder):
                self._writer = BatchWriter(folder, database, self._replaced)
        except InvalidSetting:
            self._lease.release()
            database.close()
            raise
        self.in_doubt = self._lease.in_doubt
        self._oldest = self._lease.since - max_age * DAY

    def _opened(self, damaged: tuple[int, str] | None = None) -> sqlite3.Connection:
        database = open_database(self.folder, self._warn, damaged)
        try:
            with usable(self.folder):
                self._file = (self.folder / DATABASE).stat().st_ino
                self._lease = RunLease(database, self.folder, self._facts)
        except InvalidSetting:
            database.close()
            raise
        return database

    def _replaced(self, error: Exception) -> sqlite3.Connection:
        self._lease.release()
        return self._opened((self._file, str(error)))

    def key(self, digest: bytes, *, lasting: bool = True) -> CacheKey:
        """Return the key of the next request of the run with this digest.

        Args:
            digest: the request's.
            lasting: whether later runs may use its response; else only one that resumes this run.
        """
        if not lasting:
            digest = hashlib.blake2b(digest + repr(self._lease.since).encode(), digest_size=len(digest)).digest()
        return CacheKey(digest, 1 if self._deduplicate else self._counts.count(digest))

    def look_up(self, keys: Sequence[CacheKey]) -> None:
        """Look up the responses of many keys at once, for the `find` that follows for each."""
        self._looked_up.clear()
        if len(keys) < 2:
            return
        values = [value for key in keys for value in key]
        with contextlib.suppress(*DATABASE_ERRORS):  # `find` meets the error again, and says it
            found = self._writer.database.execute(select_many(len(keys)), values).fetchall()
            self._looked_up = dict.fromkeys(keys)
            self._looked_up |= {row[:2]: row[2:] for row in found}

    def was_found(self, key: CacheKey) -> bool:
        """Return whether the last `look_up` found a response for `key` that is not too old."""
        found = self._looked_up.get(key)
        return found is not None and isinstance(found[0], float) and found[0] >= self._oldest

    def _select(self, key: CacheKey, part: int) -> tuple[Any, ...] | None:
        if part == 0 and key in self._looked_up:
            found = self._looked_up.pop(key)
            if found is None or found[FILE_AT] is None:
                return found
            # The file of a body may have been removed since.
        return self._writer.database.execute(SELECT, (*key, part)).fetchone()  # type: ignore[no-any-return]

    def recount(self) -> None:
        """Count equal requests from the first again, for a run that goes over its rows once more."""
        self._counts = Occurrences()

    def contains(self, key: CacheKey) -> bool:
        """Return whether there is a response that may be used, without reading it.

        Raises:
            RunStopped: the cache cannot be read at the moment.
        """
        try:
            found = self._writer.database.execute(_CREATED, key).fetchone()
        except DATABASE_ERRORS as error:
            self._unreadable(error)
            return False
        return found is not None and isinstance(found[0], float) and found[0] >= self._oldest

    def read_now(self, key: CacheKey) -> Response | None:
        """Return the response that the last `look_up` found, None where there is more to do: then `find` does it."""
        found = self._looked_up.get(key)
        if found is None or found[FILE_AT] is not None:
            return None
        now = time.time()
        try:
            if not self._oldest <= found[0] <= now - JUST_NOW or found[1] < now - DAY:
                return None
            response = read_record(key, 0, found, self._bodies)
        except (DamagedRecord, TypeError):
            return None
        self.reused += 1
        return response

    async def find(self, key: CacheKey, part: int = 0) -> Response | None:
        """Return the kept response, None if there is none that may be used.

        Args:
            key: the request's.
            part: 0 for the response itself, n for the n-th file that was fetched for it.

        Raises:
            RunStopped: the cache cannot be read at the moment, so that it is not known what is kept.
        """
        try:
            found = self._select(key, part)
            if found is None:
                return None
            if part == 0 and found[0] < self._oldest:
                self._outdated.add(key)
                return None
            response = read_record(key, part, found, self._bodies)
            now = time.time()
            unused = found[1] < now - DAY
        except (DamagedRecord, TypeError):
            if not self._reindexed:
                self._reindexed = True
                if rebuild_indices(self._writer.database):
                    return await self.find(key, part)
            self._warn_once(f"A response in the cache {self.folder} is damaged; it is asked for again.")
            self.drop(key, part)
            return None
        except DATABASE_ERRORS as error:
            self._unreadable(error)
            return None
        except OSError as error:
            raise self._refusal(error) from None
        if found[0] > now - JUST_NOW:
            await self._writer.synced()
        if unused:
            self._writer.write(
                "UPDATE answers SET used = ? WHERE key = ? AND occurrence = ? AND part = ?", (int(now), *key, part)
            )
        self.reused += part == 0
        return response

    async def claim(self, key: CacheKey) -> Claim | Response:
        """Return the right to ask for a response, or the response if another run gets it first.

        Raises:
            RunStopped: the cache cannot be written, or its disk is nearly full.
        """
        until = time.monotonic() + self._patience
        while True:
            patient = time.monotonic() < until
            if not patient:
                self._warn_once(
                    f"Another run has not got the same response within {self._patience:g} s; it is asked for again."
                )
            if claim := await self.claim_if_free(key, patient=patient):
                return claim
            if found := await self.find(key):
                return found
            await asyncio.sleep(POLL_SECONDS)

    async def claim_if_free(self, key: CacheKey, *, patient: bool = True) -> Claim | None:
        """Return the right to ask for a response, None if there is one or another run is asking for it.

        Args:
            key: the request's.
            patient: whether another run that is asking for it is respected.

        Raises:
            RunStopped: the cache cannot be written, or its disk is nearly full.
        """
        try:
            take = partial(take_claim, key, run=self._lease.id, folder=self.folder, oldest=self._oldest)
            claim = await self._writer.ask(
                partial(take, replaces=key in self._outdated, patient=patient), urgent=len(self._claims) < SEVERAL
            )
        except asyncio.CancelledError:
            self.release(key)
            raise
        if claim:
            self._claims[key] = claim
            self.sent += 1
        return claim

    def keep(self, key: CacheKey, response: Response, part: int = 0) -> asyncio.Future[None]:
        """Keep a response; the future is done when it survives a power cut, and fails if it cannot be kept."""
        loop = asyncio.get_running_loop()
        durable: asyncio.Future[None] = loop.create_future()
        record = Record(key, part, time.time(), response)
        if record.has_file:
            self._filing.add(durable)
            durable.add_done_callback(self._filing.discard)
            writing = loop.run_in_executor(self._writer.helpers, record.write_file, self._bodies)
            writing.add_done_callback(partial(self._filed, record, durable))
        else:
            self._insert(record, durable, record.row())
        return durable

    def _filed(self, record: Record, durable: asyncio.Future[None], writing: "asyncio.Future[tuple[str, Row]]") -> None:
        if writing.cancelled() or durable.done():
            return
        if error := writing.exception():
            durable.set_exception(self._writer.unwritable(Exception(error)))
            return
        file, row = writing.result()
        self._insert(record, durable, row, folder=(self._bodies / file).parent)

    def _insert(self, record: Record, durable: asyncio.Future[None], row: Row, *, folder: Path | None = None) -> None:
        if record.part == 0:
            claim = self._claims.pop(record.key, None)
            if claim and claim.replaces:
                self._writer.write(_DROP, (*record.key, 0, 0))
                durable.add_done_callback(lambda _: self._remove(claim.old_files))
            self._writer.write(_SETTLE, record.key)
        self._writer.write(INSERT, row, durable=durable, folder=folder)

    def release(self, key: CacheKey) -> None:
        """Give a claim back: the request was never sent, or refused, and is not billed."""
        self._claims.pop(key, None)
        self._writer.write(_SETTLE + " AND run = ?", (*key, self._lease.id))

    def doubt(self, key: CacheKey) -> None:
        """Give a claim back without knowing whether the request, which was sent, is billed."""
        self._claims.pop(key, None)
        self._writer.write("UPDATE pending SET in_doubt = 1 WHERE key = ? AND occurrence = ?", key)

    def drop(self, key: CacheKey, part: int = 0) -> None:
        """Forget a response that cannot be used; or only its n-th file, if `part` is n."""
        with contextlib.suppress(*DATABASE_ERRORS):
            self._remove(kept_files(self._writer.database, key, part))
        self._writer.write(_DROP, (*key, part, part))

    def _remove(self, files: tuple[str, ...]) -> None:
        for file in files:
            remove_body(self.folder, file)

    def noted(self, name: str) -> list[str]:
        """Return the words that a run noted under `name`, no longer ago than a response may be old."""
        with contextlib.suppress(*DATABASE_ERRORS):
            found = self._writer.database.execute(
                "SELECT value FROM facts WHERE name = ? AND noted >= ?", (name, self._oldest)
            ).fetchone()
            return str(found[0]).split() if found else []
        return []

    def note(self, name: str, words: list[str]) -> None:
        """Note words that later runs should know."""
        self._writer.write("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", (name, " ".join(words), time.time()))

    async def settle(self) -> None:
        """Wait until everything that was put here is durable, and everybody who waits for it has been told."""
        await self._writer.settle()
        while self._filing:
            await asyncio.wait(self._filing)
        await self._writer.settle()
        await asyncio.sleep(0)  # asyncio calls back in the turn after a future is done

    def close(self, *, finished: bool) -> None:
        """Close the cache; `finished` says whether the run came to its end."""
        self._lease.end(FINISHED if finished else STOPPED, self.sent, self.reused)
        if self.sent:
            with contextlib.suppress(*DATABASE_ERRORS):  # the next run makes room as well
                keep_bounded(self._writer.database, self.folder, self._max_bytes)
        self._writer.close()

    def _unreadable(self, error: Exception) -> None:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if is_damaged(error):
            self._writer.replace(error)
        elif code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH):
            self._warn_once(f"The cache {self.folder} is damaged ({error}); some responses are asked for again.")
        else:
            raise self._refusal(error)

    def _refusal(self, error: Exception) -> RunStopped:
        reason = getattr(error, "strerror", None) or error
        return RunStopped(
            f"the cache {self.folder} cannot be read ({reason}), so nothing more is sent.", StopReason.STORAGE
        )

    def _warn_once(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._warn(sentence)
