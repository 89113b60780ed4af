"""The example workflows of Orange's Help menu: each opens, runs and holds nothing of the computer it was made on."""

import base64
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from Orange.canvas.config import Config
from Orange.data import Table
from orangecanvas.application.examples import ExampleWorkflow, workflows

COMMAND = Path(sys.executable).with_name("endpoint-nodes")
RESULTS = {
    "product-variations": {"Create Image Variation": 8, "Vary once more": 8},
    "typed-answers": {"Create Chat Completion": 8},
    "text-map": {"Create Embeddings": 24},
    "speech-and-back": {"Create Speech": 8, "Create Transcription": 8},
    "moderation": {"Create Moderation": 8},
    "batch": {"Create Chat Completion": 24},
}
"""Rows of each node's table, by the name of the workflow."""


def examples() -> dict[str, ExampleWorkflow]:
    """Return our workflows as the Help menu lists them."""
    ours = [found for found in workflows(Config()) if found.package and "endpoint_nodes" in found.package.__name__]
    return {Path(found.resource).stem: found for found in ours}


def test_the_help_menu_has_an_example_of_each_kind() -> None:
    assert set(examples()) == set(RESULTS)


@pytest.mark.parametrize("name", RESULTS)
def test_an_example_runs_without_a_window(name: str, tmp_path: Path) -> None:
    path = examples()[name].abspath()
    ended = subprocess.run(
        [COMMAND, "run-workflow", path, "--out", tmp_path, "--json"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr + ended.stdout
    report = json.loads(ended.stdout)
    assert (report["problems"], report["missing"]) == ([], [])
    found = {title: facts["results"] for title, facts in report["widgets"].items() if "table" in facts}
    assert found == RESULTS[name]
    assert all(
        len(Table.from_file(str(tmp_path / report["widgets"][title]["table"]))) == found[title] for title in found
    )


def test_the_example_about_issues_runs_once_its_pack_is_there(tmp_path: Path) -> None:
    folder = Path(__file__).parents[4] / "examples" / "issues"
    ended = subprocess.run(
        [COMMAND, "run-workflow", folder / "issues.ows", "--out", tmp_path, "--json"],
        env={**os.environ, "ENDPOINT_NODES_PACKS": str(folder / "issues.yaml")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr + ended.stdout
    widgets = json.loads(ended.stdout)["widgets"]
    assert (widgets["List Issues"]["results"], widgets["List Comments"]["results"]) == (5, 10)


@pytest.mark.parametrize("name", RESULTS)
def test_an_example_names_no_place_of_the_computer_it_was_made_on(name: str) -> None:
    tree = ET.parse(examples()[name].abspath())  # noqa: S314 - a file of ours
    for properties in tree.iter("properties"):
        text = properties.text or ""
        held = repr(pickle.loads(base64.b64decode(text))) if properties.get("format") == "pickle" else text  # noqa: S301
        assert "/work" not in held
        assert "/home" not in held
        assert "/tmp" not in held  # noqa: S108 - what must not be there
    described: dict[str, Any] = tree.getroot().attrib
    assert described["title"]
    assert "sandbox" in ET.tostring(tree.getroot(), encoding="unicode")
