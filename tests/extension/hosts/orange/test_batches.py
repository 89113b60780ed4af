"""Batches in Orange: a workflow that is closed in the middle collects them when it is opened again."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from Orange.data import Domain, StringVariable, Table
from Orange.widgets.tests import base

from endpoint_nodes.extension.hosts.orange.widgets import CreateChatCompletion
from endpoint_nodes.port_types.configuration import Configuration

EXAMPLES = Path(__file__).parents[4] / "examples"
COMMAND = Path(sys.executable).with_name("endpoint-nodes")
WIDGETS = ("Create Image Variation", "Vary once more")


def batches(url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{url}/batches").json()["data"]
    return found


def wait_until_done(url: str, number: int) -> None:
    while [batch["status"] for batch in batches(url)] != ["completed"] * number:
        time.sleep(0.1)


def test_a_saved_workflow_submits_and_collects_from_one_start_to_the_next(
    tmp_path: Path, sandbox_server: Callable[..., str]
) -> None:
    url, out = sandbox_server(batch_seconds=2), tmp_path / "out"
    settings = {"base_url": url, "cache": tmp_path / "cache", "delivery": "batch", "wait": "false"}
    given = [f"Endpoint Configuration.{name}={value}" for name, value in settings.items()]
    given += [f"{widget}.model=gpt-image-1-mini" for widget in WIDGETS]
    given += [f"{widget}.size=1024x1024" for widget in WIDGETS]
    command = [COMMAND, "run-workflow", EXAMPLES / "product-variations.ows", "--out", out]
    command += [part for value in given for part in ("--set", value)]

    def start() -> tuple[int, dict[str, Any]]:
        ended = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
        return ended.returncode, json.loads((out / "report.json").read_text(encoding="utf-8"))["widgets"]

    code, widgets = start()
    assert code == 7
    assert "1 batch is under way with 8 requests" in str(widgets[WIDGETS[0]]["errors"])
    wait_until_done(url, 1)
    code, widgets = start()
    assert code == 7
    assert widgets[WIDGETS[0]]["failed"] == 0
    wait_until_done(url, 2)
    code, widgets = start()
    assert code == 0, widgets
    assert [widgets[name]["rows"] for name in WIDGETS] == [8, 16]
    assert sorted(batch["request_counts"]["completed"] for batch in batches(url)) == [8, 16]


@pytest.mark.usefixtures("serve")
class TestWidget(base.WidgetTest):
    serve: Any

    def start(self, url: str, cache: Path) -> None:
        self.widget = self.create_widget(CreateChatCompletion)
        domain = Domain([], None, [StringVariable("name")])
        rows = np.array([[f"product {row}"] for row in range(4)], dtype=object)
        configuration = Configuration(base_url=url, cache=str(cache), delivery="batch")
        self.send_signal("Configuration", configuration)
        self.send_signal("Requests", Table.from_numpy(domain, np.empty((4, 0)), None, rows))
        for name, value in {"model": "gpt-4.1-mini", "prompt": "Describe {name}"}.items():
            self.widget.form.rows[name].put_flag(True)
            self.widget.form.rows[name].put(value)
        self.widget.panel.run_button.click()

    def test_a_widget_that_is_closed_and_opened_again_collects(self) -> None:
        import tempfile

        url = self.serve(batch_seconds=3)
        with tempfile.TemporaryDirectory() as folder:
            self.start(url, Path(folder))
            self.process_events(until=lambda: "under way" in self.widget.panel.status.text(), timeout=30_000)
            self.widget.cancel_run()
            (told,) = (str(message) for message in self.widget.Information.active)
            assert "Batches that were submitted go on at the service; the same run, started again" in told
            self.widget.onDeleteWidget()
            self.start(url, Path(folder))
            assert len(self.get_output("Results", wait=30_000)) == 4
            assert [batch["request_counts"]["total"] for batch in batches(url)] == [4]
