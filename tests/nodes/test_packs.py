"""A node file of another package is seen everywhere, as soon as the package is installed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

GENERATE = Path(__file__).parents[2] / "docs" / "generate.py"
NODE = '''
"""Judge Text."""

from endpoint_nodes.nodes.base import Column, ColumnKind, JsonResultSchema, Node, Route, required
from endpoint_nodes.nodes.base.result_schema import parse_object


class Judgements(JsonResultSchema):
    structured_columns = (Column("results", ColumnKind.JSON, "Everything the service said."),)

    def simplified(self):
        return (Column("flagged", ColumnKind.BOOLEAN, "Whether the text is harmful."),)

    def items(self, response, values):
        return [{"flagged": item["flagged"]} for item in parse_object(response)["results"]]


class JudgeText(Node):
    """Says whether a text is harmful."""

    routes = (Route("moderations", "POST", "/moderations"),)
    response = Judgements()

    input: str | None = required("Text", "The text to judge.")
'''


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A folder in which a pack with one node is installed."""
    package, info = tmp_path / "acme_nodes", tmp_path / "acme_nodes-1.0.dist-info"
    package.mkdir()
    info.mkdir()
    (package / "__init__.py").touch()
    (package / "judge_text.py").write_text(NODE, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-nodes\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[endpoint_nodes.packs]\nacme = acme_nodes\n", encoding="utf-8")
    return tmp_path


def run(pack: Path, *arguments: object) -> str:
    ended = subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=pack,
        env={**os.environ, "PYTHONPATH": f"{pack}{os.pathsep}{GENERATE.parent}"},
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_node_file_of_a_pack_is_seen_everywhere(pack: Path) -> None:
    command = Path(sys.executable).with_name("endpoint-nodes")
    assert "judge-text                   Says whether a text is harmful." in run(pack, command, "nodes")
    assert "  judge-text " in run(pack, command, "--help")
    assert "name columns of INPUT in braces: --input" in " ".join(run(pack, command, "judge-text", "--help").split())
    described = json.loads(run(pack, command, "describe", "judge-text", "--json"))
    assert (described["label"], described["path"]) == ("Judge Text", "/moderations")

    (pack / "texts.csv").write_text('input\n"I will kill you"\n"What a lovely day"\n', encoding="utf-8")
    run(pack, command, "judge-text", "texts.csv", "--base-url", "sandbox:", "--out", "judged.parquet")
    assert pq.read_table(pack / "judged.parquet").to_pylist() == [
        {"input": "I will kill you", "row_id": "0", "flagged": True},
        {"input": "What a lovely day", "row_id": "1", "flagged": False},
    ]

    pages = f"import runpy; print(list(runpy.run_path({str(GENERATE)!r})['pages']().values()))"
    assert "# Judge Text" in run(pack, "-c", pages)
    script = (
        "from endpoint_nodes.extension.engine import execute\n"
        "from endpoint_nodes.nodes import find_node\n"
        "from endpoint_nodes.port_types.configuration import Configuration\n"
        "node = find_node('Judge Text')(input='I hate you, idiot')\n"
        "print(execute(node, Configuration(base_url='sandbox:'))[0].to_pylist())"
    )
    assert run(pack, "-c", script) == "[{'flagged': True}]\n"
