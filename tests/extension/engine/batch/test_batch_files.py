"""Files for vllm run-batch: written, run by somebody, and read by the same run."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from endpoint_nodes.port_types.errors import InvalidSetting, RunStopped, StopReason

from .conftest import prompts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Service


def run_batch(url: str, path: Path, *, bare: bool = False, lines: int | None = None) -> Path:
    """Do as ``vllm run-batch`` does, last line first; older versions write bare bodies."""
    answered = []
    for line in path.read_text().splitlines()[::-1][:lines]:
        request = json.loads(line)
        reply = httpx.post(f"{url.removesuffix('/v1')}{request['url']}", json=request["body"])
        response = reply.json() if bare else {"status_code": reply.status_code, "request_id": "1", "body": reply.json()}
        answered.append({"id": "vllm-1", "custom_id": request["custom_id"], "response": response, "error": None})
    output = path.with_name(f"{path.stem}.out.jsonl")
    output.write_text("".join(f"{json.dumps(line)}\n" for line in answered))
    return output


def submit(sandbox: Service, folder: Path) -> tuple[dict[str, Any], Path]:
    settings: dict[str, Any] = {"delivery": "batch-file", "batch_folder": str(folder)}
    with pytest.raises(RunStopped, match="1 batch is under way with 6 requests") as stop:
        sandbox.run(prompts(6), **settings)
    assert stop.value.reason is StopReason.PENDING
    (path,) = folder.glob("*[!t].jsonl")
    command = f"vllm run-batch -i {path} -o {path.with_suffix('')}.out.jsonl --model gpt-4.1-mini"
    assert command in str(stop.value).splitlines()
    return settings, path


@pytest.mark.parametrize("bare", [False, True])
def test_a_file_that_was_run_is_read(service: Callable[..., Service], tmp_path: Path, bare: bool) -> None:
    sandbox, folder = service(), tmp_path / "files"
    settings, path = submit(sandbox, folder)
    assert submit(sandbox, folder) == (settings, path)
    run_batch(sandbox.url, path, bare=bare)
    table, summary = sandbox.run(prompts(6), **settings)
    assert (summary.sent, summary.failed) == (6, 0)
    assert table.column("content").equals(sandbox.live(prompts(6)).column("content"))
    assert list(folder.iterdir()) == []


def test_what_an_output_lacks_is_written_into_another_file(service: Callable[..., Service], tmp_path: Path) -> None:
    sandbox, folder = service(), tmp_path / "files"
    settings, path = submit(sandbox, folder)
    output = run_batch(sandbox.url, path, lines=4)
    with pytest.raises(RunStopped, match="with 6 requests"):
        sandbox.run(prompts(6), **settings)  # somebody may be writing it still
    os.utime(output, (0, 0))
    with pytest.raises(RunStopped, match="1 batch is under way with 2 requests"):
        sandbox.run(prompts(6), **settings)


def test_a_folder_is_needed(service: Callable[..., Service]) -> None:
    with pytest.raises(InvalidSetting, match="which needs `batch_folder`"):
        service().run(prompts(1), delivery="batch-file")
