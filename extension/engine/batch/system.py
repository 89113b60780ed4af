"""What batches are submitted to: a service, or a folder whose files somebody runs."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

from ....port_types.errors import EndpointError
from ....port_types.files import File
from .dialects import Batch, Dialect, Submission
from .submissions import Record

__all__ = ["BatchSystem", "InDoubt", "OnContent"]

OnContent = Callable[[bytes], Awaitable[None]]
"""Given a line of a file."""


class InDoubt(EndpointError):
    """Nobody knows whether the batch was created."""


class BatchSystem(Protocol):
    """Takes batches.

    Attributes:
        dialect: what it takes, and how it speaks of it.
        ends_alone: whether batches come to their end by themselves, so that it makes sense to wait.
    """

    dialect: Dialect
    ends_alone: bool

    async def upload(self, path: Path, name: str) -> str:
        """Take the lines in a file under a name, and return its id of them.

        Raises:
            RunStopped: it does not take them.
        """

    async def find_uploads(self, name: str) -> Sequence[str]:
        """Return the ids of the lines that were uploaded under a name, as far as they are known."""

    async def upload_photo(self, photo: File) -> str:
        """Take an image that is too large for a line, and return its id of it.

        Raises:
            RunStopped: it does not take it.
        """

    async def create(self, submission: Submission) -> Batch:
        """Create a batch.

        Raises:
            InDoubt: it is not known whether there is one now.
            RunStopped: there is none.
        """

    async def find(self, submission: Submission) -> Batch | None:
        """Return the batch of a submission whose creation was not answered, None if there is none.

        Raises:
            RunStopped: that cannot be known.
        """

    async def get(self, batch: str) -> Batch | None:
        """Return a batch, None if there is none of this id (any more).

        Raises:
            RunStopped: it refuses to say.
            RequestFailed: it could not be asked.
        """

    async def read_lines(self, file: str, on_line: OnContent) -> bool:
        """Hand the lines of a file to `on_line` as they arrive, each once; return whether there is such a file.

        Raises:
            EndpointError: it cannot be read to its end.
        """

    async def delete(self, file: str) -> None:
        """Remove a file, if it is there."""

    def next_step(self, records: Sequence[Record]) -> str:
        """Return what the user has to do for the batches of `records` to end, "" for nothing."""
