"""Tables from a pipe: what comes in is put into a file, because a run counts rows and may read them again."""

import os
import shutil
import stat
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from ....port_types.errors import InvalidInput

__all__ = ["readable_source"]

STANDARD_INPUT = "-"


def readable_source(source: str | None, stack: ExitStack) -> str | None:
    """Return the path of a file with what `source` names; a pipe is read to its end first.

    Args:
        source: a path, "-" for standard input, or None.
        stack: removes the file at its end.

    Raises:
        InvalidInput: standard input is a terminal, or empty.
    """
    if source == STANDARD_INPUT:
        if sys.stdin.isatty():
            raise InvalidInput("Standard input is a terminal; pipe a table into it, such as CSV or JSON lines.")
        return _spool(sys.stdin.buffer, stack)
    if source and _is_pipe(source):
        with Path(source).open("rb") as pipe:
            return _spool(pipe, stack)
    return source


def _is_pipe(source: str) -> bool:
    try:
        mode = os.stat(source).st_mode  # noqa: PTH116 - follows /dev/stdin and /dev/fd as they are
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _spool(pipe: BinaryIO, stack: ExitStack) -> str:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="endpoint-nodes-")))
    start = pipe.read(4096)
    if not start.strip():
        raise InvalidInput("Standard input is empty; pipe a table into it, such as CSV or JSON lines.")
    path = folder / f"standard input{_suffix(start)}"
    with path.open("wb") as file:
        file.write(start)
        shutil.copyfileobj(pipe, file)
    return str(path)


def _suffix(start: bytes) -> str:
    """Return the suffix of the format that the first bytes show."""
    if start.startswith(b"PAR1"):
        return ".parquet"
    if start.startswith(b"ARROW1"):
        return ".arrow"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return ".jsonl" if text.startswith(b"{") else ".json" if text.startswith(b"[") else ".csv"
