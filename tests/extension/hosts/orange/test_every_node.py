"""Every node there is runs in its widget, from a table that holds what it needs."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from Orange.data import Domain, StringVariable, Table
from Orange.widgets.tests import base

from endpoint_nodes.extension.hosts.orange.results import shown_columns
from endpoint_nodes.extension.hosts.orange.widgets import OPERATIONS
from endpoint_nodes.extension.testing.samples import base as required_samples
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.files import File
from endpoint_nodes.port_types.table import ColumnKind


def cell(value: Any, folder: Path) -> str:
    """Return what a table's cell holds in place of `value`: the path of a file, JSON for several."""
    import json

    if isinstance(value, File):
        (folder / value.name).write_bytes(value.data)
        return str(folder / value.name)
    return json.dumps([cell(item, folder) for item in value]) if isinstance(value, list) else str(value)


def requests(node: Any, folder: Path) -> Table:
    found = {name: cell(value, folder) for name, value in required_samples(node).items()}
    metas = np.array([list(found.values())] * 2, dtype=object).reshape(2, -1)
    return Table.from_numpy(Domain([], None, [StringVariable(name) for name in found]), np.empty((2, 0)), None, metas)


OURS = [widget for widget in OPERATIONS if widget.node.__module__.startswith("endpoint_nodes.")]
"""The sandbox serves these; what a pack's node needs is for the pack to prove."""


@pytest.mark.parametrize("result_format", ["simplified", "structured", "raw"])
@pytest.mark.parametrize("widget", OURS, ids=lambda widget: widget.__name__)
def test_it_runs(widget: Any, result_format: str) -> None:
    test = base.WidgetTest()
    base.WidgetTest.setUpClass()
    shown = test.create_widget(widget)
    shown.form.rows["result_format"].put(result_format)
    with tempfile.TemporaryDirectory() as folder:
        test.send_signal("Configuration", Configuration(base_url="sandbox:"), widget=shown)
        if keep := shown.form.rows.get("keep_columns"):
            keep.put(False)
        table = requests(widget.node, Path(folder))
        for variable in table.domain.metas:
            shown.form.rows[variable.name].put_flag(True)
            shown.form.rows[variable.name].wish = variable.name
        test.send_signal("Requests", table, widget=shown)
        shown.run()
        table = test.get_output("Results", widget=shown, wait=30_000)
        assert not list(shown.Error.active), [str(error) for error in shown.Error.active]
        assert len(table) >= 2
        assert keep is None or set(table.get_column("row_id")) == {"1", "2"}
        names = [variable.name for variable in (*table.domain.attributes, *table.domain.metas)]
        for column in shown_columns(shown.job.node, [cells for row in shown.done for cells in row.rows]):
            several = (ColumnKind.VECTOR, ColumnKind.JSON)
            spread = column.kind in several and any(name.startswith(f"{column.name}_") for name in names)
            assert spread or column.name in names
    shown.onDeleteWidget()
