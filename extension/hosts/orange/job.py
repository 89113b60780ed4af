"""What a widget's thread does: run the node, keep its files, hand each row to the window as it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.table import FILE_KINDS
from ...engine import Execution, Progress
from ...engine.cache.opening import finish_run
from ...engine.run.outcome import Outcome, Retry
from ..kit.gallery import open_gallery
from ..kit.progress import ProgressWords
from .files import save_file
from .results import CAPTION, ROW_ID

__all__ = ["Done", "Job", "State"]


LONG_WAIT = 2.0
"""Seconds from which on a pause is worth a word."""


class State(Protocol):
    """What the thread tells the window, and asks of it (Orange's TaskState)."""

    def set_status(self, text: str) -> None: ...
    def set_progress_value(self, value: float) -> None: ...
    def set_partial_result(self, value: Any) -> None: ...
    def is_interruption_requested(self) -> bool: ...


@dataclass(frozen=True)
class Done:
    """An input row that is done.

    Attributes:
        number: of the input row, from 1.
        rows: its result rows.
        name: what a message calls the row.
        reason: why it has no result: what failed, or that a required value is missing; "" where it has one.
        failed: whether it failed.
    """

    number: int
    rows: tuple[Mapping[str, Any], ...]
    name: str
    reason: str = ""
    failed: bool = False

    @property
    def error(self) -> str:
        """Why the row failed, in a sentence that names it, "" if it did not."""
        return f"{self.name}: {self.reason}" if self.failed else ""


@dataclass
class Job:
    """One run of a node.

    Attributes:
        source: the rows as a pandas DataFrame, None for a run without a table.
        captions: a name for each row of the source.
        folder: where files of results are kept.
        name: tells this run from others of the same node, so that it resumes its own.
        beside: the table whose own columns are to stand beside the results, None for none.
        gallery: page to write about the run, None for none.
        completes: whether the run is finished at its end; else `complete` is for the caller to call.
        execution: the run once it has started, None before.
    """

    node: Node
    configuration: Configuration
    source: Any
    captions: list[str]
    folder: Path
    name: str
    beside: Any = None
    gallery: Path | None = None
    completes: bool = True
    execution: Execution | None = None

    def __call__(self, state: State) -> str:
        """Run and return the status to end with.

        Raises:
            EndpointError: the run was stopped; the rows handed over until then are good.
        """
        words = ProgressWords()
        with open_gallery(self.gallery, self.node) as show:

            def progressed(progress: Progress) -> None:
                if progress.total:
                    state.set_progress_value(100 * progress.done / progress.total)
                state.set_status(words.update(progress))

            def waiting(retry: Retry) -> None:
                if retry.wait >= LONG_WAIT:
                    state.set_status(words.waiting(retry.wait, retry.reason))

            def observe(outcome: Outcome) -> None:
                show(outcome)
                state.set_partial_result(self._done(outcome))

            self.execution = execution = Execution(
                self.node,
                self.configuration,
                self.source,
                observe=observe,
                progress=progressed,
                retrying=waiting,
                warn=state.set_partial_result,
                cancelled=state.is_interruption_requested,
                name=self.name,
            )
            with execution:
                for _ in execution:
                    pass
                if self.completes:
                    execution.complete()
        return words.ended()

    def complete(self) -> None:
        """Say that the run's results are in place: there is nothing left for a later run to resume."""
        finish_run(self.configuration, self.node.id(), self.name)

    def _done(self, outcome: Outcome) -> Done:
        number = outcome.row.id if outcome.row else "1"
        caption = self.captions[int(number) - 1] if self.captions else self.node.label()
        several = len(outcome.rows) > 1
        return Done(
            int(number),
            tuple(
                self._kept(row, number, f"{caption} · {position}" if several else caption)
                for position, row in enumerate(outcome.rows, 1)
            ),
            caption,
            str(outcome.error or ("" if _has_response(outcome) else "a required value is missing")),
            failed=outcome.error is not None,
        )

    def _kept(self, row: Mapping[str, Any], number: str, caption: str) -> dict[str, Any]:
        kept = {column.name: row.get(column.name) for column in self.node.result_columns()}
        for column in self.node.result_columns():
            value = kept[column.name]
            if column.kind in FILE_KINDS and isinstance(value, bytes):
                kept[column.name] = save_file(value, caption, self.folder)
        return {**kept, CAPTION: caption, ROW_ID: number}


def _has_response(outcome: Outcome) -> bool:
    """Return whether a row was asked about; one that lacks a required value may be skipped."""
    return outcome.kept or outcome.attempts > 0 or outcome.status is not None
