"""Lines of batch files, and the record of what was submitted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from endpoint_nodes.extension.engine.batch.input_file import InputFile
from endpoint_nodes.extension.engine.batch.lines import encode_line, read_line
from endpoint_nodes.extension.engine.cache.cache_key import CacheKey
from endpoint_nodes.port_types.errors import InvalidSetting

from .conftest import prompts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Service

KEY = CacheKey(bytes(range(16)), 10**17)


def test_a_custom_id_is_one_that_every_service_takes() -> None:
    line = json.loads(encode_line(KEY, "/embeddings", {"model": "m"}, model_on_job=False))
    assert re.fullmatch("[A-Za-z0-9_-]{1,64}", line["custom_id"])
    assert (line["method"], line["url"], line["body"]) == ("POST", "/v1/embeddings", {"model": "m"})


@pytest.mark.parametrize(
    ("response", "error", "status", "body"),
    [
        ({"status_code": 200, "request_id": "r", "body": {"a": 1}}, None, 200, {"a": 1}),
        ({"status_code": 400, "body": {"error": {"message": "No."}}}, None, 400, {"error": {"message": "No."}}),
        ({"id": "1", "choices": []}, None, 200, {"id": "1", "choices": []}),
        (
            None,
            {"code": "batch_expired", "message": "Late."},
            0,
            {"error": {"code": "batch_expired", "message": "Late."}},
        ),
    ],
)
def test_a_line_is_read_as_its_response(response: object, error: object, status: int, body: object) -> None:
    custom_id = json.loads(encode_line(KEY, "/embeddings", {}, model_on_job=True))["custom_id"]
    found = read_line(json.dumps({"custom_id": custom_id, "response": response, "error": error}).encode())
    assert found
    assert found[0] == KEY
    assert (found[1].status, found[1].json) == (status, body)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b"{", b"\xff", b'{"custom_id": "row 1"}', b'{"custom_id": "row 1", "response": 3}']
)
def test_what_is_not_a_line_of_ours_is_none(content: bytes) -> None:
    assert read_line(content) is None


def test_a_file_is_cut_by_lines_and_by_bytes(tmp_path: Path) -> None:
    file = InputFile(tmp_path / "lines.jsonl", "/embeddings", "m")
    assert file.has_room(b"x" * 100, most_lines=1, most_bytes=10), "a line that is too large by itself is sent alone"
    file.add(KEY, b"x" * 8)
    assert file.has_room(b"xx", most_lines=2, most_bytes=10)
    assert not file.has_room(b"xxx", most_lines=2, most_bytes=10)
    assert not file.has_room(b"xx", most_lines=1, most_bytes=10)
    file.remove()


def test_a_damaged_record_stops_the_run_before_anything_is_submitted_twice(service: Callable[..., Service]) -> None:
    sandbox = service()
    sandbox.run(prompts(1))
    (sandbox.cache / "batches.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(InvalidSetting, match="cannot be used"):
        sandbox.run(prompts(2))
    assert len(sandbox.batches()) == 1
