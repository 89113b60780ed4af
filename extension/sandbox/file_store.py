"""Uploaded files and those that batches make: on disk, in a folder that goes with the sandbox."""

import mimetypes
import shutil
import tempfile
import uuid
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from .checks import Upload
from .clock import Clock
from .errors import ApiError

__all__ = ["FileStore", "StoredFile"]

SAMPLE_ID = "file-sandbox"
SAMPLE = b'{"fruit": "plum", "number": 2}\n'
CAPACITY = 10_000_000_000  # bytes of all files


@dataclass(frozen=True)
class StoredFile:
    """One file.

    Attributes:
        size: Bytes.
        created_at: Unix seconds.
        expires_at: Unix seconds; None for a file that stays until it is deleted.
        path: Where its content is.
    """

    id: str
    filename: str
    purpose: str
    size: int
    created_at: int
    expires_at: int | None
    path: Path

    def describe(self) -> dict[str, object]:
        """Return the file object of the API."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": self.size,
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "filename": self.filename,
            "purpose": self.purpose,
            "status": "processed",
            "status_details": None,
        }

    def as_upload(self) -> Upload:
        """Return the file as one that came with a request."""
        media_type = mimetypes.guess_type(self.filename)[0] or "application/octet-stream"
        return Upload(self.filename, media_type, self.path.read_bytes())


class FileStore:
    """The files of one sandbox.

    Args:
        clock: Decides what has expired.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._files: dict[str, StoredFile] = {}
        self._folder: Path | None = None

    def new_path(self) -> Path:
        """Return a path for a file's content."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="endpoint-nodes-sandbox-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder / uuid.uuid4().hex

    def save(self, content: BinaryIO, filename: str, purpose: str, lifetime: int | None) -> StoredFile:
        """Keep what is read from `content`; arguments and errors are those of `add`."""
        path = self.new_path()
        with path.open("wb") as file:
            shutil.copyfileobj(content, file, 1 << 20)
        return self.add(path, filename, purpose, lifetime)

    def add(self, path: Path, filename: str, purpose: str, lifetime: int | None) -> StoredFile:
        """Keep a file that is written already.

        Args:
            path: From `new_path`.
            filename: What the client calls it.
            purpose: What it is for.
            lifetime: Seconds until it expires; None for never.

        Raises:
            ApiError: 400 where all files together would be too large.
        """
        size, now = path.stat().st_size, int(self._clock.now())
        if size + sum(file.size for file in self.all()) > CAPACITY:
            path.unlink()
            raise ApiError(
                f"The sandbox keeps at most {CAPACITY} bytes of files; delete some.", code="storage_limit_exceeded"
            )
        expires_at = None if lifetime is None else now + lifetime
        stored = StoredFile(f"file-{uuid.uuid4().hex[:24]}", filename, purpose, size, now, expires_at, path)
        self._files[stored.id] = stored
        return stored

    def all(self) -> Iterable[StoredFile]:
        """Return the files that have not expired, oldest first."""
        now = self._clock.now()
        for file in tuple(self._files.values()):
            if file.expires_at is not None and file.expires_at <= now:
                self._remove(file)
        return tuple(self._files.values())

    def get(self, id_: str) -> StoredFile:
        """Return the file of this id.

        Raises:
            ApiError: 404 where there is none, or it has expired.
        """
        if id_ == SAMPLE_ID:
            return self._sample
        for file in self.all():
            if file.id == id_:
                return file
        raise ApiError(f"No such File object: {id_}", status=404, param="id")

    @cached_property
    def _sample(self) -> StoredFile:
        """A file that is always there, and in no list."""
        path = self.new_path()
        path.write_bytes(SAMPLE)
        return StoredFile(SAMPLE_ID, "sample.jsonl", "batch_output", len(SAMPLE), int(self._clock.now()), None, path)

    def delete(self, id_: str) -> None:
        """Delete the file of this id.

        Raises:
            ApiError: 404 where there is none.
        """
        self._remove(self.get(id_))

    def _remove(self, file: StoredFile) -> None:
        if self._files.pop(file.id, None):
            file.path.unlink(missing_ok=True)
