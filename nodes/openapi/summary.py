"""How much of a document could be said: for each operation its fields, what is JSON, and what is missing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .describe import Descriptions
from .descriptions import Note, OperationDescription

__all__ = ["OperationSummary", "PackSummary", "summarize", "summarize_operation"]

Extent = Literal["fields", "JSON", "JSON required", "not at all"]


@dataclass(frozen=True)
class OperationSummary:
    """How much of one operation could be said.

    Attributes:
        name: of the operation.
        request: method and path.
        extent: "fields" if every value has a field of its own; "JSON" if some optional ones are written as JSON, "JSON
            required" if one that cannot be left out is; "not at all" if it cannot be sent.
        fields: how many fields there are.
        columns: how many columns its simplified result has.
        shape: what one row of its result is.
        paging: the scheme, "" for none.
        polled: the operation that is polled for its result, "" for none.
        notes: what could not be said as the document has it, and why.
    """

    name: str
    request: str
    extent: Extent
    fields: int
    columns: int
    shape: str
    paging: str
    polled: str
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class PackSummary:
    """How much of a document could be said.

    Attributes:
        title: the service's name.
        version: of OpenAPI.
        operations: one summary each.
        warnings: what is odd about the document as a whole.
    """

    title: str
    version: str
    operations: tuple[OperationSummary, ...]
    warnings: tuple[str, ...]

    @property
    def extents(self) -> dict[str, int]:
        """How many operations there are of each extent."""
        return dict(Counter(one.extent for one in self.operations))


def summarize(descriptions: Descriptions) -> PackSummary:
    """Return how much of a document could be said; this describes all its operations."""
    document = descriptions.document
    return PackSummary(
        document.title,
        document.version,
        tuple(summarize_operation(one) for one in descriptions.values()),
        document.warnings,
    )


def summarize_operation(operation: OperationDescription) -> OperationSummary:
    """Return how much of one operation could be said."""
    return OperationSummary(
        operation.name,
        f"{operation.method} {operation.path}",
        _extent(operation, operation.notes),
        len(operation.fields),
        len(operation.answer.columns),
        operation.answer.shape,
        operation.paging.scheme if operation.paging else "",
        operation.job.status if operation.job else "",
        operation.notes,
    )


def _extent(operation: OperationDescription, notes: Iterable[Note]) -> Extent:
    if any(note.level == "missing" for note in notes):
        return "not at all"
    as_json = [one for one in operation.fields if one.kind == "json"]
    if any(one.required and not one.unless for one in as_json):
        return "JSON required"
    return "JSON" if as_json else "fields"
