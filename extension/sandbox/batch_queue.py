"""The batches of one sandbox."""

import asyncio
from collections.abc import Coroutine, Sequence

from .batch import Batch

__all__ = ["BatchQueue"]


class BatchQueue:
    """Batches by id, those that run, and the input tokens that each model's hold.

    Args:
        tokens: Input tokens of one model's waiting batches; 0 is unlimited.
    """

    def __init__(self, tokens: int) -> None:
        self._limit = tokens
        self._batches: dict[str, Batch] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # asyncio itself keeps no reference to a task

    def all(self) -> Sequence[Batch]:
        """Return the batches, oldest first."""
        return tuple(self._batches.values())

    def get(self, id_: str) -> Batch | None:
        """Return the batch of this id."""
        return self._batches.get(id_)

    def begin(self, batch: Batch, run: Coroutine[None, None, None]) -> None:
        """Begin to run a batch on the loop of the request."""
        self._batches[batch.id] = batch
        task = asyncio.get_running_loop().create_task(run)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def reserve(self, batch: Batch, tokens: int) -> bool:
        """Put a batch into the queue of its model.

        Args:
            batch: Its tokens are noted, and count until it is at its end.
            tokens: Of its input.

        Returns:
            Whether the queue has room for them.
        """
        waiting = sum(other.tokens for other in self.all() if other.model == batch.model and not other.is_final)
        if self._limit and waiting + tokens > self._limit:
            return False
        batch.tokens = tokens
        return True
