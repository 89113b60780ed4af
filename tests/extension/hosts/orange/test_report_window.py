"""The report as Orange shows it: a web page, for which the extra brings the engine."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

SHOW = """
import sys
from AnyQt.QtCore import QCoreApplication, Qt
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QApplication

QCoreApplication.setAttribute(Qt.AA_ShareOpenGLContexts)
import AnyQt.QtWebEngineWidgets

app = QApplication(["orange"])
from Orange.data import Table
from orangewidget.report.owreport import OWReport

from endpoint_nodes.extension.hosts.orange.widgets import CreateChatCompletion
from endpoint_nodes.port_types.configuration import Configuration

widget = CreateChatCompletion()
widget.set_configuration(Configuration(base_url="sandbox:"))
widget.set_requests(Table("zoo")[:3])
for field, value in {"prompt": "Describe a {name}.", "model": "gpt-5.2"}.items():
    widget.form.rows[field].put(value)
widget.panel.run_button.click()
assert QTest.qWaitFor(lambda: widget.task is None, 60_000)
report = OWReport.get_instance()
widget.create_report_html()
report.make_report(widget)
report.show()
pages = []


def has_page():
    report.report_view.page().toHtml(pages.append)
    QTest.qWait(100)
    return bool(pages) and "Run" in pages[-1]


assert QTest.qWaitFor(has_page, 60_000)
print(pages[-1], flush=True)
import os
os._exit(0)  # the browser ends with its program
"""


@pytest.mark.skipif(not find_spec("PyQt6.QtWebEngineWidgets"), reason="PyQt6-WebEngine is not installed")
def test_the_report_shows_data_service_tokens_and_cost(tmp_path: Path) -> None:
    # The browser's own sandbox cannot be had by root, as whom tests may run in a container.
    browser = {"QT_QPA_PLATFORM": "offscreen", "QTWEBENGINE_DISABLE_SANDBOX": "1"}
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("DATA", "CONFIG", "CACHE", "STATE")}
    shown = subprocess.run(
        [sys.executable, "-c", SHOW],
        env={**os.environ, **browser, **homes},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    for words in ("Data instances", "the sandbox", "Describe a {name}.", "3 sent", "tokens", "$0.00", "Failed"):
        assert words in shown.stdout
