"""What a run says while it goes on: to people on a terminal, or as JSON events to programs."""

import json
import time
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ....nodes.base import Node
from ....port_types.errors import EndpointError
from ...engine import Progress
from ...engine.run.outcome import Outcome, Retry
from ..kit.execution import NodeRun
from ..kit.progress import ProgressWords
from ..kit.summary import summary_facts, summary_lines
from ..kit.wording import for_command_line

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

__all__ = ["JsonReporter", "QuietReporter", "Reporter", "TerminalReporter"]

EVENT_SECONDS = 1.0
"""Time between two progress events."""
LOG_SECONDS = 30.0
"""Time between two lines of progress in a log."""
LONG_WAIT = 2.0
"""Seconds from which on a pause is worth a word."""


class Reporter(ExitStack):
    """Tells of a run; subclasses say how.

    Args:
        node: the node that runs; sentences may name its fields.
        to_error: whether standard output is the result's.
    """

    def __init__(self, node: type[Node], *, to_error: bool = False) -> None:
        super().__init__()
        self._node, self._to_error = node, to_error
        self.failed = 0

    def observe(self, outcome: Outcome) -> None:
        """Take note of one row."""
        if outcome.error:
            self.failed += 1
            self.row_failed(outcome.row.name if outcome.row else "The request", outcome.error)

    def words(self, sentence: object) -> str:
        """Return `sentence` with fields named as options."""
        return for_command_line(sentence, self._node)

    def start(self, node: Node, run: NodeRun) -> None:
        """Say that a run begins."""

    def progress(self, progress: Progress) -> None:
        """Say how far the run is."""

    def retrying(self, retry: Retry) -> None:
        """Say that a request is sent again."""

    def row_failed(self, row: str, error: EndpointError) -> None:
        """Say that a row failed."""

    def warn(self, sentence: str) -> None:
        """Say what the user should know."""

    def stopped(self, error: EndpointError, run: NodeRun, code: int, places: list[str]) -> None:
        """Say why the run ended early, and where the results that arrived are."""

    def finished(self, run: NodeRun, code: int, places: list[str]) -> None:
        """Say what the run came to, and where its results are."""

    def projected(self, sentence: str) -> None:
        """Say what a run of all rows would cost."""


class QuietReporter(Reporter):
    """Says why a run was stopped, and nothing else."""

    def stopped(self, error: EndpointError, run: NodeRun, code: int, places: list[str]) -> None:
        click.echo(f"Error: {self.words(error)}", err=True)


class TerminalReporter(Reporter):
    """One line for each thing that matters; a progress bar on a terminal, a line now and then in a log."""

    _bar: "Bar | None" = None
    _task: "TaskID"
    _row_ends_run = False
    _waiting = ""
    log_seconds = LOG_SECONDS

    def start(self, node: Node, run: NodeRun) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._row_ends_run = node.on_error == "fail"
        self._progress = ProgressWords()
        self._told = time.monotonic()
        console = Console(stderr=True)
        if not console.is_terminal:
            return
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[note]}"))
        self._bar = self.enter_context(Progress(*columns, console=console))
        self._task = self._bar.add_task("", total=run.total, note="")

    def progress(self, progress: Progress) -> None:
        words = self._progress.update(progress)
        if self._bar and progress.waiting:
            self._bar.update(self._task, completed=progress.done, note=words)
        elif self._bar:
            note = ", ".join([*self._progress.pace(), *([self._waiting] if self._waiting else [])])
            failed = f"{progress.failed:,} failed, " if progress.failed else ""
            self._bar.update(self._task, completed=progress.done, note=f"{failed}{note}")
            self._waiting = ""
        elif (now := time.monotonic()) - self._told >= self.log_seconds:
            self._told = now
            self._line(words)

    def retrying(self, retry: Retry) -> None:
        if self._bar and retry.wait >= LONG_WAIT:
            self._waiting = f"waiting {retry.wait:.0f} s"
            self._bar.update(self._task, note=f"waiting {retry.wait:.0f} s: {retry.reason[:60]}")

    def row_failed(self, row: str, error: EndpointError) -> None:
        if not self._row_ends_run:  # else it is what the run ends with
            self._line(f"{row}: {self.words(error)}")

    def warn(self, sentence: str) -> None:
        self._line(f"Warning: {self.words(sentence)}")

    def stopped(self, error: EndpointError, run: NodeRun, code: int, places: list[str]) -> None:
        self.close()
        self._line(f"Error: {self.words(error)}")
        summary = run.summary()
        if summary.rows > summary.failed and (places or run.keeps_responses):
            for line in summary_lines(summary, places):
                self._line(line)
        if summary.rows > summary.failed and run.keeps_responses:
            self._line("The same command resumes from here.")

    def finished(self, run: NodeRun, code: int, places: list[str]) -> None:
        self.close()
        for line in summary_lines(run.summary(), places):
            click.echo(line, err=self._to_error)
        if code and run.keeps_responses:
            self._line("The same command tries the failed rows again and takes the others from the cache.")

    def projected(self, sentence: str) -> None:
        if sentence:
            self._line(sentence)

    def _line(self, text: str) -> None:
        if self._bar:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            click.echo(text, err=True)


class JsonReporter(Reporter):
    """Events as JSON lines on standard error, the summary as JSON on standard output."""

    _told = 0.0

    def start(self, node: Node, run: NodeRun) -> None:
        self._event("start", node=node.command(), rows=run.total)

    def progress(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told >= EVENT_SECONDS or progress.done == progress.total:
            self._told = now
            self._event("progress", **_progress_facts(progress))

    def retrying(self, retry: Retry) -> None:
        self._event("retry", row=retry.row, attempts=retry.attempts, wait_s=round(retry.wait, 3), reason=retry.reason)

    def row_failed(self, row: str, error: EndpointError) -> None:
        self._event("row_failed", row=row, status=error.status, error=self.words(error))

    def warn(self, sentence: str) -> None:
        self._event("warning", message=self.words(sentence))

    def stopped(self, error: EndpointError, run: NodeRun, code: int, places: list[str]) -> None:
        facts = summary_facts(run.summary())
        self._event("end", exit_code=code, error=self.words(error), written=places, **facts)

    def finished(self, run: NodeRun, code: int, places: list[str]) -> None:
        facts = summary_facts(run.summary())
        self._event("end", exit_code=code, **facts)
        click.echo(json.dumps({**facts, "exit_code": code, "written": places}), err=self._to_error)

    def _event(self, event: str, **facts: Any) -> None:
        click.echo(json.dumps({"event": event, **facts}, ensure_ascii=False), err=True)


def _progress_facts(progress: Progress) -> dict[str, Any]:
    facts = {"done": progress.done, "failed": progress.failed, "total": progress.total}
    return facts if progress.waiting is None else {**facts, "batches": asdict(progress.waiting)}
