"""How far a run is, as hosts are told; the command line shows its help without the rest of the engine."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..batch.delivery import Waiting

__all__ = ["Progress"]


class Progress(NamedTuple):
    """How far a run is: input rows done and failed, and their number if it is known.

    Attributes:
        waiting: the batches that the run waits for, None if it does not; `done` and `failed` are then theirs.
    """

    done: int
    failed: int
    total: int | None
    waiting: "Waiting | None" = None
