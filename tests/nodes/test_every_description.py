"""Every node is described everywhere: docs, command line and `describe` say each field, and their examples run."""

import json
import re
import runpy
import shlex
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from endpoint_nodes.extension.hosts.cli.app import app
from endpoint_nodes.extension.testing.samples import picture, recording
from endpoint_nodes.nodes import node_classes
from endpoint_nodes.nodes.base import Node
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.fields import Mode

DOCS = Path(__file__).parents[2] / "docs"
every_node = pytest.mark.parametrize("node", list(node_classes().values()), ids=lambda node: node.id())


def said(*arguments: str) -> str:
    ended = CliRunner().invoke(app, arguments, terminal_width=200)
    assert ended.exit_code == 0, ended.output
    return ended.output


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def code(text: str, language: str) -> str:
    return re.search(rf"```{language}\n(.*?)\n```", text, re.DOTALL)[1]  # type: ignore[index]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with the files that examples name."""
    (tmp_path / "photo.png").write_bytes(picture().data)
    (tmp_path / "recording.wav").write_bytes(recording().data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@every_node
def test_the_lists_name_it(node: type[Node]) -> None:
    assert node.command() in said("nodes")
    assert re.search(rf"^  {node.command()}\b", said("--help"), re.MULTILINE)
    assert f"[{node.label()}](nodes/{node.id()}.md)" in page("index.md")


@every_node
def test_every_field_is_in_the_docs_the_help_and_the_description(node: type[Node]) -> None:
    help_text, docs = said(node.command(), "--help-all"), page(f"nodes/{node.id()}.md")
    described = {field["name"]: field for field in json.loads(said("describe", node.command(), "--json"))["fields"]}
    assert described.keys() == {name for name, field in node.fields().items() if not field.internal}
    for name, field in node.fields().items():
        if field.internal:  # said by one option for each field
            continue
        assert f"**{field.label}**" in docs
        assert field.help in docs
        assert described[name]["help"] == field.help
        option = f"--{name.replace('_', '-')}"
        assert re.search(rf"^  {option}\b", help_text, re.MULTILINE), option
        assert " ".join(field.help.split()) in " ".join(help_text.split())
        assert f"`{option}`" in docs
        if field.mode is Mode.REQUIRED:
            assert f"--{name.replace('_', '-')}-column" in help_text
    for name, field in Configuration.fields().items():
        if name != "unknown":  # kept for newer versions, nothing to choose
            assert f"--{name.replace('_', '-')}" in help_text
            assert field.help in page("configuration.md")


@every_node
def test_every_column_is_in_the_docs_and_the_description(node: type[Node]) -> None:
    described, docs = said("describe", node.command()), page(f"nodes/{node.id()}.md")
    for result_format in node.fields()["result_format"].choices:
        for column in node(result_format=result_format, request_details=True).result_columns():
            assert f"| `{column.name}` | {column.kind.value} | {column.help} |" in docs
    for column in node().result_columns():
        assert column.help in described


@every_node
def test_the_example_for_the_command_line_runs(node: type[Node], folder: Path) -> None:
    name, *arguments = shlex.split(code(page(f"nodes/{node.id()}.md"), ""))
    assert name == "endpoint-nodes"
    said(*arguments)
    assert pq.read_table(folder / "result.parquet").num_rows > 0


@every_node
def test_the_example_in_python_runs(node: type[Node], folder: Path) -> None:
    (folder / "example.py").write_text(code(page(f"nodes/{node.id()}.md"), "python"), encoding="utf-8")
    assert runpy.run_path(str(folder / "example.py"))["table"].num_rows > 0
