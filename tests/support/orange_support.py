"""What tests of Orange's widgets share: running one operation on a table, and a keyring that keeps keys safe."""

from typing import Any

from keyring.backend import KeyringBackend
from Orange.data import Table
from Orange.widgets.tests import base

from endpoint_nodes.extension.hosts.orange.widgets import OPERATIONS
from endpoint_nodes.port_types.configuration import Configuration

BY_NAME = {operation.__name__: operation for operation in OPERATIONS}
SANDBOX = Configuration(base_url="sandbox:")


class GuardedKeyring(KeyringBackend):
    """A keyring that keeps keys safe, which a computer without a desktop lacks."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


class OperationTest(base.WidgetTest):
    """A test that runs operations on the embedded sandbox."""

    def run_on(self, name: str, table: Table, **values: Any) -> Table:
        """Run the operation `name` on `table`, with fields switched on, and return its results."""
        widget = self.create_widget(BY_NAME[name])
        self.send_signal("Configuration", SANDBOX, widget=widget)
        self.send_signal("Requests", table, widget=widget)
        for field, value in values.items():
            widget.form.rows[field].put_flag(True)
            widget.form.rows[field].put(value)
        widget.panel.run_button.click()
        results = self.get_output("Results", widget=widget, wait=30_000)
        assert not list(widget.Error.active), str(widget.Error.run)
        return results
