"""The service describes itself, and its page says the same."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).parents[4] / "docs" / "service.md").read_text(encoding="utf-8")
METHODS = ("get", "put", "post", "delete")


@pytest.fixture(scope="module")
def document(service: Any) -> Any:
    return service.client.get("/openapi.json").json()


def test_every_operation_is_on_its_page(document: Any) -> None:
    served = {
        f"{method.upper()} {path}" for path, item in document["paths"].items() for method in METHODS & item.keys()
    }
    assert set(re.findall(r"`((?:GET|PUT|POST|DELETE) [^`]*)`(?=.* \|)", PAGE)) >= served


def test_every_reference_leads_somewhere(document: Any) -> None:
    named = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert named <= set(document["components"]["schemas"])


def test_every_node_has_a_schema_that_its_defaults_fit(service: Any, document: Any) -> None:
    for node in service.client.get("/nodes").json()["nodes"]:
        name = "".join(word.capitalize() for word in node["id"].split("_"))
        fields = service.client.get(f"/nodes/{node['id']}").json()["fields"]
        properties = document["components"]["schemas"][f"{name}Settings"]["properties"]
        assert [field["name"] for field in fields] == list(properties)[:-1]


@pytest.mark.skipif(not shutil.which("curl"), reason="The page's commands are for curl.")
def test_the_commands_of_its_page_work(serve: Callable[..., Any], tmp_path: Path) -> None:
    served = serve(tmp_path / "data")
    images = Path(__file__).parents[4] / "examples" / "images"
    for name in ("lamp.png", "mug.png"):
        shutil.copy(images / name, tmp_path / name)
    (tmp_path / "rows.jsonl").write_text('{"image": "lamp.png"}\n{"image": "mug.png"}\n', encoding="utf-8")
    blocks = [block for block in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL) if "curl" in block]
    script = "\n".join(blocks).replace("http://127.0.0.1:8091", served.url)
    environment = {"PATH": "/usr/bin:/bin", "ENDPOINT_NODES_TOKEN": "first-token"}
    ended = subprocess.run(
        ["bash", "-ec", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    answers = re.findall(r'{"id":"(\w+)"', ended.stdout)
    assert [len(served.rows(run)) for run in answers] == [2, 2]
