"""The worked example about issues runs as its page says, on the sandbox and on a service on a socket."""

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import endpoint_nodes as en
from endpoint_nodes.extension.engine.run.estimate import estimate
from endpoint_nodes.extension.sandbox import SandboxOptions, create_app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "issues.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^endpoint-nodes .*$", PAGE, re.MULTILINE)
OWNED = {"owner": "acme", "repo": "orchard"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "examples" / "issues", tmp_path / "issues"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_runs_as_written(folder: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if "OPENAI" not in name and "ENDPOINT" not in name}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}",
        "XDG_DATA_HOME": str(folder / "data"),
    }
    said = []
    for command in COMMANDS:
        ended = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
        said.append(ended.stdout)
    assert "pages by link" in said[1]
    issues, comments = rows(folder / "issues.csv"), rows(folder / "comments.csv")
    shown = [re.split(r" *\| *", line.strip("| ")) for line in PAGE.splitlines() if re.match(r"\| \d", line)]
    assert [[cell.strip("`") for cell in row] for row in shown] == [list(row.values()) for row in issues]
    assert len(comments) == 2 * len(issues)
    assert {row["number"] for row in comments} == {row["number"] for row in issues}
    assert {"body", "title"} < comments[0].keys()
    assert len(rows(folder / "closed.csv")) == 1


def test_each_page_is_one_request_to_the_service(folder: Path, app_server: Callable[[Any], str]) -> None:
    pack = en.load_pack(str(folder / "issues.yaml"))
    base_url = app_server(create_app(SandboxOptions(), pack.document.root))
    configuration = en.Configuration(base_url=base_url, parameters=OWNED)
    table = en.run(pack["list_issues"](all_pages=True, per_page=2), configuration=configuration).table
    assert table.column("number").to_pylist() == [12, 11, 9, 7, 4]
    asked = httpx.get(base_url.removesuffix("/v1") + "/sandbox/requests").json()["requests"]
    assert [(request["method"], request["path"]) for request in asked] == [("GET", "/v1/repos/acme/orchard/issues")] * 3
    first = en.run(pack["list_issues"](per_page=2), configuration=configuration).table
    assert first.column("number").to_pylist() == [12, 11]


def test_what_asks_no_model_is_not_counted_in_tokens(folder: Path) -> None:
    pack = en.load_pack(str(folder / "issues.yaml"))
    found = estimate(
        pack["list_issues"](), en.Configuration(base_url="sandbox:", parameters=OWNED), look_in_cache=False
    )
    assert (found.rows, found.input_tokens, found.output_tokens) == (1, None, None)
