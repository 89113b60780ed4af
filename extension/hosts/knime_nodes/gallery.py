"""The gallery as a node's view."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import knime.extension as knext

from ....nodes.base import Node
from ...engine.run.outcome import Outcome
from ...engine.run.summary import RunSummary
from ...report import Gallery
from ...report.runs import outcome_card
from ..kit.progress import count
from .reporting import can_be_reported, with_reporting

__all__ = ["View"]

SOUND_BYTES = 30_000_000
"""Images are shown as thumbnails, but recordings are embedded whole: no more are once they weigh this much."""


class View:
    """Gathers a run's gallery in a temporary file; a context manager.

    Args:
        node: the node that runs.
        limit: number of rows to show, the first ones.
    """

    def __init__(self, node: Node, limit: int) -> None:
        self._node, self._limit = node, limit
        self._rows = self._shown = self._sound_bytes = 0
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="endpoint-nodes-"))
        self._path = Path(folder) / "gallery.html"
        self._gallery = Gallery(self._path, title=self._node.label(), originals=False)
        self._page = self._stack.enter_context(ExitStack())
        self._page.enter_context(self._gallery)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, at)

    def observe(self, outcome: Outcome) -> None:
        """Show a row, if there is still room for it."""
        self._rows += 1
        if self._shown < self._limit and self._sound_bytes < SOUND_BYTES:
            card = outcome_card(self._node, outcome)
            self._gallery.add(card)
            self._shown += 1
            self._sound_bytes += sum(len(medium.data) for medium in card.media if medium.mime.startswith("audio/"))

    def shown(self, summary: RunSummary) -> Any:
        """Return KNIME's view of all that was observed, which may be part of a report.

        Args:
            summary: what the whole run came to.
        """
        facts = self._gallery.facts
        facts["Answered"] = f"{summary.sent:,} by the service, {summary.from_cache:,} from the cache"
        if self._rows > self._shown:
            facts["Shown"] = f"the first {self._shown} of {self._rows:,}"
            facts["All rows"] = f"{count(summary.results, 'result')}, {count(summary.tokens, 'token')}"
        self._page.close()
        page = with_reporting(self._path.read_text(encoding="utf-8"))
        return knext.view_html(page, can_be_used_in_report=can_be_reported())
