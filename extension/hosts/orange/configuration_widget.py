"""The Endpoint Configuration widget: where to send, with which credential, under which limits."""

from typing import Any
from urllib.parse import urlsplit

from AnyQt.QtCore import QTimer
from AnyQt.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QInputDialog, QLineEdit, QPushButton, QSizePolicy
from Orange.widgets.settings import Setting
from Orange.widgets.widget import Msg, Output, OWWidget

from ....port_types.configuration import OPENAI, SANDBOX
from ....port_types.errors import EndpointError
from ...engine.credentials import check_keyring, store_key
from ..kit.fields import public_fields
from ..kit.wording import for_dialog
from .dialog import Fields
from .form import Form, keep_well_formed
from .preferences import last_service, remember_service
from .run_report import configuration_items
from .service_check import ServiceCheck
from .signals import Configuration

__all__ = ["OWN_WAY", "EndpointConfiguration"]

OWN_WAY = ("base_url", "credential")
"""Fields that have editors of their own."""
PLACES = {"": "OPENAI_API_KEY for OpenAI, no key elsewhere", "env": "environment variable", "keyring": "keyring"}
"""Where a key may be, by the scheme of its reference."""
TYPING_MS = 500
KEYRING_SERVICE = "endpoint-nodes"
"""What keyring entries go by, where the user names none."""
EXAMPLES = {"": "", "env": "NAME", "keyring": "SERVICE/USER"}


class EndpointConfiguration(OWWidget):
    """Where to send requests, with which credential, under which limits. The key itself is never kept here."""

    name = "Endpoint Configuration"
    short_name = "Endpoint"
    id = "endpoint_nodes.endpoint_configuration"
    description = "Where nodes send their requests, with which credential and under which limits."
    icon = "icons/configuration.svg"
    priority = 1
    # Workflows are saved with the qualified names of their widgets; those of 0.1.0 name this module as it was then.
    replaces = ("endpoint_nodes.extension.hosts.orange.configuration.EndpointConfiguration",)
    keywords = "openai, endpoint, api key, base url, sandbox, credential"
    want_main_area = False
    settings_version = 1

    base_url: str = Setting("", schema_only=True)
    credential: str = Setting("", schema_only=True)
    values: dict[str, Any] = Setting({}, schema_only=True)
    enabled: list[str] = Setting([], schema_only=True)

    class Outputs:
        configuration = Output("Configuration", Configuration)

    class Error(OWWidget.Error):
        invalid = Msg("{}")

    class Warning(OWWidget.Warning):
        settings = Msg("{}")

    @classmethod
    def migrate_settings(cls, settings: dict[str, Any], version: int | None) -> None:
        """Make the settings of any version those of this one."""
        keep_well_formed(settings)
        # Only a widget that was never saved starts with the service used last.
        settings["base_url"] = settings.get("base_url") or OPENAI

    def __init__(self) -> None:
        super().__init__()
        if not self.base_url:
            self.base_url, self.credential = last_service()
        fields = Configuration.fields()
        self.form = Form(field for field in public_fields(Configuration) if field.name not in OWN_WAY)
        self.problems = self.form.restore({"values": self.values, "enabled": self.enabled, "columns": {}})
        if self.problems:
            self.Warning.settings(for_dialog("\n".join(self.problems)))
        area = Fields()
        self._add_service(area.add_group("Service", self.form, []))
        area.add_group("Limits", self.form, [name for name in self.form.rows if not fields[name].advanced])
        area.add_folded("More", self.form, [name for name in self.form.rows if fields[name].advanced])
        self.controlArea.layout().addWidget(area)
        # What is being typed is not sent letter by letter.
        self._typing = QTimer(singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self.commit)
        self.form.changed.connect(self._typing.start)
        self.settingsAboutToBePacked.connect(self._finish_typing)
        self._sent: Configuration | None = None
        self.commit()

    def _finish_typing(self) -> None:
        if self._typing.isActive():
            self.commit()

    def _add_service(self, layout: QFormLayout) -> None:
        fields = Configuration.fields()
        self.base_url_edit = QComboBox(editable=True)
        self.base_url_edit.addItems([OPENAI, SANDBOX])
        self.base_url_edit.setCurrentText(self.base_url)
        self.base_url_edit.setToolTip(fields["base_url"].help)
        self.base_url_edit.setAccessibleName(fields["base_url"].label)
        self.base_url_edit.activated.connect(self._service_chosen)
        self.base_url_edit.lineEdit().editingFinished.connect(self._service_chosen)
        layout.addRow(fields["base_url"].label, self.base_url_edit)

        scheme, _, reference = self.credential.partition(":")
        self.place = QComboBox()
        for key, label in PLACES.items():
            self.place.addItem(label, key)
        self.place.setCurrentIndex(max(0, self.place.findData(scheme)))
        self.place.setAccessibleName(fields["credential"].label)
        self.place.setToolTip(fields["credential"].help)
        self.reference = QLineEdit(reference)
        self.reference.setAccessibleName("Name of the credential")
        self.key_button = QPushButton("API key …", autoDefault=False)
        self.key_button.setToolTip("Puts a key into this computer's keyring; the workflow only says where it is.")
        self.key_button.clicked.connect(self._enter_key)
        self.place.activated.connect(self._service_chosen)
        self.reference.editingFinished.connect(self._service_chosen)
        layout.addRow(fields["credential"].label, self.place)
        for combo in (self.base_url_edit, self.place):
            combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout()
        row.addWidget(self.reference)
        row.addWidget(self.key_button)
        layout.addRow("", row)
        self.test = ServiceCheck(lambda: self._sent)
        layout.addRow("", self.test)

    def commit(self, *_: Any) -> None:
        """Send the Configuration on and remember it, or say what is wrong with it and do neither.

        Only what makes a Configuration is remembered: a key that was entered by mistake makes none.
        """
        place = self.place.currentData()
        self.reference.setVisible(bool(place))
        self.reference.setPlaceholderText(EXAMPLES[place])
        self.Error.clear()
        configuration = None
        try:
            configuration = self._configuration()
        except EndpointError as error:
            self.Error.invalid(for_dialog(error))
        else:
            state = self.form.state()
            self.values, self.enabled = state["values"], state["enabled"]
            self.base_url, self.credential = configuration.base_url, configuration.credential or ""
        self._typing.stop()
        if configuration is None or configuration != self._sent:
            self.Outputs.configuration.send(configuration)
            self.test.clear()
        self._sent = configuration

    def _service_chosen(self, *_: Any) -> None:
        """Send the Configuration on, and start the next one with this service."""
        self.commit()
        if self._sent is not None:
            remember_service(self._sent.base_url, self._sent.credential or "")

    def _configuration(self) -> Configuration:
        configuration = Configuration(
            base_url=self.base_url_edit.currentText().strip(), credential=self._reference(), **self.form.values()
        )
        check_keyring(configuration)
        return configuration

    def _reference(self) -> str | None:
        place = self.place.currentData()
        return f"{place}:{self.reference.text().strip()}" if place else None

    def _enter_key(self) -> None:
        """Ask for a key and put it into the keyring; this widget keeps only where it is."""
        name = self.reference.text().strip() if self.place.currentData() == "keyring" else ""
        host = urlsplit(self.base_url_edit.currentText().strip()).hostname or "sandbox"
        reference = f"keyring:{name or f'{KEYRING_SERVICE}/{host}'}"
        self.key_dialog = QInputDialog(self)
        self.key_dialog.setWindowTitle("API key")
        self.key_dialog.setLabelText(f"Key for {host}, kept in this computer's keyring:")
        self.key_dialog.setTextEchoMode(QLineEdit.EchoMode.Password)
        self.key_dialog.textValueSelected.connect(lambda key: self._store(reference, key.strip()))
        self.key_dialog.open()

    def _store(self, reference: str, key: str) -> None:
        self.key_dialog.setTextValue("")
        if not key:
            return
        try:
            store_key(reference, key)
        except EndpointError as error:
            self.Error.invalid(for_dialog(error))
            return
        self.place.setCurrentIndex(self.place.findData("keyring"))
        self.reference.setText(reference.partition(":")[2])
        self._service_chosen()

    def send_report(self) -> None:
        """Tell Orange's report where requests are sent, and under which limits."""
        if self._sent is not None:
            self.report_items(self.name, configuration_items(self._sent))

    def onDeleteWidget(self) -> None:
        """End the threads."""
        self.test.close()
        super().onDeleteWidget()
