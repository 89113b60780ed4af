"""Files of results beside a cache, where hosts keep them whose tables name files and hold no images."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["measure_result_files", "remove_result_files", "result_files"]


def result_files(folder: Path) -> Path:
    """Return the folder for files of results beside the responses in a cache's `folder`."""
    return folder.absolute() / "files"


def measure_result_files(folder: Path) -> tuple[int, int]:
    """Return how many files of results are kept in a cache's `folder`, and their bytes."""
    sizes = [path.stat().st_size for path in _files(folder)]
    return len(sizes), sum(sizes)


def remove_result_files(folder: Path, *, older_than: float = 0.0) -> tuple[int, int]:
    """Remove files of results that were last written or used `older_than` seconds ago, or before.

    Returns:
        The number of files removed, and their bytes.
    """
    removed = freed = 0
    for path in _files(folder):
        with contextlib.suppress(OSError):  # in use, or somebody else has removed it
            facts = path.stat()
            if time.time() - facts.st_mtime >= older_than:
                path.unlink()
                removed, freed = removed + 1, freed + facts.st_size
    return removed, freed


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in result_files(folder).rglob("*") if path.is_file())
