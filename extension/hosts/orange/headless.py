"""Running a saved workflow without a window: load, change, run until every widget is idle, save."""

import contextlib
import logging
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from ....port_types.errors import InvalidInput, InvalidSetting
from ..kit.exits import Exit, exit_code
from .report import Report, WidgetReport

__all__ = ["run_saved"]

log = logging.getLogger(__name__)
POLL_MS, QUIET_POLLS = 50, 10
"""A workflow is done once nothing has been going on for half a second."""
TELL_SECONDS = 5.0
"""Between two words on how far a widget is."""
ACTIVE_NODES = 4
"""Widgets that may be busy at once; the canvas itself allows one."""


def run_saved(
    path: Path,
    out: Path,
    changes: Sequence[str],
    timeout: float,
    *,
    inputs: Sequence[str] = (),
    tell: Callable[[str, str], None] = lambda _widget, _status: None,
) -> Report:
    """Run the workflow at `path` and save what comes of it in `out`.

    Args:
        path: an .ows file.
        out: folder for tables, files, pages and report.json; made if it is not there.
        changes: "WIDGET.FIELD=VALUE" each.
        timeout: seconds the workflow may take.
        inputs: "WIDGET=FILE" each, for File widgets.
        tell: called with a widget's title and its status whenever it has got further.

    Raises:
        InvalidInput: the file is no workflow, or a change names a widget or field that is not there.
        InvalidSetting: a change or the workflow itself gives a value that its field cannot take; nothing was sent.
    """
    report = Report(str(path), out)
    with _own_home(), _logged(report), _application() as app:
        model = _load(path, report)
        with contextlib.closing(model):
            if not report.missing:
                from .changes import apply_changes, apply_inputs

                apply_changes(model.scheme.nodes, changes)
                apply_inputs(model.scheme.nodes, inputs)
                out.mkdir(parents=True, exist_ok=True)
                logging.getLogger().addHandler(logging.FileHandler(out / "run.log", "w", "utf-8", delay=True))
                model.run(app, out, report, timeout, tell)
                report.save()
                model.complete()
    return report


@contextlib.contextmanager
def _own_home() -> Iterator[None]:
    """Keep Orange's settings and logs of this run out of the user's own; must come before any import of Orange."""
    import keyring

    # The user's own choice of a keyring is found through the same variables.
    keyring.get_keyring()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with tempfile.TemporaryDirectory(prefix="endpoint-nodes-orange-") as home:
        for kind in ("DATA", "CONFIG", "CACHE"):
            os.environ[f"XDG_{kind}_HOME"] = f"{home}/{kind.lower()}"
        yield


@contextlib.contextmanager
def _logged(report: Report) -> Iterator[None]:
    """Keep tracebacks to the log, and what a widget did not expect from ending the process, as Qt would have it."""

    def unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.error("a widget did not expect this", exc_info=(kind, error, trace))
        report.problems.append(f"A widget failed unexpectedly ({kind.__name__}); run.log has the details.")

    logging.basicConfig(level=logging.WARNING, handlers=[logging.NullHandler()])
    before, sys.excepthook = sys.excepthook, unexpected
    yield
    sys.excepthook = before


@contextlib.contextmanager
def _application() -> Iterator[Any]:
    from AnyQt.QtWidgets import QApplication
    from Orange.canvas.config import Config
    from orangecanvas import config

    app = QApplication(["orange"])
    # Widgets read where settings are while their classes are made, so that this comes before they are imported.
    config.set_default(Config())
    config.init()
    yield app


def _load(path: Path, report: Report) -> "_Model":
    from orangecanvas import config
    from orangecanvas.registry import WidgetRegistry
    from orangecanvas.scheme.readwrite import UnknownWidgetDefinition

    registry = WidgetRegistry()
    config.default.widget_discovery(registry).run(config.default.widgets_entry_points())
    scheme = config.default.workflow_constructor()
    scheme.set_runtime_env("basedir", str(path.parent.absolute()))
    scheme.signal_manager.pause()
    scheme.signal_manager.set_max_active(ACTIVE_NODES)
    problems: list[Exception] = []
    try:
        with path.open("rb") as file:
            scheme.load_from(file, registry=registry, error_handler=problems.append)
    except Exception as error:  # noqa: BLE001 - whatever a file that is no workflow makes the reader raise
        raise InvalidInput(f"{path} cannot be read as an Orange workflow ({error}).") from None
    for problem in problems:
        if isinstance(problem, UnknownWidgetDefinition):
            report.missing.append(str(problem))
        else:
            report.problems.append(str(problem))
    if report.missing:
        report.stopped = Exit.MISSING
    return _Model(scheme)


class _Model:
    """A loaded workflow and its widgets."""

    def __init__(self, scheme: Any) -> None:
        self.scheme = scheme
        self.widgets: dict[Any, Any] = {}
        # What each node goes by in the report, and what its files are called.
        self.names = dict(zip(scheme.nodes, _unique_names([node.title for node in scheme.nodes]), strict=True))

    def run(self, app: Any, out: Path, report: Report, timeout: float, tell: Callable[[str, str], None]) -> None:
        """Run until every widget is idle, and put what became of each into the report.

        Raises:
            InvalidSetting: the workflow has settings that this version cannot take; nothing was sent.
        """
        from .configuration_widget import EndpointConfiguration
        from .operation import OperationWidget

        self._make_widgets(out, report)
        ours = (OperationWidget, EndpointConfiguration)
        if problems := [
            f"{node.title}: {problem}"
            for node, widget in self.widgets.items()
            for problem in (widget.problems if isinstance(widget, ours) else ())
        ]:
            raise InvalidSetting("\n".join(problems))
        self.scheme.signal_manager.resume()
        deadline = time.monotonic() + timeout
        if (code := self._until_idle(app, deadline, tell)) is None:
            for node, widget in self._operations().items():
                if not widget.has_run and not self._has_no_rows(node, report):
                    # It says itself what it is waiting for.
                    widget.run()
            code = self._until_idle(app, deadline, tell)
        for widget in self._operations().values():
            if widget.task is not None:
                widget.cancel_run()
        report.stopped = code or Exit.DONE
        for node, widget in self.widgets.items():
            report.widgets[self.names[node][0]] = self._report(node, widget, out)

    def _has_no_rows(self, node: Any, report: Report) -> bool:
        """Return whether a node's table has not come because nothing was left for it to hold.

        Widgets such as Select Rows send nothing where no row is left; that is no error if there was none before them.
        """
        before = self.scheme.upstream_nodes(node)
        faulty = (
            message for other in before for message in other.state_messages() if message.severity == message.Error
        )
        if report.problems or any(message.contents for message in faulty) or not self.widgets[node].awaits_table():
            return False
        operations = self._operations()
        return all(operations[o].has_run or self._has_no_rows(o, report) for o in before if o in operations)

    def complete(self) -> None:
        """Say that all runs which went through are finished, now that everything is saved.

        Until then, a workflow that was killed resumes all of them, those of widgets that were done too.
        """
        for widget in self._operations().values():
            if widget.job and widget.succeeded:
                widget.job.complete()

    def close(self) -> None:
        """Delete the widgets, which ends their threads."""
        from AnyQt.QtCore import QEvent
        from AnyQt.QtWidgets import QApplication

        self.scheme.clear()
        QApplication.sendEvent(self.scheme, QEvent(QEvent.Type.Close))
        QApplication.processEvents()

    def _make_widgets(self, out: Path, report: Report) -> None:
        from .operation import OperationWidget

        for node in self.scheme.nodes:
            try:
                widget = self.widgets[node] = self.scheme.widget_for_node(node)
            except Exception as error:  # noqa: BLE001 - whatever a widget raises; Orange has logged it
                report.problems.append(f"{node.title} cannot be opened ({type(error).__name__}).")
                continue
            if isinstance(widget, OperationWidget):
                widget.run_automatically = widget.unattended = True
                name = self.names[node][1]
                widget.folder = widget.folder or str((out / name).absolute())
                widget.gallery = out / f"{name}.html"

    def _operations(self) -> dict[Any, Any]:
        from .operation import OperationWidget

        return {node: widget for node, widget in self.widgets.items() if isinstance(widget, OperationWidget)}

    def _until_idle(self, app: Any, deadline: float, tell: Callable[[str, str], None]) -> Exit | None:
        """Let the workflow run; return the exit code that it was stopped with, None if it came to rest."""
        from AnyQt.QtCore import QTimer

        quiet, stopped = 0, False
        told: dict[Any, str] = {}
        next_word = time.monotonic() + TELL_SECONDS

        def interrupt(*_: Any) -> None:
            nonlocal stopped
            stopped = True

        def poll() -> None:
            nonlocal quiet, next_word
            if time.monotonic() >= next_word:
                next_word = time.monotonic() + TELL_SECONDS
                for node, widget in self._operations().items():
                    if (status := widget.panel.status.text()) and told.get(node) != status:
                        told[node] = status
                        tell(self.names[node][0], status)
            quiet = 0 if self._busy() else quiet + 1
            if stopped or quiet >= QUIET_POLLS or time.monotonic() > deadline:
                app.quit()

        # Qt would not let an interrupt through; the timer gives Python the turn to notice one.
        before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
        timer = QTimer(interval=POLL_MS)
        timer.timeout.connect(poll)
        timer.start()
        app.exec()
        timer.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
        return Exit.CANCELLED if stopped else None if quiet >= QUIET_POLLS else Exit.TIMEOUT

    def _busy(self) -> bool:
        manager = self.scheme.signal_manager
        lists = (manager.pending_nodes, manager.active_nodes, manager.blocking_nodes, manager.invalidated_nodes)
        return any(is_loading() for is_loading in lists) or any(
            w.isInvalidated() or w.isBlocking() for w in self.widgets.values()
        )

    def _report(self, node: Any, widget: Any, out: Path) -> WidgetReport:
        messages = [message for message in node.state_messages() if message.contents]
        entry = WidgetReport(
            errors=[_plain(message) for message in messages if message.severity == message.Error],
            warnings=[_plain(message) for message in messages if message.severity == message.Warning],
        )
        if node in self._operations() and not widget.has_run and not entry.errors:
            entry.rows = entry.failed = 0
            entry.status = "no rows came through the link"
        elif node in self._operations() and widget.has_run:
            entry.rows = len(widget.done)
            entry.failed = sum(row.failed for row in widget.done)
            entry.status = widget.panel.status.text()
            if widget.results is not None:
                entry.table = f"{self.names[node][1]}.tab"
                entry.results = len(widget.results)
                widget.results.save(str(out / entry.table))
            entry.gallery = widget.gallery.name if widget.gallery.exists() else None
            entry.stopped = exit_code(widget.stopped_by, requests=1) if widget.stopped_by else None
        return entry


def _plain(message: Any) -> str:
    return re.sub(r"<[^>]+>", " ", str(message.contents)).strip()


def _file_name(title: str) -> str:
    return re.sub(r"[^\w-]+", "-", title).strip("-") or "widget"


def _unique_names(titles: Sequence[str]) -> list[tuple[str, str]]:
    """Return for each title one of its own and a file name of its own, numbered where they would meet."""
    names: list[tuple[str, str]] = []
    for title in titles:
        name, file, number = title, _file_name(title), 1
        while any(name == other or file.lower() == known.lower() for other, known in names):
            number += 1
            name, file = f"{title} ({number})", f"{_file_name(title)}-{number}"
        names.append((name, file))
    return names
