"""What became of a workflow that ran without a window."""

import dataclasses
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..kit.exits import Exit

__all__ = ["CODES", "Report", "WidgetReport"]

CODES = tuple(Exit)
"""The exit codes of a workflow: all there are."""


@dataclass
class WidgetReport:
    """What became of one widget; rows, results and files are those of a node's widget."""

    errors: list[str]
    warnings: list[str]
    rows: int | None = None
    failed: int | None = None
    results: int | None = None
    status: str | None = None
    table: str | None = None
    gallery: str | None = None
    stopped: Exit | None = None

    @property
    def exit_code(self) -> Exit:
        """What the widget alone would have the command leave with."""
        return self.stopped or (Exit.FAILED_ROWS if self.errors or self.failed else Exit.DONE)

    def facts(self) -> dict[str, Any]:
        """Return what is known, by name."""
        known = {name: value for name, value in dataclasses.asdict(self).items() if value is not None}
        return {**known, "exit_code": int(self.exit_code)}


@dataclass
class Report:
    """What became of a workflow.

    Attributes:
        missing: widgets that are not installed; then nothing was run.
        problems: what else could not be read from the file.
        widgets: by their title.
    """

    workflow: str
    out: Path
    missing: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    widgets: dict[str, WidgetReport] = field(default_factory=dict)
    started: float = field(default_factory=time.time)
    stopped: Exit = Exit.DONE

    @property
    def exit_code(self) -> Exit:
        """What the command leaves with."""
        codes = [widget.exit_code for widget in self.widgets.values()]
        return self.stopped or max([Exit.FAILED_ROWS if self.problems else Exit.DONE, *codes])

    def json(self, *, indent: int = 0) -> str:
        """Return the report as JSON, in one line or indented."""
        import msgspec

        facts = {
            "workflow": self.workflow,
            "outcome": self.exit_code.word,
            "exit_code": self.exit_code,
            "elapsed_s": round(time.time() - self.started, 1),
            "missing": self.missing,
            "problems": self.problems,
            "widgets": {title: widget.facts() for title, widget in self.widgets.items()},
        }
        return msgspec.json.format(msgspec.json.encode(facts), indent=indent).decode()

    def save(self) -> None:
        """Write report.json beside the results."""
        (self.out / "report.json").write_text(self.json(indent=2) + "\n", encoding="utf-8")

    def lines(self) -> list[str]:
        """Return the report as a user reads it, one line a widget."""
        lines = [f"Not installed: {name}" for name in self.missing] + [
            f"Warning: {problem}" for problem in self.problems
        ]
        for title, widget in self.widgets.items():
            said = [
                *(f"Error: {text}" for text in widget.errors),
                *(f"Warning: {text}" for text in widget.warnings),
            ]
            if widget.status and not widget.table:
                said = [widget.status, *said]
            if widget.table:
                said = [f"{widget.status}, {widget.results} results: {self.out / widget.table}", *said]
            lines += [f"{title}: {text}" for text in said]
        return [*lines, self.exit_code.word]
