"""The Endpoint Configuration widget: where to send, with which credential, under which limits."""

from typing import Any

from AnyQt.QtCore import QTimer
from AnyQt.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QInputDialog, QLabel, QLineEdit, QPushButton
from Orange.widgets.settings import Setting
from Orange.widgets.widget import Msg, Output, OWWidget

from ....port_types.configuration import OPENAI, SANDBOX
from ....port_types.errors import EndpointError
from ...engine.credentials import check_keyring, store_key
from ..kit.fields import public_fields
from ..kit.wording import for_dialog
from .dialog import Fields
from .form import Form, keep_well_formed
from .signals import Configuration

__all__ = ["EndpointConfiguration"]

OWN_WAY = ("base_url", "credential")
"""Fields that have editors of their own."""
PLACES = {"": "OPENAI_API_KEY for OpenAI, no key elsewhere", "env": "environment variable", "keyring": "keyring"}
"""Where a key may be, by the scheme of its reference."""
TYPING_MS = 500
EXAMPLES = {"": "", "env": "NAME", "keyring": "SERVICE/USER"}


class EndpointConfiguration(OWWidget):
    """Where to send requests, with which credential, under which limits. The key itself is never kept here."""

    name = "Endpoint Configuration"
    id = "endpoint_nodes.endpoint_configuration"
    description = "Where nodes send their requests, with which credential and under which limits."
    icon = "icons/configuration.svg"
    priority = 1
    # Workflows are saved with the qualified names of their widgets; those of 0.1.0 name this module as it was then.
    replaces = ("endpoint_nodes.extension.hosts.orange.configuration.EndpointConfiguration",)
    keywords = "openai, endpoint, api key, base url, sandbox, credential"
    want_main_area = False
    settings_version = 1

    base_url: str = Setting(Configuration.fields()["base_url"].default, schema_only=True)
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

    def __init__(self) -> None:
        super().__init__()
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

    def _add_service(self, grid: QGridLayout) -> None:
        fields = Configuration.fields()
        self.base_url_edit = QComboBox(editable=True)
        self.base_url_edit.addItems([OPENAI, SANDBOX])
        self.base_url_edit.setCurrentText(self.base_url)
        self.base_url_edit.setToolTip(fields["base_url"].help)
        self.base_url_edit.setAccessibleName(fields["base_url"].label)
        self.base_url_edit.activated.connect(self.commit)
        self.base_url_edit.lineEdit().editingFinished.connect(self.commit)
        grid.addWidget(QLabel(fields["base_url"].label), 0, 0)
        grid.addWidget(self.base_url_edit, 0, 2)

        scheme, _, reference = self.credential.partition(":")
        self.place = QComboBox()
        for key, label in PLACES.items():
            self.place.addItem(label, key)
        self.place.setCurrentIndex(max(0, self.place.findData(scheme)))
        self.place.setAccessibleName(fields["credential"].label)
        self.place.setToolTip(fields["credential"].help)
        self.reference = QLineEdit(reference)
        self.reference.setAccessibleName("Name of the credential")
        self.store = QPushButton("Store key …", autoDefault=False)
        self.store.clicked.connect(self._store)
        self.place.activated.connect(self.commit)
        self.reference.editingFinished.connect(self.commit)
        grid.addWidget(QLabel(fields["credential"].label), 1, 0)
        grid.addWidget(self.place, 1, 2)
        row = QHBoxLayout()
        row.addWidget(self.reference)
        row.addWidget(self.store)
        grid.addLayout(row, 2, 2)

    def commit(self, *_: Any) -> None:
        """Send the Configuration on and remember it, or say what is wrong with it and do neither.

        Only what makes a Configuration is remembered: a key that was entered by mistake makes none.
        """
        place = self.place.currentData()
        self.reference.setVisible(bool(place))
        self.reference.setPlaceholderText(EXAMPLES[place])
        self.store.setVisible(place == "keyring")
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
        self._sent = configuration

    def _configuration(self) -> Configuration:
        configuration = Configuration(
            base_url=self.base_url_edit.currentText().strip(), credential=self._reference(), **self.form.values()
        )
        check_keyring(configuration)
        return configuration

    def _reference(self) -> str | None:
        place = self.place.currentData()
        return f"{place}:{self.reference.text().strip()}" if place else None

    def _store(self) -> None:
        """Ask for a key and put it into the keyring; this widget keeps only where it is."""
        key, given = QInputDialog.getText(
            self, "Store key", f"Key for {self.reference.text().strip()}:", QLineEdit.EchoMode.Password
        )
        if given and key.strip():
            try:
                store_key(self._configuration().credential or "", key.strip())
            except EndpointError as error:
                self.Error.invalid(for_dialog(error))
            else:
                self.commit()
