"""The record of what was submitted in batches: written to the disk before anything is, and read by the next run.

It lies beside the response cache. A *submission* is one batch; its requests go by their cache keys.
"""

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ....nodes.base import Response
from ..cache.cache_key import CacheKey
from ..cache.database import private_folder, transaction, usable
from ..http.retry import TRANSIENT_STATUSES

__all__ = ["COLLECTED", "CREATED", "CREATING", "UPLOADING", "LineResult", "Record", "Submissions"]

UPLOADING, CREATING, CREATED, COLLECTED = "uploading", "creating", "created", "collected"
"""States: there may be a file; there may be a batch; there is one; it has come to its end and is read."""

KEPT_DAYS = 30
"""Days for which what is collected is remembered."""

QUEUE_SECONDS = 86_400
"""For which it is remembered that a service's queue had no room for more."""

_TABLES = """
CREATE TABLE IF NOT EXISTS submissions (
    id TEXT PRIMARY KEY, scope TEXT, configuration TEXT, node TEXT, path TEXT, model TEXT, lines INTEGER, size INTEGER,
    input_file TEXT, other_files TEXT, batch TEXT, state TEXT, created REAL, ended REAL, outcome TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (
    key BLOB, occurrence INTEGER, submission TEXT, line INTEGER, status INTEGER, request_id TEXT, body BLOB,
    PRIMARY KEY (key, occurrence, submission)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS requests_by_line ON requests (submission, line);
CREATE TABLE IF NOT EXISTS queues (scope TEXT, model TEXT, size INTEGER, noted REAL, PRIMARY KEY (scope, model));
"""


@dataclass(frozen=True)
class Record:
    """A submission as it is recorded.

    Attributes:
        scope: what tells its requests from those of others: service and node.
        configuration: the Configuration as JSON, which holds no secret.
        lines, size: how many it has, and their bytes.
        input_file, other_files: the service's ids of what was uploaded for it.
        batch: the service's id of the batch, "" as long as there is none.
        created, ended: seconds since 1970; 0 if it has not ended.
        outcome: the status it ended in, in OpenAI's words.
    """

    id: str
    scope: str
    configuration: Mapping[str, Any]
    node: str
    path: str
    model: str
    lines: int
    size: int
    input_file: str
    other_files: Sequence[str] = ()
    batch: str = ""
    state: str = UPLOADING
    created: float = 0.0
    ended: float = 0.0
    outcome: str = ""

    @property
    def file_name(self) -> str:
        """Name of the uploaded file."""
        return f"endpoint-nodes-{self.id}.jsonl"


_COLUMNS = [column.name for column in fields(Record)]


@dataclass(frozen=True)
class LineResult:
    """What became of a request.

    Attributes:
        response: the line's; its status is 0 where there was none, its body empty where the cache has it.
        lines: how often the request was in a batch of this run.
    """

    response: Response
    lines: int

    @property
    def http(self) -> Response | None:
        """The response, None if there was none."""
        return self.response if self.response.status else None


class Submissions:
    """The submissions recorded in `FILE` in the cache's `folder`; a context manager.

    Raises:
        InvalidSetting: the folder cannot be used.
    """

    FILE = "batches.sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with usable(folder):
            private_folder(folder)
            (folder / self.FILE).touch(mode=0o600)
            self._database = sqlite3.connect(folder / self.FILE, timeout=30, isolation_level=None)
            try:
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = FULL")
                self._database.executescript(_TABLES)
            except sqlite3.Error:
                self._database.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.close()

    def add(self, record: Record, keys: Iterable[CacheKey]) -> None:
        """Record a submission that is about to be uploaded; it survives a power cut on return."""
        values = (*vars(record).values(),)
        with self._writing():
            row = [json.dumps(value) if isinstance(value, list | tuple | dict) else value for value in values]
            self._database.execute("INSERT INTO submissions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            self._database.executemany(
                "INSERT INTO requests (key, occurrence, submission, line) VALUES (?, ?, ?, ?)",
                ((*key, record.id, line) for line, key in enumerate(keys, 1)),
            )

    def uploaded(self, record: Record) -> None:
        """Record that the file of a submission is at the service, and that its batch is about to be created."""
        values = (record.input_file, record.created, CREATING, record.id)
        with self._writing():
            self._database.execute("UPDATE submissions SET input_file = ?, created = ?, state = ? WHERE id = ?", values)

    def created(self, id_: str, batch: str) -> None:
        """Record that the batch is there."""
        with self._writing():
            self._database.execute("UPDATE submissions SET batch = ?, state = ? WHERE id = ?", (batch, CREATED, id_))

    def forget(self, id_: str) -> None:
        """Remove a submission of which there is no batch."""
        with self._writing():
            self._database.execute("DELETE FROM submissions WHERE id = ?", (id_,))
            self._database.execute("DELETE FROM requests WHERE submission = ?", (id_,))

    def answer(self, id_: str, lines: Iterable[tuple[CacheKey, Response]]) -> None:
        """Record responses of some lines; good ones must be in the cache, and are noted without their body."""
        with self._writing():
            self._database.executemany(
                "UPDATE requests SET status = ?, request_id = ?, body = ? "
                "WHERE key = ? AND occurrence = ? AND submission = ?",
                (
                    (
                        response.status,
                        response.headers.get("x-request-id"),
                        b"" if response.status < 300 else response.body,
                        *key,
                        id_,
                    )
                    for key, response in lines
                ),
            )

    def answer_line(self, id_: str, line: int | None, response: Response) -> None:
        """Record the response of a line by its number, or of all that have none yet."""
        which, values = ("line = ?", (line,)) if line else ("status IS NULL", ())
        with self._writing():
            self._database.execute(
                f"UPDATE requests SET status = ?, body = ? WHERE submission = ? AND {which}",  # noqa: S608 - of two
                (response.status, response.body, id_, *values),
            )

    def end(self, id_: str, outcome: str) -> None:
        """Record that a submission is collected."""
        with self._writing():
            self._database.execute(
                "UPDATE submissions SET state = ?, ended = ?, outcome = ? WHERE id = ?",
                (COLLECTED, time.time(), outcome, id_),
            )

    def tidy(self, id_: str) -> None:
        """Record that nothing is left to do for a submission, and forget those collected long ago."""
        before = time.time() - KEPT_DAYS * 86_400
        with self._writing():
            self._database.execute("UPDATE submissions SET input_file = '', other_files = '[]' WHERE id = ?", (id_,))
            old = "SELECT id FROM submissions WHERE state = ? AND ended < ?"
            self._database.execute(f"DELETE FROM requests WHERE submission IN ({old})", (COLLECTED, before))  # noqa: S608
            self._database.execute("DELETE FROM submissions WHERE state = ? AND ended < ?", (COLLECTED, before))

    def get(self, id_: str) -> Record | None:
        """Return a submission."""
        return next(self._records("id = ?", id_), None)

    def find(self, name: str) -> list[Record]:
        """Return the submissions whose own id, or that of their batch, is or begins with `name`."""
        return list(self._records("id LIKE ? || '%' OR batch LIKE ? || '%'", name, name))

    def all(self) -> list[Record]:
        """Return all submissions, the newest first."""
        return list(self._records("1 ORDER BY created DESC"))

    def of_scope(self, scope: str, state: str) -> list[Record]:
        """Return the submissions of a scope that are in a state."""
        return list(self._records("scope = ? AND state = ?", scope, state))

    def under_way(self, key: CacheKey) -> str | None:
        """Return the id of the submission that will bring the response of `key`, None if none will."""
        found = self._row(
            "SELECT submission FROM requests JOIN submissions ON id = submission "
            "WHERE key = ? AND occurrence = ? AND state <> ?",
            (*key, COLLECTED),
        )
        return str(found[0]) if found else None

    def result(self, key: CacheKey, since: float) -> LineResult | None:
        """Return what became of a request that was collected since a moment, None if nothing was."""
        # Beside max(), SQLite takes the other columns from the row that has it.
        found = self._row(
            "SELECT status, request_id, body, count(*), max(ended) FROM requests JOIN submissions ON id = submission "
            "WHERE key = ? AND occurrence = ? AND state = ? AND ended >= ? AND status IS NOT NULL",
            (*key, COLLECTED, since),
        )
        status, request_id, body, lines, _ = found or (None,) * 5
        if not lines:
            return None
        headers = {"content-type": "application/json", **({"x-request-id": request_id} if request_id else {})}
        return LineResult(Response(status, headers, body or b""), lines)

    def answered(self, id_: str, key: CacheKey) -> bool | None:
        """Return whether a line has been recorded as answered; None if it is not of this submission."""
        found = self._row(
            "SELECT status FROM requests WHERE key = ? AND occurrence = ? AND submission = ?", (*key, id_)
        )
        return None if found is None else found[0] is not None

    def answered_lines(self, id_: str) -> int:
        """Return how many lines of a submission have been recorded as answered."""
        found = self._row("SELECT count(*) FROM requests WHERE submission = ? AND status IS NOT NULL", (id_,))
        return int(found[0]) if found else 0

    def lacks(self, id_: str) -> bool:
        """Return whether a submission has requests that another batch may answer."""
        found = self._row(
            "SELECT 1 FROM requests WHERE submission = ? AND (status IS NULL OR status = 0 OR status >= 500 "
            "OR status IN (SELECT value FROM json_each(?))) LIMIT 1",
            (id_, json.dumps(list(TRANSIENT_STATUSES))),
        )
        return found is not None

    def queue_limit(self, scope: str, model: str) -> int | None:
        """Return how many bytes of requests a model's queue takes, None if it has not refused any lately."""
        found = self._row(
            "SELECT size FROM queues WHERE scope = ? AND model = ? AND noted >= ?",
            (scope, model, time.time() - QUEUE_SECONDS),
        )
        return int(found[0]) if found else None

    def note_queue_limit(self, scope: str, model: str, size: int) -> None:
        """Record how many bytes of requests a model's queue takes."""
        with self._writing():
            self._database.execute(
                "INSERT OR REPLACE INTO queues VALUES (?, ?, ?, ?)", (scope, model, size, time.time())
            )

    def enqueued(self, scope: str, model: str, but: str = "") -> int:
        """Return the bytes of the requests that are under way for a model, `but` those of one submission."""
        records = self.of_scope(scope, CREATED)
        return sum(record.size for record in records if record.model == model and record.id != but)

    def _row(self, sql: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        with usable(self._folder):
            found: tuple[Any, ...] | None = self._database.execute(sql, values).fetchone()
            return found

    def _records(self, condition: str, *values: Any) -> Iterator[Record]:
        with usable(self._folder):
            rows = self._database.execute(f"SELECT * FROM submissions WHERE {condition}", values).fetchall()  # noqa: S608
        for row in rows:
            named = dict(zip(_COLUMNS, row, strict=True))
            yield Record(**{**named, **{name: json.loads(named[name]) for name in ("configuration", "other_files")}})

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with usable(self._folder), transaction(self._database):
            yield
