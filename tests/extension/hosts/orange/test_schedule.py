"""A workflow as a nightly job: by cron, by systemd, and on a day on which nothing came."""

import configparser
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from Orange.canvas.config import Config
from Orange.data import Table
from Orange.widgets.tests import base
from orangecanvas import config
from orangecanvas.registry import WidgetRegistry
from orangecanvas.scheme import SchemeLink, SchemeNode

from endpoint_nodes.extension.hosts.orange import workflows

SCHEDULE = Path(__file__).parents[4] / "examples" / "schedule" / "orange"
PACKAGED = Path(next(iter(workflows.__path__)))
BIN = Path(sys.executable).parent
NODES = "endpoint_nodes.extension.hosts.orange."


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with the workflow, and a table of today."""
    folder = tmp_path / "answers"
    folder.mkdir()
    shutil.copy(PACKAGED / "typed-answers.ows", folder)
    (folder / "today.csv").write_text("name\nPlum\nPear\n", encoding="utf-8")
    return tmp_path


def environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": f"{BIN}:{os.environ['PATH']}", "XDG_STATE_HOME": str(home / "state")}


def test_cron_runs_the_workflow_over_the_table_of_the_day(home: Path) -> None:
    *_, line = (SCHEDULE / "crontab").read_text(encoding="utf-8").splitlines()
    subprocess.run(["/bin/sh", "-c", line.split(maxsplit=5)[5]], check=True, env=environment(home))
    (line,) = (home / "answers" / "reports.jsonl").read_text(encoding="utf-8").splitlines()
    report = json.loads(line)
    assert report["exit_code"] == 0
    table = Table.from_file(str(home / "answers" / "results" / "Create-Chat-Completion.tab"))
    assert {str(row["name"]) for row in table} == {"Pear", "Plum"}
    events = (home / "answers" / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert all(json.loads(event)["event"] == "progress" for event in events)


def test_systemd_runs_the_same_command(home: Path) -> None:
    service = configparser.ConfigParser(interpolation=None)
    service.read(SCHEDULE / "endpoint-nodes-workflow.service")
    folder = service["Service"]["WorkingDirectory"].replace("%h", str(home))
    command = shlex.split(service["Service"]["ExecStart"])
    ended = subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment(home), cwd=folder, encoding="utf-8"
    )
    assert json.loads(ended.stdout)["outcome"] == "done"


def test_a_day_without_rows_is_a_success(home: Path) -> None:
    shutil.copytree(PACKAGED, home / "workflows", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (home / "none.csv").write_text("author,comment\n", encoding="utf-8")
    command = ["endpoint-nodes", "run-workflow", "workflows/speech-and-back.ows", "--input", "File=none.csv", "--json"]
    ended = subprocess.run(
        [*command, "--out", "out"], capture_output=True, text=True, env=environment(home), cwd=home, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = json.loads(ended.stdout)
    assert [report["widgets"][name]["rows"] for name in ("Create Speech", "Create Transcription")] == [0, 0]


def test_a_second_try_at_what_was_skipped_has_nothing_to_do_where_nothing_was(home: Path) -> None:
    base.GuiTest.setUpClass()
    config.set_default(Config())
    config.init()
    registry = WidgetRegistry()
    config.default.widget_discovery(registry).run(config.default.widgets_entry_points())
    scheme = config.default.workflow_constructor()

    def node(name: str, title: str, **properties: Any) -> SchemeNode:
        made = SchemeNode(registry.widget(name), title=title, properties=properties)
        scheme.add_node(made)
        return made

    def link(source: SchemeNode, output: str, sink: SchemeNode, name: str) -> None:
        scheme.add_link(SchemeLink(source, source.output_channel(output), sink, sink.input_channel(name)))

    settings = {"values": {"prompt": "Describe {name}.", "model": "gpt-5.2"}}
    file = node("Orange.widgets.data.owfile.OWFile", "File")
    where = node(f"{NODES}configuration_widget.EndpointConfiguration", "where", base_url="sandbox:")
    first = node(f"{NODES}widgets.CreateChatCompletion", "first", **settings)
    second = node(f"{NODES}widgets.CreateChatCompletion", "second", **settings)
    link(file, "Data", first, "Requests")
    link(first, "Skipped", second, "Requests")
    for sink in (first, second):
        link(where, "Configuration", sink, "Configuration")
    with (home / "twice.ows").open("wb") as out:
        scheme.save_to(out, pretty=True, pickle_fallback=True)
    command = ["endpoint-nodes", "run-workflow", "twice.ows", "--input", "File=answers/today.csv", "--out", "out"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment(home), cwd=home, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "second: no rows came through the link" in ended.stdout
