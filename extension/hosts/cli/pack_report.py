"""What `pack show` says of a pack."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ....nodes.openapi.pack import Pack
from ....nodes.openapi.summary import PackSummary, summarize_operation

__all__ = ["PackReport", "report"]

_COUNTED = {
    "fields": "with a field for every value",
    "JSON": "with some optional values as JSON",
    "JSON required": "with a required value as JSON",
    "not at all": "that cannot be sent",
}


@dataclass(frozen=True)
class PackReport:
    """How much of a pack could be said, as data and as lines."""

    summary: PackSummary

    @property
    def data(self) -> dict[str, Any]:
        """All of it, as JSON."""
        return {**asdict(self.summary), "extents": self.summary.extents}

    def lines(self, *, with_notes: bool) -> Iterator[str]:
        """Yield what a terminal shows.

        Args:
            with_notes: whether each operation is followed by what could not be said, and why.
        """
        summary = self.summary
        yield f"{summary.title} (OpenAPI {summary.version}): {len(summary.operations):,} operations"
        for extent, text in _COUNTED.items():
            if count := summary.extents.get(extent):
                yield f"  {count:>6,} {text}"
        for warning in summary.warnings:
            yield f"  {warning}"
        yield ""
        for one in summary.operations:
            pages = f", pages by {one.paging}" if one.paging else ""
            polled = f", polls {one.polled}" if one.polled else ""
            name = one.name.replace("_", "-")
            extent = f"{name:<50} {one.extent:<13} {one.fields:>3} fields"
            yield f"{extent}, {one.shape}: {one.columns} columns{pages}{polled}"
            if with_notes:
                yield f"    {one.request}"
                for note in one.notes:
                    yield f"    {note.where}: {note.reason}"


def report(pack: Pack) -> PackReport:
    """Return how much of `pack` could be said; this describes all its operations."""
    operations = tuple(summarize_operation(pack.descriptions[name]) for name in pack)
    document = pack.document
    return PackReport(PackSummary(document.title, document.version, operations, document.warnings))
