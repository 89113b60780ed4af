"""What tests of Orange's widgets share: tables, running operations on them, and a keyring that keeps keys safe."""

from pathlib import Path
from typing import Any

import numpy as np
from keyring.backend import KeyringBackend
from Orange.data import ContinuousVariable, Domain, StringVariable, Table
from Orange.widgets.tests import base

from endpoint_nodes.extension.hosts.orange.widgets import OPERATIONS
from endpoint_nodes.port_types.configuration import Configuration

BY_NAME = {operation.__name__: operation for operation in OPERATIONS}
SANDBOX = Configuration(base_url="sandbox:")
IMAGES = Path(__file__).resolve().parents[2] / "examples" / "images"
PNG = sorted(path.name for path in IMAGES.glob("*.png"))


def images(count: int, **instead: str) -> Table:
    """Return a table as Import Images makes it; `instead` gives a row ("row_2") another file."""
    variable = StringVariable("image")
    variable.attributes = {"type": "image", "origin": str(IMAGES)}
    names = [instead.get(f"row_{number}", PNG[number % len(PNG)]) for number in range(count)]
    metas = [StringVariable("image name"), variable, ContinuousVariable("width")]
    rows = np.array([[f"photo {number}", name, 512.0] for number, name in enumerate(names)], dtype=object)
    return Table.from_numpy(Domain([], None, metas), np.empty((count, 0)), None, rows.reshape(count, 3))


def texts(*rows: str) -> Table:
    cells = np.array(rows, dtype=object).reshape(-1, 1)
    return Table.from_numpy(Domain([], None, [StringVariable("input")]), np.empty((len(rows), 0)), None, cells)


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


class RunTest(base.WidgetTest):
    """A test of one widget, which it feeds, runs and reads."""

    serve: Any
    kind: Any = BY_NAME["CreateImageVariation"]

    def setUp(self) -> None:
        super().setUp()
        self.widget = self.create_widget(self.kind)

    def feed(self, table: Table | None, configuration: Configuration = SANDBOX, **values: Any) -> None:
        self.send_signal("Configuration", configuration)
        self.send_signal("Requests", table)
        for name, value in values.items():
            self.widget.form.rows[name].put_flag(True)
            self.widget.form.rows[name].put(value)

    def results(self) -> Table:
        self.widget.panel.run_button.click()
        return self.get_output("Results", wait=30_000)

    def wait_for_rows(self, count: int) -> None:
        self.process_events(until=lambda: len(self.widget.done) >= count, timeout=30_000)

    def messages(self) -> str:
        return "\n".join(str(message) for group in self.widget.message_groups for message in group.active)
