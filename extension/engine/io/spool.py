"""Rows that are read from their source once and can be gone through again."""

import pickle
import tempfile
import weakref
from collections.abc import Iterable, Iterator

from .rows import Row

__all__ = ["SpooledRows"]

IN_MEMORY_BYTES = 8_000_000
"""What is held in memory before a temporary file is used."""


class SpooledRows:
    """Rows kept in memory while they are few, else in a temporary file that goes away with this object.

    Args:
        rows: read to their end at once.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - as long-lived as this object
        weakref.finalize(self, self._file.close)
        for row in rows:
            pickle.dump(row, self._file, pickle.HIGHEST_PROTOCOL)
        self._end = self._file.tell()

    def __iter__(self) -> Iterator[Row]:
        position = 0
        while position < self._end:
            self._file.seek(position)  # another iteration may have moved it
            row: Row = pickle.load(self._file)  # noqa: S301 - nobody else has written there
            position = self._file.tell()
            yield row
