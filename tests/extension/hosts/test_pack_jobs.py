"""A small file beside a document says which operations create jobs."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_documents import document

import endpoint_nodes as en
from endpoint_nodes.extension.sandbox import SandboxOptions, create_app

COMMAND = Path(sys.executable).with_name("endpoint-nodes")
JOBS = """
["POST /teams/{team}/renders"]
status = "GET /teams/{team}/renders/{render}"
result = "GET /teams/{team}/renders/{render}/file"
id = "render.id"
state = "phase"
finished = ["done"]
failed = ["broken"]
"""
TEXT = {"type": "string"}
PATH = [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in ("team", "render")]
VERSION = {"name": "X-Version", "in": "header", "required": True, "schema": {"enum": ["2026-11-01"]}}


def answer(schema: Any, media_type: str = "application/json") -> dict[str, Any]:
    return {"200": {"description": "", "content": {media_type: {"schema": schema}}}}


RENDER = {"type": "object", "properties": {"id": TEXT}}
STATE = {"type": "object", "properties": {"phase": TEXT, "progress": {"type": "integer"}}}
PATHS = {
    "/teams/{team}/renders": {
        "post": {
            "operationId": "createRender",
            "parameters": [PATH[0], VERSION],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"type": "object", "required": ["scene"], "properties": {"scene": TEXT}}
                    }
                },
            },
            "responses": answer({"type": "object", "properties": {"render": RENDER}}),
        }
    },
    "/teams/{team}/renders/{render}": {
        "get": {"operationId": "getRender", "parameters": [*PATH, VERSION], "responses": answer(STATE)}
    },
    "/teams/{team}/renders/{render}/file": {
        "get": {
            "operationId": "getRenderFile",
            "parameters": [*PATH, VERSION],
            "responses": answer({"type": "string", "format": "binary"}, "image/png"),
        }
    },
}


@pytest.fixture
def renders(tmp_path: Path) -> Path:
    """The document, with the file beside it."""
    path = tmp_path / "renders.json"
    path.write_text(json.dumps(document(PATHS)))
    path.with_name("renders.jobs.toml").write_text(JOBS)
    return path


def run(path: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [COMMAND, "--pack", path, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_job_of_a_document_is_polled_and_its_result_is_the_row(
    renders: Path, app_server: Callable[[Any], str]
) -> None:
    pack = en.load_pack(str(renders))
    base_url = app_server(create_app(SandboxOptions(job_polls=3), pack.document.root))
    node = pack["create_render"](team="blue", columns={"scene": "scene"})
    assert [column.name for column in node.result_columns()] == ["image"]
    result = en.run(node, [{"scene": "lake"}, {"scene": "hill"}], configuration=en.Configuration(base_url=base_url))
    assert all(image.startswith(b"\x89PNG") for image in result.table.column("image").to_pylist())
    asked = httpx.get(base_url.removesuffix("/v1") + "/sandbox/requests").json()["requests"]
    assert all(request["status"] == 200 for request in asked), "each poll has the parameters that it needs"
    assert [request["method"] for request in asked].count("POST") == 2
    for number in (1, 2):
        path = f"/v1/teams/blue/renders/job_{number}"
        assert [request["path"] for request in asked].count(path) == 3
        assert [request["path"] for request in asked].count(f"{path}/file") == 1


def test_jobs_are_rehearsed_on_the_command_line(renders: Path, tmp_path: Path) -> None:
    shown = run(renders, "pack", "show", "test")
    assert "polls GET /teams/{team}/renders/{render}" in shown.stdout
    ended = run(
        *(renders, "test", "create-render", "--team", "blue", "--scene", "lake", "--base-url", "sandbox:"),
        *("--out-dir", tmp_path / "pictures", "--json"),
    )
    assert ended.returncode == 0, ended.stderr
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (("status =", "statsu ="), 'The job of "POST /teams/{team}/renders" cannot be read'),
        (("GET /teams/{team}/renders/{render}/file", "GET /elsewhere"), 'names "GET /elsewhere", which is not an'),
        (("POST /teams/{team}/renders", "POST /renders"), '"POST /renders" is said to create jobs, but is not an'),
        (('result = "GET /teams/{team}/renders/{render}/file"', 'result = "POST /teams/{team}/renders"'), "the id"),
        (('state = "phase"', "state = "), "renders.jobs.toml is not TOML"),
    ],
)
def test_a_wrong_file_is_refused_when_the_document_is_read(
    renders: Path, changed: tuple[str, str], sentence: str
) -> None:
    beside = renders.with_name("renders.jobs.toml")
    beside.write_text(JOBS.replace(*changed))
    refused = run(renders, "pack", "list")
    assert refused.returncode == 2
    assert sentence in " ".join(refused.stderr.split())
    assert "Traceback" not in refused.stderr
