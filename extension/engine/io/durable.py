"""Putting files in place so that they survive a power cut."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replace_durably", "sync_file", "sync_folder"]


@contextmanager
def replace_durably(path: Path) -> Iterator[Path]:
    """Give a temporary file beside `path`, and put it in the place of `path` when the block ends well.

    The file is on the disk before it gets its name, and its name before this returns. On any error `path` is as it
    was, and nothing is left behind.
    """
    _remove_abandoned(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        sync_file(temporary)
        temporary.replace(path)
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def sync_file(path: Path) -> None:
    """Put the content of a file on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Put the names in `folder` on the disk, where the system can do that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems cannot sync a folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_abandoned(path: Path) -> None:
    """Remove what killed processes have left of this output."""
    if os.name != "posix":
        return
    prefix, suffix = f".{path.name}.", ".part"
    for part in path.parent.iterdir():
        number = part.name[len(prefix) : -len(suffix)]
        ours = part.name.startswith(prefix) and part.name.endswith(suffix) and number.isdigit()
        if ours and not _is_alive(int(number)):
            part.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
