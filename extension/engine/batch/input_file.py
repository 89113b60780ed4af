"""A batch's input file while it is written: on the disk, cut before it is more than a service takes."""

from pathlib import Path

from ..cache.cache_key import CacheKey

__all__ = ["InputFile"]


class InputFile:
    """Lines for one batch.

    Args:
        path: where they are written.
        route: path of the operation, below the base url.
        model: that of all lines.

    Attributes:
        keys: cache keys of the requests, line by line, each once.
        photos: the service's ids of images that were uploaded for it.
        size: bytes.
    """

    def __init__(self, path: Path, route: str, model: str) -> None:
        self.path, self.route, self.model = path, route, model
        self.keys: dict[CacheKey, None] = {}
        self.photos: list[str] = []
        self.size = 0
        path.touch(mode=0o600)
        self._file = path.open("wb")

    def has_room(self, line: bytes, most_lines: int, most_bytes: int) -> bool:
        """Return whether a further line would fit."""
        return not self.keys or (len(self.keys) < most_lines and self.size + len(line) <= most_bytes)

    def add(self, key: CacheKey, line: bytes) -> None:
        """Write a line."""
        self._file.write(line)
        self.keys[key] = None
        self.size += len(line)

    def finish(self) -> None:
        """Close the file, so that it can be uploaded."""
        self._file.close()

    def remove(self) -> None:
        """Remove the file."""
        self._file.close()
        self.path.unlink(missing_ok=True)
