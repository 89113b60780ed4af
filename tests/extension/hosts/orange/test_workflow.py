"""Saved workflows without a window, through the installed command and the canvas's own scheme."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from Orange.data import Table
from Orange.widgets.data.owfile import OWFile
from orangecanvas.registry import WidgetDescription
from orangecanvas.scheme import SchemeNode

from endpoint_nodes.extension.hosts.orange.changes import apply_changes, apply_inputs
from endpoint_nodes.extension.hosts.orange.configuration_widget import EndpointConfiguration
from endpoint_nodes.extension.hosts.orange.report import CODES
from endpoint_nodes.extension.hosts.orange.widgets import CreateImageVariation
from endpoint_nodes.port_types.errors import EndpointError

EXAMPLES = Path(__file__).parents[4] / "examples"
WORKFLOW = EXAMPLES / "product-variations.ows"
COMMAND = Path(sys.executable).with_name("endpoint-nodes")
FIRST, SECOND = "Create Image Variation", "Vary once more"


def command(out: Path, *options: object, workflow: Path = WORKFLOW) -> list[str]:
    return [str(COMMAND), "run-workflow", str(workflow), "--out", str(out), *map(str, options)]


def run(out: Path, *options: object, workflow: Path = WORKFLOW) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(out, *options, workflow=workflow), capture_output=True, text=True, check=False)


def report(out: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return read


def changed(tmp_path: Path, *pairs: tuple[str, str]) -> Path:
    """Return a copy of the example with other words in it, beside a link to its images."""
    text = WORKFLOW.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    if not (tmp_path / "images").exists():
        (tmp_path / "images").symlink_to(EXAMPLES / "images")
    path = tmp_path / "changed.ows"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_runs_to_tables_files_pages_and_a_report(tmp_path: Path) -> None:
    out = tmp_path / "results"
    ended = run(out, "--set", f"{FIRST}.n=3", "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["outcome"] == "done"
    widgets = report(out)["widgets"]
    assert [(widgets[name]["rows"], widgets[name]["failed"], widgets[name]["results"]) for name in (FIRST, SECOND)] == [
        (8, 0, 24),
        (24, 0, 24),
    ]
    for name in (FIRST, SECOND):
        table = Table.from_file(str(out / widgets[name]["table"]))
        assert len(table) == 24
        image = table.domain.metas[0]
        assert image.name.startswith("image_variation_image")
        assert all(Path(image.attributes["origin"], name).is_file() for name in table.get_column(image))
        assert "<!doctype html>" in (out / widgets[name]["gallery"]).read_text(encoding="utf-8")[:100].lower()


@pytest.fixture(scope="module")
def nodes() -> list[SchemeNode]:
    """Give the example's nodes that matter to changes."""
    described = [
        WidgetDescription(**widget.get_widget_description()) for widget in (EndpointConfiguration, CreateImageVariation)
    ]
    return [SchemeNode(widget, title=widget.name) for widget in described]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("Nobody.n=2", "--set names the widget 'Nobody', but the workflow has only Create Image Variation,"),
        (f"{FIRST}.nothing=2", "--set names the field 'nothing', but Create Image Variation has only"),
        (f"{FIRST}.n=99", "`n` must be from 1 to 10, not 99."),
        ("n=2", "--set 'n=2' is not of the form WIDGET.FIELD=VALUE."),
        ("Endpoint Configuration.timeout=soon", "`timeout` must be a number, not 'soon'."),
    ],
)
def test_a_wrong_change_is_one_clear_sentence(nodes: list[SchemeNode], change: str, sentence: str) -> None:
    with pytest.raises(EndpointError) as raised:
        apply_changes(nodes, [change])
    assert str(raised.value).startswith(sentence)


def test_changes_switch_fields_on_and_off_and_replace_columns(nodes: list[SchemeNode]) -> None:
    where, node = nodes
    node.properties = {
        "columns": {"prompt": "words", "image": "photo"},
        "enabled": ["prompt", "size"],
        "values": {"size": "auto"},
    }
    apply_changes(nodes, [f"{FIRST}.n=2", f"{FIRST}.prompt=a b=c", f"{FIRST}.size=", f"{FIRST}.fit=crop"])
    assert node.properties == {
        "columns": {"image": "photo", "n": "", "prompt": ""},
        "enabled": ["n", "prompt"],
        "values": {"n": 2, "prompt": "a b=c", "fit": "crop"},
    }
    apply_changes(nodes, ["Endpoint Configuration.base_url=sandbox:", "Endpoint Configuration.max_total_tokens=5"])
    assert where.properties == {
        "base_url": "sandbox:",
        "values": {"max_total_tokens": 5},
        "enabled": ["max_total_tokens"],
        "columns": {},
    }


def test_a_wrong_change_runs_nothing(tmp_path: Path) -> None:
    ended = run(tmp_path / "out", "--set", f"{FIRST}.n=99")
    assert ended.returncode == 2
    assert ended.stderr == "Error: `n` must be from 1 to 10, not 99.\n"
    assert not (tmp_path / "out").exists()


def test_saved_settings_that_are_wrong_run_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    wrong = changed(tmp_path, ("'size': '256x256'", "'size': '256x256', 'nn': 4, 'n': 99"))
    ended = run(out, workflow=wrong)
    assert ended.returncode == 2
    assert f"{FIRST}: nn is not a field of this version" in ended.stderr
    assert "must be from 1 to 10, not 99" in ended.stderr
    assert not list(out.glob("*.tab"))


def test_a_column_and_a_file_can_be_changed(nodes: list[SchemeNode], tmp_path: Path) -> None:
    node = nodes[1]
    node.properties = {"columns": {"image": "photo"}, "enabled": []}
    apply_changes(nodes, [FIRST + '.columns={"prompt": "words"}'])
    assert node.properties == {"columns": {"image": "photo", "prompt": "words"}, "enabled": ["prompt"]}
    with pytest.raises(EndpointError, match="takes 'nothing' from a column"):
        apply_changes(nodes, [FIRST + '.columns={"nothing": "words"}'])
    file = SchemeNode(WidgetDescription(**OWFile.get_widget_description()), title="File")
    (tmp_path / "today.csv").touch()
    apply_inputs([file], [f"File={tmp_path / 'today.csv'}"])
    assert [recent.abspath for recent in file.properties["recent_paths"]] == [str(tmp_path / "today.csv")]
    for given, sentence in {
        "File": "not of the form WIDGET=FILE",
        "Other=today.csv": "the File widgets are: File",
        f"File={tmp_path / 'tomorrow.csv'}": "there is no file",
    }.items():
        with pytest.raises(EndpointError, match=sentence):
            apply_inputs([file], [given])


def test_two_widgets_of_one_title_have_a_table_each(tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = run(out, workflow=changed(tmp_path, (f'title="{SECOND}"', f'title="{FIRST}"')))
    assert ended.returncode == 0, ended.stderr
    widgets = report(out)["widgets"]
    assert [widgets[name]["table"] for name in (FIRST, f"{FIRST} (2)")] == [
        "Create-Image-Variation.tab",
        "Create-Image-Variation-2.tab",
    ]
    assert all((out / widgets[name]["table"]).is_file() for name in (FIRST, f"{FIRST} (2)"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_told_to_end_saves_what_there_is(
    tmp_path: Path, sandbox_server: Callable[..., str], number: signal.Signals
) -> None:
    out, url = tmp_path / "out", sandbox_server(latency=0.5)
    options = ["--set", f"Endpoint Configuration.base_url={url}", "--set", "Endpoint Configuration.concurrency=1"]
    with subprocess.Popen(command(out, *options, "--set", "Endpoint Configuration.cache=off")) as running:
        while (
            len(httpx.get(f"{url.removesuffix('/v1')}/sandbox/requests").json()["requests"]) < 6
        ):  # by now the first row has reached the widget
            assert running.poll() is None
            time.sleep(0.02)
        running.send_signal(number)
    assert running.returncode == 130
    assert 0 < report(out)["widgets"][FIRST]["rows"] < 8


def test_a_file_that_is_no_workflow_is_refused(tmp_path: Path) -> None:
    ended = run(tmp_path / "out", workflow=EXAMPLES / "products.csv")
    assert ended.returncode == 2
    assert "cannot be read as an Orange workflow" in ended.stderr


def test_a_widget_that_is_not_installed_stops_everything(tmp_path: Path) -> None:
    ended = run(tmp_path / "out", workflow=changed(tmp_path, ("widgets.CreateImageVariation", "widgets.GoneTomorrow")))
    assert ended.returncode == 4
    assert "GoneTomorrow" in ended.stdout
    assert not (tmp_path / "out").exists()


def test_failed_rows_are_told_and_lose_no_others(tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = run(out, "--set", f"{FIRST}.fit=refuse", "--set", f"{FIRST}.on_error=continue")
    assert ended.returncode == 1
    first = report(out)["widgets"][FIRST]
    assert first["rows"] == 8
    assert 0 < first["failed"] < 8
    assert "rows failed" in first["warnings"][0]


def test_a_widget_that_waits_in_vain_is_an_error(tmp_path: Path) -> None:
    out = tmp_path / "out"
    lost = changed(
        tmp_path,
        ('<link id="1" source_node_id="1" sink_node_id="2"', '<link id="1" source_node_id="1" sink_node_id="9"'),
    )
    lines = [line for line in lost.read_text(encoding="utf-8").splitlines() if 'sink_node_id="9"' not in line]
    lost.write_text("\n".join(lines), encoding="utf-8")
    assert run(out, workflow=lost).returncode == 1
    widgets = report(out)["widgets"]
    assert "No Configuration" in widgets[FIRST]["errors"][0]
    assert "No Configuration" in widgets[SECOND]["errors"][0]


def test_a_widget_that_cannot_be_opened_is_an_error_and_the_others_run(tmp_path: Path) -> None:
    out = tmp_path / "out"
    broken = changed(tmp_path)
    text = re.sub(
        r'(<properties node_id="0" format=")pickle">.*?</',
        r"""\1literal">{'recent_paths': 5}</""",
        broken.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    broken.write_text(text, encoding="utf-8")
    ended = run(out, workflow=broken)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr + ended.stdout
    assert report(out)["problems"] == ["Import Images cannot be opened (TypeError)."]
    assert "Requests is linked, but no table has come" in report(out)["widgets"][FIRST]["errors"][0]
    assert "TypeError" in (out / "run.log").read_text(encoding="utf-8")


def test_the_users_own_keyring_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = tmp_path / "config" / "python_keyring" / "keyringrc.cfg"
    chosen.parent.mkdir(parents=True)
    chosen.write_text("[backend]\ndefault-keyring=keyring.backends.null.Keyring\n", encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    out = tmp_path / "out"
    assert run(out, "--set", "Endpoint Configuration.credential=keyring:service/me").returncode == 1
    errors = report(out)["widgets"]["Endpoint Configuration"]["errors"]
    assert errors == [
        "This computer has no keyring (keyring.backends.null.Keyring); use an environment variable instead."
    ]


def test_a_timeout_saves_what_there_is(tmp_path: Path, sandbox_server: Callable[..., str]) -> None:
    out, url = tmp_path / "out", sandbox_server(latency=1)
    options = ["--set", f"Endpoint Configuration.base_url={url}", "--set", "Endpoint Configuration.concurrency=1"]
    ended = run(out, *options, "--set", "Endpoint Configuration.cache=off", "--timeout", 6)
    assert ended.returncode == 124, ended.stderr
    assert f"{FIRST}: " in ended.stderr, "how far it is is told while it runs"
    first = report(out)["widgets"][FIRST]
    assert 0 < first["rows"] < 8
    assert len(Table.from_file(str(out / first["table"]))) == first["results"]


def test_a_killed_run_takes_up_where_it_stopped(tmp_path: Path, sandbox_server: Callable[..., str]) -> None:
    out, url = tmp_path / "out", sandbox_server(latency=0.2)

    def sent() -> int:
        log = httpx.get(f"{url.removesuffix('/v1')}/sandbox/requests").json()["requests"]
        return sum(request["path"].endswith("/images/variations") for request in log)

    options = ["--set", f"Endpoint Configuration.base_url={url}", "--set", "Endpoint Configuration.concurrency=1"]
    options += ["--set", f"Endpoint Configuration.cache={tmp_path / 'cache'}"]
    with subprocess.Popen(command(out, *options), env={**os.environ, "PYTHONUNBUFFERED": "1"}) as killed:
        # Eight rows are the first widget's: it is done, the second is under way.
        while sent() < 11:
            assert killed.poll() is None
            time.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
    ended = run(out, *options)
    assert ended.returncode == 0, ended.stderr
    assert report(out)["widgets"][SECOND]["results"] == 16
    assert sent() <= 8 + 16 + 2, "what was answered before the kill is not asked for again"
    shown = json.loads(subprocess.check_output([COMMAND, "cache", "show", "--cache", tmp_path / "cache", "--json"]))
    # The latest first: those that say that all is saved, the two that resumed, and the two that were killed.
    assert [run["state"] for run in shown["runs"]] == ["finished"] * 2 + ["stopped"] * 2 + ["killed", "stopped"]


def test_the_pages_exit_codes_are_the_commands() -> None:
    page = (EXAMPLES.parent / "docs" / "orange.md").read_text(encoding="utf-8")
    told = [int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)]
    assert told == list(CODES)
