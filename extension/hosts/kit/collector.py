"""The garbage collector in a process that is the host's own."""

import gc
from functools import cache

__all__ = ["relax_collector"]

OBJECTS = 10_000
"""New objects before Python looks for garbage among them. The usual 700 are those of twenty rows, and what these need
is never garbage of the kind that only the collector finds."""


@cache
def relax_collector() -> None:
    """Have the garbage collector look at what a run makes less often, and no more at what is loaded by now.

    That is a tenth of a run's time. It holds for the whole process, so it is for hosts whose process is their own, and
    only the first call does anything.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS)
