"""What a host hears about a row: its outcome, and before that each retry of its request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ....port_types.errors import EndpointError, InvalidInput
from ....port_types.fields.values import preview
from ....port_types.files import File
from ..io.inputs import Row

__all__ = ["NO_USAGE", "Outcome", "Retry", "Rows", "bytes_in", "unexpected_error"]

Rows = Sequence[Mapping[str, Any]]
NO_SOURCES: Mapping[str, Sequence[File]] = {}
NO_USAGE: Mapping[str, int] = {}


@dataclass(frozen=True)
class Retry:
    """A request that is about to be sent again: its row's id, attempts so far, seconds until the next, reason."""

    row: str | None
    attempts: int
    wait: float
    reason: str


class Outcome(NamedTuple):
    """What became of one input row; it may travel to another process.

    Attributes:
        row: the input row, None for a run without input.
        attempts: how often its request was sent.
        status: HTTP status of the last response.
        request_id: the service's own id of that.
        rows: its result rows; one of nulls and an error if it failed.
        error: why it failed, None if it did not.
        kept: whether the response came from the cache.
        sources: the source files as they were loaded, by field.
        usage: tokens used, by name.
        model: the model that answered, as far as it is known.
        route: name of the route that was taken last, "" for none.
        repaired: what was changed on the files, in words.
        elapsed_ms: milliseconds from the first attempt to the whole result.
    """

    row: Row | None = None
    attempts: int = 0
    status: int | None = None
    request_id: str | None = None
    rows: Rows = ()
    error: EndpointError | None = None
    kept: bool = False
    sources: Mapping[str, Sequence[File]] = NO_SOURCES
    usage: Mapping[str, int] = NO_USAGE
    model: str = ""
    route: str = ""
    repaired: Sequence[str] = ()
    elapsed_ms: int | None = None

    def named_error(self) -> EndpointError:
        """Return why the row failed, in a sentence that names the row."""
        error = self.error or EndpointError()
        return error.with_prefix(f"{self.row.name}: ") if self.row else error


def bytes_in(rows: Rows) -> int:
    """Return the bytes of the images, recordings and files in `rows`."""
    return sum([len(value) for row in rows for value in row.values() if type(value) is bytes])


def unexpected_error(error: Exception) -> EndpointError:
    """Return the error of a row that ran into a mistake in the code, so that the other rows go on."""
    if isinstance(error, UnicodeEncodeError):
        return InvalidInput(f"a text of this row cannot be sent: {preview(error.object)} is not valid Unicode.")
    what = f"{type(error).__name__}: {preview(' '.join(str(error).split()), 200)}"
    return EndpointError(f"this row cannot be processed, which is a mistake of Endpoint Nodes or of a pack ({what}).")
