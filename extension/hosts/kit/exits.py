"""How a command ends: one table of exit codes for every host, which follow the reasons of errors."""

import enum
from typing import Self

from ....port_types.errors import EndpointError, RequestFailed, RunStopped, StopReason

__all__ = ["Exit", "exit_code", "exit_help"]


class Exit(enum.IntEnum):
    """The exit codes: `word` for a report, `meaning` for a page of help."""

    word: str
    meaning: str

    def __new__(cls, code: int, word: str, meaning: str) -> Self:
        """Make a member from its code and what is said of it."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.word, member.meaning = word, meaning
        return member

    DONE = 0, "done", "done"
    FAILED_ROWS = 1, "done with errors", "finished with failed rows, or stopped by one"
    BAD_USAGE = 2, "not run", "bad input or usage (nothing was sent)"
    REFUSED = 3, "refused", "the service refuses every request (key, quota, route, model or certificate)"
    MISSING = 4, "not run", "something it needs is not installed (nothing was run)"
    BUDGET = 5, "budget spent", "a budget is spent (what arrived is kept)"
    STORAGE = 6, "disk full", "the disk is full or cannot be written (what arrived before is kept)"
    PENDING = 7, "under way", "batches are under way (the same command collects them)"
    TIMEOUT = 124, "timeout", "timeout (what was done until then is kept)"
    CANCELLED = 130, "cancelled", "cancelled"


_OF_REASON = {
    StopReason.BUDGET: Exit.BUDGET,
    StopReason.STORAGE: Exit.STORAGE,
    StopReason.PENDING: Exit.PENDING,
    StopReason.CANCELLED: Exit.CANCELLED,
}
"""The exit codes of reasons; of all others the service is one that refuses every request."""


def exit_code(error: EndpointError, requests: int = 0) -> Exit:
    """Return the exit code that `error` stands for.

    Args:
        error: why the command ended.
        requests: how many requests had been sent until then.
    """
    if isinstance(error, RunStopped):
        return _OF_REASON.get(error.reason, Exit.REFUSED)
    tried = requests or isinstance(error, RequestFailed)  # a service that cannot be reached has been sent nothing
    return Exit.FAILED_ROWS if tried else Exit.BAD_USAGE


def exit_help(*codes: Exit) -> str:
    """Return the epilog of a command's help that says what its exit codes mean."""
    return f"Exit codes: {'; '.join(f'{code.value} {code.meaning}' for code in codes)}."
