"""The widget of a node, whichever it is: everything in it comes from the node's declaration."""

import dataclasses
import tempfile
from pathlib import Path
from typing import Any, ClassVar

from AnyQt.QtCore import QTimer
from AnyQt.QtWidgets import QMessageBox
from Orange.data import Table
from Orange.widgets.settings import Setting
from Orange.widgets.utils.concurrent import ConcurrentWidgetMixin
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from ....nodes.base import Node
from ....port_types.errors import EndpointError, InvalidInput, InvalidSetting, RunStopped, StopReason
from ....port_types.fields import Field
from ...engine.credentials import check_keyring
from ...engine.run.estimate import COUNTED_ROWS
from ...engine.run.hints import with_hint
from ...engine.run.result_table import result_names
from ..kit.fields import dialog_fields
from ..kit.progress import count
from ..kit.wording import for_dialog
from .binding import bind_node, sentence_of
from .consent import consents, place_of
from .dialog import lay_out_fields
from .file_folder import FolderEdit, choose_folder, makes_files
from .forecast import large_run_question, what_it_sends
from .form import Form, keep_well_formed
from .inputs import captions, column_names, request_rows
from .job import Done, Job
from .model_offers import ModelOffers
from .preferences import ask_above
from .results import results_table, shown_columns
from .run_panel import RunPanel
from .run_report import run_items, service_items, setting_items
from .signals import Configuration
from .skipped import skipped_rows
from .workflow import is_linked, workflow_of

__all__ = ["OperationWidget"]

SHOWN_ERRORS = 3
FORECAST_MS = 300
"""Milliseconds without a change after which the dialog says what Run would send."""


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
    """Page to write about each run."""
    unattended = False
    """Whether nobody is there to ask: who runs the workflow has agreed to it, and says when its runs are finished."""

    class Inputs:
        configuration = Input("Configuration", Configuration)
        requests = Input("Requests", Table, default=True)

    class Outputs:
        results = Output("Results", Table, default=True)
        skipped = Output("Skipped", Table)
        configuration = Output("Configuration", Configuration)

    class Error(OWWidget.Error):
        run = Msg("{}")

    class Warning(OWWidget.Warning):
        rows = Msg("{} of {} rows failed. {}")
        notes = Msg("{}")
        settings = Msg("{}")

    class Information(OWWidget.Information):
        cancelled = Msg("{}")
        former = Msg("Results are those of the run before: this one did not come to its end.")
        stale = Msg("The input has changed since the last run.")
        changed = Msg("The settings have changed since the last run.")
        skipped = Msg("{} without a result; the output Skipped has them.")
        unasked = Msg("Not run automatically: {}")

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
        self.question: QMessageBox | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self.form = Form(dialog_fields(self.node), self._suggest)
        self.problems = self.form.restore({"values": self.values, "enabled": self.enabled, "columns": self.columns})
        if self.problems:
            self.Warning.settings(for_dialog("\n".join(self.problems), self.node))
        self._lay_out()
        self.models = ModelOffers(self.form, self.panel.status.setText, self._say_why)
        self._forecasting = QTimer(self, singleShot=True, interval=FORECAST_MS)
        self._forecasting.timeout.connect(self.forecast)
        self.form.changed.connect(self._remember)
        self.settingsAboutToBePacked.connect(self._remember)
        consents.given.connect(self._consent_given)

    # The dialog

    def _lay_out(self) -> None:
        area, results = lay_out_fields(self.node, self.form)
        if makes_files(self.node):
            folder = FolderEdit(self.folder)
            folder.changed.connect(lambda: setattr(self, "folder", folder.path()))
            results.addRow("Folder for files", folder)
        self.controlArea.layout().addWidget(area)
        self.panel = RunPanel(automatic=self.run_automatically)
        self.controlArea.layout().addWidget(self.panel)
        self.panel.run_button.clicked.connect(self.confirm_and_run)
        self.panel.cancel_button.clicked.connect(self.cancel_run)
        self.panel.again_button.clicked.connect(self.ask_again)
        self.panel.automatic_changed.connect(lambda on: setattr(self, "run_automatically", on))
        self.statusMessageChanged.connect(lambda text: text and self.panel.status.setText(text))

    def _remember(self) -> None:
        state = self.form.state()
        self.values, self.enabled, self.columns = state["values"], state["enabled"], state["columns"]
        if self.task is None and self._settings is not None:
            self.Information.changed(shown=state != self._settings)
        self._forecasting.start()

    def _suggest(self, field: Field) -> None:
        """Ask the service for its models, and offer those that the node can use."""
        if self.configuration is None:
            self.Warning.notes("Connect an Endpoint Configuration to ask which models there are.")
        else:
            self.models.ask(field, self.node.at_service(self.configuration))

    def showEvent(self, event: Any) -> None:
        """Fill the drop-downs of models when the dialog is opened."""
        super().showEvent(event)
        self._offer_models()

    def _offer_models(self) -> None:
        if self.configuration is not None and self.isVisible():
            self.models.fill(self.node.at_service(self.configuration), ask=self._may_send(self.configuration))

    def forecast(self) -> None:
        """Say what Run would send, or what it still needs."""
        try:
            self.panel.forecast.setText(self._forecast())
        except EndpointError as error:
            self.panel.forecast.setText(for_dialog(error, self.node))
        except Exception:  # noqa: BLE001 - a table may make Orange raise anything, which Run will tell of
            self.panel.forecast.setText("")

    def _forecast(self) -> str:
        job = self._new_job(self.requests[:COUNTED_ROWS] if self.requests is not None else None)
        if self.is_unchanged():
            return "Nothing has changed since the last run: all of its responses are in the cache."
        rows = 1 if self.requests is None else len(self.requests)
        if not rows:
            return "The table has no rows; nothing would be sent."
        return what_it_sends(job, rows)

    def is_unchanged(self) -> bool:
        """Return whether the same run would be answered by the cache."""
        return (
            self.succeeded
            and self.job is not None
            and self.job.execution is not None
            and self.job.execution.keeps_responses
            and not self.Information.stale.is_shown()
            and self.form.state() == self._settings
        )

    # Input

    @Inputs.configuration
    def set_configuration(self, value: Configuration | None) -> None:
        self.configuration = value
        self.Outputs.configuration.send(value)
        self._offer_models()

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
        if self.has_run:
            self.Information.stale()
        self._run_automatically()
        self._forecasting.start()

    def _run_automatically(self) -> None:
        """Start the run that its user wants to start by itself, unless a word of the user is needed first."""
        self.Information.unasked.clear()
        if not self.run_automatically or self.configuration is None or self.awaits_table():
            return
        rows = 0 if self.requests is None else len(self.requests)
        if not self._may_send(self.configuration):
            place = place_of(self.node.at_service(self.configuration), credentials=True)
            self.Information.unasked(f"press Run to let this workflow send to {place}.")
        elif rows > ask_above() and not (self.unattended or self.configuration.is_sandbox):
            self.Information.unasked(f"{count(rows, 'request')} are more than you want sent unasked; press Run.")
        else:
            self.run()

    def _may_send(self, configuration: Configuration) -> bool:
        return self.unattended or consents.is_given(workflow_of(self), self.node.at_service(configuration))

    def _consent_given(self, workflow: Any) -> None:
        if workflow is workflow_of(self) and self.Information.unasked.is_shown() and self.task is None:
            self._run_automatically()

    def awaits_table(self) -> bool:
        """Return whether a table is to come through a link and has not."""
        return self.requests is None and is_linked(self, self.Inputs.requests.name)

    # The run

    def confirm_and_run(self) -> None:
        """Start a run because its user says so; a large one is confirmed first."""
        rows = 1 if self.requests is None else len(self.requests)
        unpaid = self.configuration is None or self.configuration.is_sandbox or self.is_unchanged()
        if rows <= ask_above() or unpaid:
            self._agree_and_run()
            return
        self.forecast()
        self.question = large_run_question(self, self.node.label(), self.panel.forecast.text(), self._agree_and_run)

    def _agree_and_run(self) -> None:
        if self.run() and self.configuration is not None:
            consents.give(workflow_of(self), self.node.at_service(self.configuration))

    def ask_again(self) -> None:
        """Ask for another response to every request; Take stays as it was if that is not sent after all."""
        take, self.job, self.question = self.form.rows["take"], None, None
        before = take.value() or 1
        take.put(int(before) + 1)
        self.confirm_and_run()
        if self.question is not None:
            self.question.rejected.connect(lambda: take.put(before))
        elif self.job is None:
            take.put(before)

    def run(self) -> bool:
        """Start a run with what the dialog says, and return whether it could; results stand until it ends."""
        for group in (self.Error, self.Information):
            group.clear()
        self.Warning.rows.clear()
        self.Warning.notes.clear()
        self.done, self.notes, self.succeeded, self.stopped_by, self.job = [], [], False, None, None
        try:
            self.job = self._new_job(self.requests)
        except Exception as error:  # noqa: BLE001 - whatever a table makes Orange raise ends this widget alone
            self._say_why(error)
            self.panel.status.setText("not run")
            return False
        self._settings = self.form.state()
        rows = 1 if self.requests is None else len(self.requests)
        self.panel.status.setText(f"0 of {count(rows, 'row')}, waiting for {place_of(self.job.configuration)}")
        self.panel.set_running(True)
        self.start(self.job)
        return True

    def _new_job(self, table: Table | None) -> Job:
        if self.configuration is None:
            raise InvalidSetting("No Configuration: connect an Endpoint Configuration, or a node that passes one on.")
        if self.awaits_table():
            raise InvalidInput("Requests is linked, but no table has come through the link yet.")
        check_keyring(self.configuration)
        node = bind_node(self.node, self.form, table)
        used = [] if table is None else node.bind_table(column_names(table)).columns
        return Job(
            node=dataclasses.replace(node, keep_columns=False),
            configuration=self.node.at_service(self.configuration),
            source=None if table is None else request_rows(table, used),
            captions=[] if table is None else captions(table),
            folder=self._files(self.configuration),
            name=f"{self.workflowEnv().get('basedir') or ''}#{self.captionTitle}",
            beside=table if node.keep_columns else None,
            gallery=self.gallery,
            completes=not self.unattended,
        )

    def _files(self, configuration: Configuration) -> Path:
        basedir = self.workflowEnv().get("basedir") or ""
        if folder := choose_folder(self.folder, basedir, configuration, self.node):
            return folder
        self._temporary = self._temporary or tempfile.TemporaryDirectory(prefix=f"{self.node.command()}-")
        return Path(self._temporary.name)

    def cancel_run(self) -> None:
        """Stop the run; what is done until now is the result, unless a run before came to its end."""
        self.cancel()
        sentence = f"Cancelled after {len(self.done)} rows; their responses are not asked for again."
        stopped = RunStopped(sentence, StopReason.CANCELLED)
        self.Information.cancelled(str(with_hint(stopped, self.job.configuration) if self.job else stopped))
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
        self.succeeded = self._whole and not any(row.failed for row in self.done)

    def on_exception(self, ex: Exception) -> None:
        """End a run that was stopped; Orange's error dialog stays away, it would show the frames' variables."""
        self.stopped_by = ex if isinstance(ex, EndpointError) else None
        self._end(f"stopped: {self._say_why(ex)}")

    def _say_why(self, error: BaseException) -> str:
        sentence = for_dialog(sentence_of(error), self.node)
        self.Error.run(sentence)
        return sentence

    def _end(self, status: str, *, whole: bool = False) -> None:
        self.panel.set_running(False)
        self.panel.status.setText(status)
        if self.job is None:
            return
        self.has_run = True
        try:
            self._show_results(self.job, whole)
        except Exception as error:  # noqa: BLE001 - an exception in Qt's hands would leave the widget busy for ever
            self.panel.status.setText(f"stopped: {self._say_why(error)}")
        self._forecasting.start()

    def _show_results(self, job: Job, whole: bool) -> None:
        """Send the results of a run; one that did not come to its end leaves those of a run that did."""
        failures = [row.error for row in self.done if row.failed]
        if failures and job.node.on_error == "continue":
            self.Warning.rows(len(failures), len(self.done), for_dialog("\n".join(failures[:SHOWN_ERRORS]), self.node))
        kept = [row for row in self.done if not row.failed or job.node.on_error == "continue"]
        if not whole and (self._whole or not kept):
            self.Information.former(shown=self._whole)
            return
        rows = [cells for row in kept for cells in row.rows]
        columns = shown_columns(job.node, rows)
        names = None if job.beside is None else result_names(job.node, columns, column_names(job.beside))
        self.results = results_table(columns, rows, job.folder, job.beside, names)
        self._whole = whole
        self.Outputs.results.send(self.results)
        skipped = None if self.requests is None else skipped_rows(self.requests, self.done)
        self.Information.skipped(count(len(skipped or ()), "row"), shown=skipped is not None)
        self.Outputs.skipped.send(skipped)

    def send_report(self) -> None:
        """Tell Orange's report what was asked where, with which data, and what came of it."""
        if self.requests is not None:
            self.report_data("Requests", self.requests)
        self.report_items(self.node.label(), [*service_items(self.configuration), *setting_items(self.node, self.form)])
        if self.job and self.job.execution:
            self.report_items("Run", run_items(self.done, self.job.execution.summary()))

    def onDeleteWidget(self) -> None:
        """End the threads and drop files that were kept for the session."""
        self.shutdown()
        self.models.close()
        consents.given.disconnect(self._consent_given)
        if self._temporary:
            self._temporary.cleanup()
        super().onDeleteWidget()
