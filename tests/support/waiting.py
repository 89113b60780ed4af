"""Waiting for what another process does, with an end: a test that waits for ever says nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Found = TypeVar("Found")

SECONDS = 120.0
"""Longer than anything takes on a busy machine."""


def eventually(look: Callable[[], Found]) -> Found:
    """Return what `look` returns as soon as that is true.

    Raises:
        AssertionError: it never is.
    """
    end = time.monotonic() + SECONDS
    while not (found := look()):
        assert time.monotonic() < end, f"{found!r} for {SECONDS:g} seconds"
        time.sleep(0.05)
    return found
