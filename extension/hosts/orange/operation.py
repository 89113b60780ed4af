"""The widget of a node, whichever it is: everything in it comes from the node's declaration."""

import dataclasses
import logging
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

from AnyQt.QtWidgets import QFileDialog, QGridLayout, QLabel, QLineEdit, QPushButton, QToolButton
from Orange.data import Table
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.concurrent import ConcurrentWidgetMixin, FutureWatcher
from Orange.widgets.widget import Input, Msg, Output, OWWidget
from orangecanvas.scheme.signalmanager import SignalManager

from ....nodes.base import Node
from ....port_types.errors import EndpointError, InvalidInput, InvalidSetting
from ....port_types.fields import Field
from ...engine.cache.opening import cache_folder
from ...engine.credentials import check_keyring
from ...engine.known_models import Model
from ...engine.model_list import list_models
from ...engine.run.result_table import result_names
from ..kit.fields import missing_sentence, public_fields
from ..kit.progress import count
from ..kit.wording import for_dialog
from .dialog import Fields
from .form import Form, keep_well_formed
from .inputs import captions, column_names, request_rows
from .job import Done, Job
from .results import results_table
from .signals import Configuration

__all__ = ["OperationWidget"]

SHOWN_ERRORS = 3
log = logging.getLogger(__name__)


class OperationWidget(OWWidget, ConcurrentWidgetMixin, openclass=True):  # type: ignore[call-arg]  # OWWidget's own
    """Configuration and Requests in, Results and Configuration out; a run is started by hand unless told otherwise."""

    node: ClassVar[type[Node]]
    want_main_area = False
    settings_version = 1

    values: dict[str, Any] = Setting({}, schema_only=True)
    enabled: list[str] = Setting([], schema_only=True)
    columns: dict[str, str] = Setting({}, schema_only=True)
    folder: str = Setting("", schema_only=True)
    run_automatically: bool = Setting(False, schema_only=True)

    gallery: Path | None = None
    completes = True
    """Page to write about each run, and whether it is finished at its end: for who runs without a window."""

    class Inputs:
        configuration = Input("Configuration", Configuration)
        requests = Input("Requests", Table, default=True)

    class Outputs:
        results = Output("Results", Table, default=True)
        configuration = Output("Configuration", Configuration)

    class Error(OWWidget.Error):
        run = Msg("{}")

    class Warning(OWWidget.Warning):
        rows = Msg("{} of {} rows failed. {}")
        notes = Msg("{}")
        settings = Msg("{}")

    class Information(OWWidget.Information):
        cancelled = Msg("Cancelled after {} rows; their responses are not asked for again.")
        former = Msg("Results are those of the run before: this one did not come to its end.")
        stale = Msg("The input has changed since the last run.")
        changed = Msg("The settings have changed since the last run.")

    @classmethod
    def migrate_settings(cls, settings: dict[str, Any], version: int | None) -> None:
        """Make the settings of any version those of this one."""
        keep_well_formed(settings)

    def __init__(self) -> None:
        OWWidget.__init__(self)
        ConcurrentWidgetMixin.__init__(self)
        self.configuration: Configuration | None = None
        self.requests: Table | None = None
        self._table_changed = False
        self.done: list[Done] = []
        self.notes: list[str] = []
        self.job: Job | None = None
        self.results: Table | None = None
        self.has_run = self.succeeded = self._whole = False
        self._settings: dict[str, Any] | None = None
        self.stopped_by: EndpointError | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._asking = ThreadPoolExecutor(max_workers=1)
        self.form = Form(public_fields(self.node), self._suggest)
        saved = {"values": self.values, "enabled": self.enabled, "columns": self.columns}
        self.problems = self.form.restore(saved)
        if self.problems:
            self.Warning.settings(for_dialog("\n".join(self.problems), self.node))
        self._lay_out()
        self.form.changed.connect(self._remember)
        self.settingsAboutToBePacked.connect(self._remember)

    # The dialog

    def _lay_out(self) -> None:
        common, fields = Node.fields(), self.node.fields()
        shown = [name for name in self.form.rows if not fields[name].advanced]
        area = Fields()
        if own := [name for name in shown if name not in common]:
            area.add_group("Request", self.form, own)
        self._add_folder(area.add_group("Result", self.form, [name for name in shown if name in common]))
        seldom = [name for name in self.form.rows if fields[name].advanced]
        area.add_folded("More", self.form, sorted(seldom, key=lambda name: name in common))
        self.controlArea.layout().addWidget(area)
        buttons = gui.hBox(self.controlArea)
        self.run_button: QPushButton = gui.button(buttons, self, "Run", callback=self.run, autoDefault=False)
        self.cancel_button: QPushButton = gui.button(
            buttons, self, "Cancel", callback=self.cancel_run, autoDefault=False
        )
        self.cancel_button.setEnabled(False)
        gui.checkBox(
            buttons,
            self,
            "run_automatically",
            "Run automatically",
            tooltip="Runs whenever the input changes. Off at first, because calls can cost money.",
        )
        self.status = QLabel(wordWrap=True)
        self.controlArea.layout().addWidget(self.status)
        self.statusMessageChanged.connect(lambda text: text and self.status.setText(text))

    def _add_folder(self, grid: QGridLayout) -> None:
        line = grid.rowCount()
        self.folder_edit = QLineEdit(self.folder, placeholderText="with the cache, or until Orange is closed")
        self.folder_edit.setAccessibleName("Folder for files")
        self.folder_edit.setToolTip(
            "Where images and recordings are kept. A relative folder is beside the saved workflow. Without one they "
            "are kept with the cache, and without one until Orange is closed."
        )
        self.folder_edit.editingFinished.connect(self._folder_entered)
        browse = QToolButton(text="…", toolTip="Choose a folder")
        browse.clicked.connect(self._browse)
        grid.addWidget(QLabel("Folder for files"), line, 0)
        row = gui.hBox(None)
        row.layout().addWidget(self.folder_edit)
        row.layout().addWidget(browse)
        grid.addWidget(row, line, 2)

    def _browse(self) -> None:
        if chosen := QFileDialog.getExistingDirectory(self, "Folder for files", self.folder):
            self.folder_edit.setText(chosen)
            self._folder_entered()

    def _folder_entered(self) -> None:
        self.folder = self.folder_edit.text().strip()

    def _remember(self) -> None:
        state = self.form.state()
        self.values, self.enabled, self.columns = state["values"], state["enabled"], state["columns"]
        if self.task is None and self._settings is not None:
            self.Information.changed(shown=state != self._settings)

    def _suggest(self, field: Field, fill: Callable[[list[str]], None]) -> None:
        """Ask the service for its models, and offer those that the node can use."""
        if self.configuration is None:
            self.Warning.notes("Connect an Endpoint Configuration to ask which models there are.")
            return
        self.setStatusMessage("asking the service …")
        asked = self._asking.submit(list_models, self.configuration)
        FutureWatcher(asked, self).done.connect(lambda future: self._suggested(field, fill, future))

    def _suggested(self, field: Field, fill: Callable[[list[str]], None], future: "Future[list[Model]]") -> None:
        self.setStatusMessage("")
        if error := future.exception():
            self.Warning.notes(_sentence(error))
            return
        names = [each.id for each in future.result()]
        able = field.suggestions(names) if callable(field.suggestions) else names
        self.status.setText(f"The service lists {len(names)} models; {len(able)} of them look fit for this.")
        fill([*able, *(each for each in names if each not in able)])

    # Input

    @Inputs.configuration
    def set_configuration(self, value: Configuration | None) -> None:
        self.configuration = value
        self.Outputs.configuration.send(value)

    @Inputs.requests
    def set_requests(self, table: Table | None) -> None:
        self.requests, self._table_changed = table, True
        self.form.set_domain(table.domain if table is not None else None)

    def handleNewSignals(self) -> None:
        """Start the run where it was asked for, once everything that is linked has come.

        A run under way goes on where only the Configuration has changed: its answers are for this table.
        """
        table_changed, self._table_changed = self._table_changed, False
        if self.task is not None and (table_changed or self.run_automatically):
            self.cancel_run()
        if self.run_automatically and self.configuration is not None and not self.awaits_table():
            self.run()
        elif self.has_run:
            self.Information.stale()

    def awaits_table(self) -> bool:
        """Return whether a table is to come through a link and has not."""
        if self.requests is not None or not isinstance(self.signalManager, SignalManager):
            return False
        workflow = self.signalManager.workflow()
        links = workflow.input_links(workflow.node_for_widget(self))
        return any(each.enabled and each.sink_channel.name == self.Inputs.requests.name for each in links)

    # The run

    def run(self) -> None:
        """Start a run with what the dialog says; results there are stand until it has come to its end."""
        for group in (self.Error, self.Information):
            group.clear()
        self.Warning.rows.clear()
        self.Warning.notes.clear()
        self.done, self.notes, self.succeeded, self.stopped_by, self.job = [], [], False, None, None
        try:
            self.job = self._new_job()
        except Exception as error:  # noqa: BLE001 - whatever a table makes Orange raise ends this widget alone
            self.Error.run(for_dialog(_sentence(error), self.node))
            self.status.setText("not run")
            return
        self._settings = self.form.state()
        rows = 1 if self.requests is None else len(self.requests)
        self.status.setText(f"0 of {count(rows, 'row')}, waiting for the first response")
        self._set_running(True)
        self.start(self.job)

    def _new_job(self) -> Job:
        if self.configuration is None:
            raise InvalidSetting("No Configuration: connect an Endpoint Configuration, or a node that passes one on.")
        if self.awaits_table():
            raise InvalidInput("Requests is linked, but no table has come through the link yet.")
        check_keyring(self.configuration)
        columns = self.form.chosen_columns()
        node = self.node(**self.form.values(), columns=columns)
        fields = node.fields()
        for name, column in columns.items():
            if self.requests is None:
                raise InvalidInput(f"{fields[name].label} comes from the column {column!r}, but no table is connected.")
            if column not in (there := column_names(self.requests)):
                raise InvalidInput(
                    f"{fields[name].label} comes from the column {column!r}, but the table has only {', '.join(there)}."
                )
        for name in node.unfilled(columns.values()):
            raise InvalidInput(missing_sentence(fields[name]))
        table, configuration = self.requests, self.configuration
        used = [] if table is None else node.bind_table(column_names(table)).columns
        return Job(
            node=dataclasses.replace(node, keep_columns=False),
            configuration=configuration,
            source=None if table is None else request_rows(table, used),
            captions=[] if table is None else captions(table),
            folder=self._files(configuration),
            name=f"{self.workflowEnv().get('basedir') or ''}#{self.captionTitle}",
            beside=table if node.keep_columns else None,
            gallery=self.gallery,
            completes=self.completes,
        )

    def _files(self, configuration: Configuration) -> Path:
        if self.folder:
            return Path(self.workflowEnv().get("basedir") or "", Path(self.folder).expanduser()).absolute()
        if cache := cache_folder(configuration):
            return cache.absolute() / "files" / self.node.id()
        self._temporary = self._temporary or tempfile.TemporaryDirectory(prefix=f"{self.node.command()}-")
        return Path(self._temporary.name)

    def cancel_run(self) -> None:
        """Stop the run; what is done until now is the result, unless a run before came to its end."""
        self.cancel()
        self.Information.cancelled(len(self.done))
        self._end("cancelled")

    def on_partial_result(self, result: Done | str) -> None:
        """Take a row that is done, or a warning."""
        if isinstance(result, Done):
            self.done.append(result)
        elif result not in self.notes:
            self.notes.append(result)
            self.Warning.notes(for_dialog("\n".join(self.notes), self.node))

    def on_done(self, result: str) -> None:
        """End a run that went through."""
        self._end(result, whole=True)
        self.succeeded = self._whole and not any(each.error for each in self.done)

    def on_exception(self, ex: Exception) -> None:
        """End a run that was stopped; Orange's error dialog stays away, it would show the frames' variables."""
        self.stopped_by = ex if isinstance(ex, EndpointError) else None
        self.Error.run(for_dialog(_sentence(ex), self.node))
        self._end("stopped")

    def _end(self, status: str, *, whole: bool = False) -> None:
        self._set_running(False)
        self.status.setText(status)
        if self.job is None:
            return
        self.has_run = True
        try:
            self._show_results(self.job, whole)
        except Exception as error:  # noqa: BLE001 - an exception in Qt's hands would leave the widget busy for ever
            self.status.setText("stopped")
            self.Error.run(for_dialog(_sentence(error), self.node))

    def _show_results(self, job: Job, whole: bool) -> None:
        """Send the results of a run; one that did not come to its end leaves those of a run that did."""
        failures = [each.error for each in self.done if each.error]
        if failures and job.node.on_error == "continue":
            self.Warning.rows(len(failures), len(self.done), for_dialog("\n".join(failures[:SHOWN_ERRORS]), self.node))
        kept = [each for each in self.done if not each.error or job.node.on_error == "continue"]
        if not whole and (self._whole or not kept):
            self.Information.former(shown=self._whole)
            return
        rows = [row for each in kept for row in each.rows]
        columns = job.node.result_columns()
        names = None if job.beside is None else result_names(job.node, columns, column_names(job.beside))
        self.results = results_table(columns, rows, job.folder, job.beside, names)
        self._whole = whole
        self.Outputs.results.send(self.results)

    def _set_running(self, running: bool) -> None:
        self.run_button.setEnabled(not running)
        self.cancel_button.setEnabled(running)

    def send_report(self) -> None:
        """Tell Orange's report which fields are set, and from which columns they come."""
        labels = {name: each.label for name, each in self.node.fields().items()}
        chosen = {**self.form.values(), **{name: f"column {each}" for name, each in self.form.chosen_columns().items()}}
        self.report_items(self.node.label(), [(labels[name], str(value)) for name, value in chosen.items()])

    def onDeleteWidget(self) -> None:
        """End the threads and drop files that were kept for the session."""
        self.shutdown()
        # A question under way ends by itself within seconds; nobody has to wait for its answer.
        self._asking.shutdown(wait=False, cancel_futures=True)
        if self._temporary:
            self._temporary.cleanup()
        super().onDeleteWidget()


def _sentence(error: BaseException) -> str:
    if isinstance(error, EndpointError):
        return str(error)
    log.error("a run ended unexpectedly", exc_info=error)
    return f"This should not have happened ({type(error).__name__}); the log has the details."
