"""The extension on KNIME's own Python code, and the stand-in held against it.

KNIME_PYTHON_SRC names an unpacked tree of github.com/knime/knime-python, KNIME_PYTHON an interpreter with the packages
of KNIME's Python environment (this one, if it is not set).
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import knime.extension as knext
import pytest
import workflow
from saved import read

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
SOURCES = os.environ.get("KNIME_PYTHON_SRC", "")
pytestmark = pytest.mark.skipif(not SOURCES, reason="KNIME_PYTHON_SRC names no tree of KNIME's Python code")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, dict[str, Any]]]:
    """The nodes of all workflows that come with the project: id, version and settings."""
    paths = (ROOT / "examples" / "knime_workflows").rglob("*.knwf")
    workflows = [read(path, tmp_path_factory.mktemp("workflow")) for path in paths]
    return [
        (node.id, node.version, node.settings) for workflow in workflows for node in workflow.nodes.values() if node.id
    ]


@pytest.fixture(scope="module")
def real(nodes: dict[str, Any], saved: list[tuple[str, str, dict[str, Any]]]) -> dict[str, Any]:
    """What KNIME's code says of the extension, and of the calls that the stand-in recorded."""
    assert nodes  # their registration has made the calls
    trees = ("python3.nodes", "python3", "python3.arrow", "python3.views", "python3.arrow.types")
    sources = [f"{SOURCES}/org.knime.{tree}/src/main/python" for tree in trees]
    start = ROOT / "extension/hosts/knime_nodes/start"
    names = [name for name, member in vars(knext).items() if getattr(member, "__module__", "") == knext.__name__]
    asked = {
        "saved": saved,
        "calls": list(knext.CALLS),
        "names": sorted({*names} - {"_Parameter", "_Image", "_Json", "recorded"}),
    }
    ended = subprocess.run(
        [
            os.environ.get("KNIME_PYTHON", sys.executable),
            *(str(HERE / "stand_in" / "real_api.py"), "endpoint_nodes_knime"),
            f"{SOURCES}/org.knime.python3.arrow.types/plugin.xml",
        ],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(start), *sources]), "PYTHONSAFEPATH": "1"},
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def test_knime_takes_every_call_that_the_stand_in_takes(real: dict[str, Any]) -> None:
    assert real["refused"] == []
    assert [name for name in real["absent"] if not name.startswith("_")] == []


def test_knime_loads_the_workflows_that_come_with_the_project(real: dict[str, Any], saved: list[Any]) -> None:
    assert len(saved) > len(real["nodes"])
    assert real["changed"] == []


def test_knime_has_what_the_stand_ins_contexts_and_tables_have(real: dict[str, Any]) -> None:
    def methods(of: type) -> set[str]:
        return {name for name in vars(of) if not name.startswith("_")} - {"content"}

    assert methods(workflow.Context) <= {*real["context"], *real["dialog"]}
    assert methods(workflow.Table) <= {*real["table"], "schema"}


def test_knime_loads_every_node(real: dict[str, Any], nodes: dict[str, Any]) -> None:
    assert {node_id for node_id in nodes if node_id != "every_kind"} == set(real["nodes"])
    for node_id, node in real["nodes"].items():
        ours = nodes[node_id].factory
        assert node["name"] == nodes[node_id].name
        assert node["inputs"] == [port.name for port in getattr(ours, "input_ports", [])]
        assert node["outputs"] == [port.name for port in ours.output_ports]
        assert node["view"] == hasattr(ours, "output_views")


def test_every_parameter_is_in_settings_and_dialog(real: dict[str, Any], nodes: dict[str, Any]) -> None:
    for node_id, node in real["nodes"].items():
        factory = nodes[node_id].factory()
        groups = {name: values for name, values in node["settings"].items() if isinstance(values, dict)}
        lists = node["settings"].keys() - groups.keys()
        for group, values in groups.items():
            parameters = {
                name for name, parameter in vars(type(getattr(factory, group))).items() if hasattr(parameter, "rule")
            }
            assert set(values) == parameters
        assert json.dumps(node["ui"]).count('"Control"') == sum(map(len, groups.values())) + (
            3 * len(lists)  # the list, and the two columns of its rows
        )
