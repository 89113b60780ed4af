"""What a run says while it goes on: to people on a terminal, or as JSON events to programs."""

import json
import time
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from ....nodes.base import Node
from ....port_types.errors import EndpointError
from ...engine import Execution, Progress
from ...engine.run.row_pipeline import Outcome, Retry
from ..kit.progress import count
from ..kit.wording import for_command_line

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

__all__ = ["JsonReporter", "Reporter", "TerminalReporter"]

PROGRESS_EVERY = 1.0
"""Seconds between two progress events."""


class Reporter(ExitStack):
    """Counts what happens; subclasses say it.

    Args:
        node: the node that runs; sentences may name its fields.
    """

    def __init__(self, node: type[Node]) -> None:
        super().__init__()
        self._node = node
        self._counts: Counter[str] = Counter()
        self._started = time.monotonic()

    def observe(self, outcome: Outcome) -> None:
        """Count one row."""
        self._counts["rows"] += 1
        self._counts["failed"] += outcome.error is not None
        self._counts["results"] += 0 if outcome.error else len(outcome.rows)
        self._counts["retries"] += max(0, outcome.attempts - 1)
        self._counts["from_cache"] += outcome.kept
        self._counts["sent"] += outcome.attempts > 0
        if outcome.error:
            self.row_failed(outcome.row.id if outcome.row else "1", outcome.error)

    def words(self, sentence: object) -> str:
        """Return `sentence` with fields named as options."""
        return for_command_line(sentence, self._node)

    @property
    def failed(self) -> int:
        """Number of failed rows."""
        return self._counts["failed"]

    def summary(self, execution: Execution) -> dict[str, Any]:
        """Return what the run came to, as JSON."""
        tokens = execution.run.budget.tokens if execution.run else {}
        return {
            **{name: self._counts[name] for name in ("rows", "failed", "results", "from_cache", "sent", "retries")},
            "requests": execution.run.budget.requests if execution.run else 0,
            "tokens": sum(count["total_tokens"] for count in tokens.values()),
            "usage": {model or "(no model named)": dict(count) for model, count in tokens.items()},
            "elapsed_s": round(time.monotonic() - self._started, 1),
        }

    def start(self, node: Node, execution: Execution) -> None:
        """Say that a run begins."""

    def progress(self, progress: Progress) -> None:
        """Say how far the run is."""

    def retrying(self, retry: Retry) -> None:
        """Say that a request is sent again."""

    def row_failed(self, row: str, error: EndpointError) -> None:
        """Say that a row failed."""

    def warn(self, sentence: str) -> None:
        """Say what the user should know."""

    def stopped(self, error: EndpointError, execution: Execution, code: int) -> None:
        """Say why the run ended early."""

    def finished(self, execution: Execution, code: int, places: list[str]) -> None:
        """Say what the run came to, and where its results are."""


class TerminalReporter(Reporter):
    """One line for each thing that matters, a progress bar where there is a terminal, a summary at the end."""

    _bar: "Bar | None" = None
    _row_ends_run = False
    _task: "TaskID"
    _waiting = ""

    def start(self, node: Node, execution: Execution) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._row_ends_run = node.on_error == "fail"
        console = Console(stderr=True)
        if not console.is_terminal:
            return
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[note]}"), TimeRemainingColumn())
        self._bar = self.enter_context(Progress(*columns, console=console))
        self._task = self._bar.add_task("", total=execution.total, note="")

    def progress(self, progress: Progress) -> None:
        if self._bar:
            rate = progress.done / max(time.monotonic() - self._started, 1e-6)
            failed = f", {progress.failed} failed" if progress.failed else ""
            self._bar.update(self._task, completed=progress.done, note=f"{rate:.1f} rows/s{failed}{self._waiting}")
            self._waiting = ""

    def retrying(self, retry: Retry) -> None:
        if self._bar and retry.wait >= 2:
            self._waiting = f", waiting {retry.wait:.0f} s"
            self._bar.update(self._task, note=f"waiting {retry.wait:.0f} s: {retry.reason[:60]}")

    def row_failed(self, row: str, error: EndpointError) -> None:
        if not self._row_ends_run:  # else it is what the run ends with
            self._line(f"Row {row}: {self.words(error)}")

    def warn(self, sentence: str) -> None:
        self._line(f"Warning: {self.words(sentence)}")

    def stopped(self, error: EndpointError, execution: Execution, code: int) -> None:
        self._line(f"Error: {self.words(error)}")
        if execution.cache.reused or execution.cache.sent:
            self._line("What was answered is in the cache: the same command asks only for what is lacking.")

    def finished(self, execution: Execution, code: int, places: list[str]) -> None:
        summary = self.summary(execution)
        self.close()
        click.echo(
            f"{count(summary['rows'], 'row')}: {summary['from_cache']:,} from the cache, {summary['sent']:,} sent, "
            f"{summary['failed']:,} failed; "
            f"{count(summary['results'], 'result')}, {count(summary['tokens'], 'token')}, "
            f"{count(summary['retries'], 'retry', 'retries')}, {summary['elapsed_s']} s: "
            f"{' and '.join(places)}"
        )
        if len(summary["usage"]) > 1:
            for model, tokens in summary["usage"].items():
                click.echo(f"  {model}: {tokens.get('total_tokens', 0):,} tokens")
        if code and execution.cache.keeps:
            click.echo("The same command tries the failed rows again and takes the others from the cache.", err=True)

    def _line(self, text: str) -> None:
        if self._bar:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            click.echo(text, err=True)


class JsonReporter(Reporter):
    """Events as JSON lines on standard error, the summary as JSON on standard output."""

    _told = 0.0

    def start(self, node: Node, execution: Execution) -> None:
        self._event(
            "start",
            node=node.command(),
            rows=execution.total,
            cache=str(execution.cache.folder) if execution.cache.keeps else None,
            may_be_billed=execution.cache.in_doubt,
        )

    def progress(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told >= PROGRESS_EVERY or progress.done == progress.total:
            self._told = now
            self._event("progress", done=progress.done, failed=progress.failed, total=progress.total)

    def retrying(self, retry: Retry) -> None:
        self._event("retry", row=retry.row, attempts=retry.attempts, wait_s=round(retry.wait, 3), reason=retry.reason)

    def row_failed(self, row: str, error: EndpointError) -> None:
        self._event("row_failed", row=row, status=error.status, error=self.words(error))

    def warn(self, sentence: str) -> None:
        self._event("warning", message=self.words(sentence))

    def stopped(self, error: EndpointError, execution: Execution, code: int) -> None:
        self._event("end", exit_code=code, error=self.words(error), **self.summary(execution))

    def finished(self, execution: Execution, code: int, places: list[str]) -> None:
        summary = self.summary(execution)
        self._event("end", exit_code=code, **summary)
        click.echo(json.dumps({**summary, "exit_code": code, "written": places}))

    def _event(self, event: str, **facts: Any) -> None:
        click.echo(json.dumps({"event": event, **facts}, ensure_ascii=False), err=True)
