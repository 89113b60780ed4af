"""Files that clients upload, one folder for each token, bounded together."""

import contextlib
import secrets
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ...engine.io.durable import sync_file, sync_folder
from ...engine.io.media import FILE_NAME
from .models import Upload

__all__ = ["Uploads"]

INCOMING = ".incoming-"
"""How the name of a file begins while it comes in."""


class Uploads:
    """The uploaded files of all tokens.

    Args:
        folder: holds one folder for each owner.
        most_bytes: of one owner's files.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.folder, self._most_bytes = folder, most_bytes
        self._bytes: Counter[str] = Counter()
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in folder.glob("*/*"):
            if path.name.startswith(INCOMING):
                path.unlink()
            else:
                self._bytes[path.parent.name] += path.stat().st_size

    async def save(self, owner: str, name: str, chunks: AsyncIterator[bytes]) -> Upload:
        """Keep what `chunks` bring under `name`, in place of an earlier file of that name.

        Raises:
            HTTPException: the name cannot be one, or the owner has too many files.
        """
        if not FILE_NAME.fullmatch(name):
            raise HTTPException(
                422, f"{name[:200]!r} cannot be the name of a file: letters, digits, dots, - and _ are allowed."
            )
        path = self.folder / owner / name
        path.parent.mkdir(exist_ok=True, mode=0o700)
        size, incoming = 0, path.with_name(f"{INCOMING}{secrets.token_hex(8)}")
        try:
            with incoming.open("wb") as file:
                async for chunk in chunks:
                    self._reserve(owner, len(chunk))
                    size += len(chunk)
                    await run_in_threadpool(file.write, chunk)
            await run_in_threadpool(self._put_in_place, incoming, path)
        except BaseException:
            self._release(owner, size)
            raise
        finally:
            incoming.unlink(missing_ok=True)
        return Upload(name, size)

    def _put_in_place(self, incoming: Path, path: Path) -> None:
        sync_file(incoming)
        with self._lock:
            replaced = _size(path)
            incoming.replace(path)
        self._release(path.parent.name, replaced)
        sync_folder(path.parent)

    def delete(self, owner: str, name: str) -> bool:
        """Delete a file and return whether it was there."""
        path = self.folder / owner / name
        if not FILE_NAME.fullmatch(name) or not path.is_file():
            return False
        with self._lock:
            self._bytes[owner] -= _size(path)
            path.unlink(missing_ok=True)
        return True

    def prune(self, older_than: float, busy: Iterable[str]) -> None:
        """Delete files that were uploaded some time ago.

        Args:
            older_than: seconds.
            busy: owners with unfinished runs, which may need their files.
        """
        kept = set(busy)
        for path in self.folder.glob("*/*"):
            if path.parent.name in kept or path.name.startswith(INCOMING):
                continue
            with contextlib.suppress(FileNotFoundError):  # deleted since
                if path.stat().st_mtime < time.time() - older_than:
                    self.delete(path.parent.name, path.name)

    def _reserve(self, owner: str, size: int) -> None:
        with self._lock:
            if self._bytes[owner] + size > self._most_bytes:
                raise HTTPException(
                    413,
                    f"Your files together may have {self._most_bytes:,} bytes; delete some with DELETE /files/NAME.",
                )
            self._bytes[owner] += size

    def _release(self, owner: str, size: int) -> None:
        with self._lock:
            self._bytes[owner] -= size


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
