"""The key is nowhere: no output, cache, log, repr, traceback or report holds it, however a run ends."""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes import node_classes
from endpoint_nodes.nodes.base import Node
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import EndpointError

from .conftest import FAULTS, FaultyService, picture

KEY = "sk-MARKED-0123456789-secret"
COMMAND = Path(sys.executable).with_name("endpoint-nodes")


def holds_key(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


@pytest.fixture(autouse=True)
def key_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKED_KEY", KEY)


def crash_dump(error: EndpointError) -> str:
    """A traceback with all local variables, as crash reporters make it, from the engine's frames down."""
    inner = error.__traceback__.tb_next if error.__traceback__ else None
    found = traceback.TracebackException(type(error), error, inner, capture_locals=True)
    return "".join(found.format())


def everything_said(caplog: pytest.LogCaptureFixture, *objects: object) -> str:
    return caplog.text + " ".join(map(repr, objects)) + " ".join(map(str, objects))


def test_every_fault_keeps_the_key_to_itself(
    faulty_service: FaultyService, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    from endpoint_nodes.nodes.create_image_variation import CreateImageVariation

    configuration = Configuration(
        base_url=faulty_service.base_url,
        credential="env:MARKED_KEY",
        headers={"X-Api-Key": "env:MARKED_KEY"},
        concurrency=64,
        timeout=0.5,
        max_attempts=2,
        cache=str(tmp_path),
    )
    faulty_service.answer = lambda fault, _: FAULTS[fault]
    frame = pd.DataFrame({"image": [picture()] * len(FAULTS), "user": list(FAULTS)})
    said: list[object] = [configuration, configuration.to_json()]
    node = CreateImageVariation(columns={"user": "user"}, route="variations", on_error="continue")
    table, _ = execute(node, configuration, frame, observe=said.append, retrying=said.append, warn=said.append)
    for fault in FAULTS:
        failing = CreateImageVariation(user=fault, route="variations")
        try:
            execute(failing, configuration, frame[:1], observe=said.append)
        except EndpointError as error:
            said += [error, crash_dump(error)]
    assert KEY not in everything_said(caplog, *said, table.to_pylist())
    assert not holds_key(tmp_path)
    with_key = [head for head in faulty_service.requests if KEY in head]
    assert with_key, "the service itself gets the key"
    assert all(head.startswith("POST") for head in with_key), "but whoever hands out files does not"


@pytest.mark.parametrize("node", node_classes().values(), ids=lambda node: node.id())
def test_no_node_says_the_key(
    node: type[Node], sandbox_server: Callable[..., str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    said: list[object] = []
    for base_url in (sandbox_server(), sandbox_server(key="another key")):
        configuration = Configuration(base_url=base_url, credential="env:MARKED_KEY", cache=str(tmp_path))
        columns = {name: [_sample(field.kind.value)] for name, field in node.fields().items() if field.primary}
        source = pd.DataFrame(columns) if columns else None
        try:
            said += execute(node(), configuration, source, observe=said.append)[0].to_pylist()
        except EndpointError as error:
            said.append(crash_dump(error))
    assert KEY not in everything_said(caplog, *said)
    assert not holds_key(tmp_path)


def _sample(kind: str) -> Any:
    return {"image": picture(), "audio": b"RIFF", "text": "words", "json": "[]"}.get(kind, 1)


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_line_does_not_say_the_key(faulty_service: FaultyService, tmp_path: Path, as_json: bool) -> None:
    (tmp_path / "rows.jsonl").write_text(
        "".join(json.dumps({"image": str(tmp_path / "image.png"), "user": fault}) + "\n" for fault in FAULTS)
    )
    (tmp_path / "image.png").write_bytes(picture())
    faulty_service.answer = lambda fault, _: FAULTS[fault]
    ended = subprocess.run(
        [
            *(COMMAND, "create-image-variation", tmp_path / "rows.jsonl", "--user-column", "user"),
            *("--base-url", faulty_service.base_url, "--credential", "env:MARKED_KEY", "--on-error", "continue"),
            *("--timeout", "0.5", "--max-attempts", "2", "--concurrency", "64", "--route", "variations"),
            *("--out", tmp_path / "out.jsonl", "--report", tmp_path / "out.html", "--cache", tmp_path / "cache"),
            *(["--json"] if as_json else []),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONFAULTHANDLER": "1"},
    )
    assert ended.returncode == 1, ended.stderr
    assert KEY not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert not holds_key(tmp_path)
    if as_json:
        events = [json.loads(line) for line in ended.stderr.splitlines()]
        assert {event["event"] for event in events} == {"start", "progress", "retry", "row_failed", "end"}
        assert json.loads(ended.stdout)["failed"] == sum(event["event"] == "row_failed" for event in events)
