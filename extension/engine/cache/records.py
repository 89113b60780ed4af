"""What is kept of a response, and how it is checked when it is read again."""

import contextlib
import hashlib
import os
import uuid
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from ....nodes.base import Response
from .cache_key import CacheKey
from .database import private_folder

__all__ = [
    "BODIES",
    "FILE_AT",
    "INSERT",
    "SELECT",
    "DamagedRecord",
    "Record",
    "Row",
    "read_record",
    "remove_body",
    "select_many",
]

BODIES = "bodies"
"""Folder of the bodies that have a file of their own."""

INLINE_BYTES = 32_768
"""Larger bodies have a file of their own: in the database they would be written twice."""

PIECE_BYTES = 65_536
"""Of a body, written at once: for more, Linux may look for larger stretches of memory, longer than the disk takes."""

INSERT = (
    "INSERT OR REPLACE INTO answers (key, occurrence, part, created, used, size, checksum, status, content_type, "
    "request_id, file, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_READ = ("created", "used", "checksum", "status", "content_type", "request_id", "file", "body")
FILE_AT = _READ.index("file")
SELECT = f"SELECT {', '.join(_READ)} FROM answers WHERE key = ? AND occurrence = ? AND part = ?"  # noqa: S608 - no value

KEPT_HEADERS = ("content-type", "x-request-id")
"""All that is ever read of a kept response's headers; others may hold a secret that the service echoes."""


Row = tuple[Any, ...]
"""The values of `INSERT`."""


class DamagedRecord(Exception):
    """A record is not what was kept."""


class Record(NamedTuple):
    """A response as it is kept.

    Attributes:
        key: the request it belongs to.
        part: 0 for the response itself, n for the n-th file that was fetched for it.
        created: seconds since 1970.
        response: status, headers and body.
    """

    key: CacheKey
    part: int
    created: float
    response: Response

    @property
    def has_file(self) -> bool:
        """Whether its body goes to a file of its own."""
        return len(self.response.body) > INLINE_BYTES

    def write_file(self, folder: Path) -> tuple[str, Row]:
        """Write the body to a file of its own, durably; return its name below `folder`, and the row that names it.

        It takes as long as the disk does, and as a digest of the body: it is for a thread of its own.
        """
        name = f"{self.key.digest[:1].hex()}/{self.key.digest.hex()}-{uuid.uuid4().hex[:12]}"
        private_folder((folder / name).parent)
        (folder / name).touch(mode=0o600)
        with (folder / name).open("r+b", buffering=0) as file:
            view = memoryview(self.response.body)
            while view:
                view = view[file.write(view[:PIECE_BYTES]) :]
            os.fsync(file.fileno())
        return name, self.row(name)

    def row(self, file: str | None = None) -> Row:
        """Return the values of `INSERT`; with `file`, the body is not among them."""
        key, status, body = self.key, self.response.status, self.response.body
        headers = [self.response.headers.get(name) for name in KEPT_HEADERS]
        checksum = _checksum(key, self.part, self.created, status, *headers, file, body)
        kept = None if file else body
        return (*key, self.part, self.created, int(self.created), len(body), checksum, status, *headers, file, kept)


@lru_cache(maxsize=8)
def select_many(keys: int) -> str:
    """Return the statement that selects the responses of this many keys: key, occurrence and what `SELECT` gives."""
    values = ", ".join(["(?, ?)"] * keys)
    return (
        f"WITH wanted (wanted_key, wanted_occurrence) AS (VALUES {values}) "  # noqa: S608 - no value
        f"SELECT key, occurrence, {', '.join(_READ)} FROM wanted CROSS JOIN answers "
        "ON key = wanted_key AND occurrence = wanted_occurrence AND part = 0"
    )


def read_record(key: CacheKey, part: int, found: tuple[Any, ...], folder: Path) -> Response:
    """Return the response whose row is `found`, as `SELECT` gives it.

    Args:
        key: the key it was looked up by.
        part: the part it was looked up by.
        found: the row.
        folder: where bodies are that have a file of their own.

    Raises:
        DamagedRecord: it is not what was kept, or the file of its body is gone.
        OSError: the file of its body cannot be opened.
    """
    created, _, checksum, status, content_type, request_id, file, body = found
    try:
        if file is not None:
            body = (folder / file).read_bytes()
        if _checksum(key, part, created, status, content_type, request_id, file, body) != checksum:
            raise DamagedRecord
    except (TypeError, ValueError, FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise DamagedRecord from error
    headers = {"content-type": content_type} if content_type else {}
    if request_id:
        headers["x-request-id"] = request_id
    return Response(status, headers, body)


def remove_body(folder: Path, file: str) -> None:
    """Remove the file of a body from the cache in `folder`, wherever a damaged record may say it is."""
    with contextlib.suppress(OSError, ValueError):  # a name may hold a character that no name can
        bodies = (folder / BODIES).resolve()
        path = (bodies / file).resolve()
        if path != bodies and path.is_relative_to(bodies):
            path.unlink()


def _checksum(key: CacheKey, part: int, *values: Any) -> int:
    """Return a digest of a record's values, of which the last is the body, as SQLite keeps integers."""
    *facts, body = values
    digest = hashlib.sha256(key.digest)  # for large bodies the quickest, as processors bring it
    digest.update(repr((key.occurrence, part, facts)).encode("utf-8", "surrogatepass"))
    digest.update(body)
    return int.from_bytes(digest.digest()[:8], "big", signed=True)
