"""The packs of examples/, as their users have them: installed beside the package, in a process of their own."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
COMMAND = Path(sys.executable).with_name("endpoint-nodes")
TESTS = """
from endpoint_nodes.nodes import node_classes
from endpoint_nodes.testing import node_tests

for node in node_classes().values():
    if node.__module__.partition(".")[0] == {module!r}:
        globals()[f"Test{{node.__name__}}"] = node_tests(node)
"""
Run = Callable[..., str]


def install(folder: Path, home: Path) -> None:
    """Put into `home` what installing the pack in `folder` for development leaves there."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    info = home / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    with (info / "entry_points.txt").open("w") as points:
        for group, named in project["entry-points"].items():
            points.write(f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in named.items()))


def run_with(folder: Path, home: Path) -> Run:
    install(folder, home)
    places = {**os.environ, "PYTHONPATH": os.pathsep.join([str(home), str(folder)])}

    def run(*command: object) -> str:
        ended = subprocess.run(
            list(map(str, command)), capture_output=True, text=True, env=places, cwd=home, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    return run


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in EXAMPLES.glob("*/pyproject.toml")), ids=lambda p: p.name
)
def test_the_derived_tests_hold_for_the_nodes_of_a_pack(folder: Path, tmp_path: Path) -> None:
    run = run_with(folder, tmp_path)
    packs = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["entry-points"]["endpoint_nodes.packs"]
    for module in packs.values():
        (tmp_path / "test_pack.py").write_text(TESTS.format(module=module.partition(".")[0]))
        said = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_pack.py")
        assert " passed" in said


def test_documents_are_reranked_without_a_network(tmp_path: Path) -> None:
    run = run_with(EXAMPLES / "rerank", tmp_path)
    table = tmp_path / "queries.jsonl"
    documents = ["a sofa for five", "a chair for a small desk", "a desk"]
    table.write_text(json.dumps({"query": "small desk chair", "documents": documents}) + "\n")
    run(COMMAND, "rerank", table, "--top-n", 2, "--base-url", "sandbox:", "--out", "ranked.parquet")
    ranked = pq.read_table(tmp_path / "ranked.parquet").to_pylist()
    assert [row["document"] for row in ranked] == [documents[1], documents[2]]
    assert ranked[0]["relevance_score"] == 1.0


def test_a_new_pack_passes_its_tests(tmp_path: Path) -> None:
    subprocess.run([COMMAND, "new-pack", "judge-text"], check=True, cwd=tmp_path, capture_output=True)
    folder, home = tmp_path / "judge-text", tmp_path / "home"
    home.mkdir()
    run = run_with(folder, home)
    assert "judge-text" in run(COMMAND, "nodes")
    assert " passed" in run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder)
    again = subprocess.run(
        [COMMAND, "new-pack", "judge-text"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (again.returncode, "judge-text exists" in again.stderr) == (2, True)
