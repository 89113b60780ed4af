"""A service that is killed goes on where it was, and buys nothing twice."""

import json
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROWS = [{"prompt": f"Row {number}"} for number in range(200)]


def requested(base_url: str) -> list[Any]:
    with urllib.request.urlopen(base_url.removesuffix("/v1") + "/sandbox/requests") as response:  # noqa: S310 - loopback
        log = json.load(response)["requests"]
    return [entry for entry in log if entry["method"] == "POST" and entry["finished"]]


@pytest.mark.parametrize("signal", ["kill", "terminate"])
def test_it_goes_on_with_its_runs(
    serve: Callable[..., Any], tmp_path: Path, sandbox_server: Callable[..., str], signal: str
) -> None:
    base_url = sandbox_server(latency=0.1)
    names = tmp_path / "configurations"
    names.mkdir()
    text = f'base_url = "{base_url}"\nconcurrency = 8\ncache = "{tmp_path / "cache"}"\n'
    (names / "local.toml").write_text(text, encoding="utf-8")
    options = ("--configurations", names, "--runs-at-once", 1)
    served = serve(tmp_path / "data", *options)
    asked = {"configuration": "local", "settings": {"model": "gpt-4o-mini"}}
    first = served.start("create_chat_completion", rows=ROWS, **asked)["id"]
    second = served.start("create_chat_completion", rows=[{"prompt": "waits"}], **asked)["id"]
    served.wait(first, lambda status: status["done"] > 50)
    getattr(served.process, signal)()
    served.process.wait()
    before = len(requested(base_url))
    assert 50 < before < len(ROWS)

    again = serve(tmp_path / "data", *options)
    found = again.rows(first)
    assert [row["prompt"] for row in found] == [row["prompt"] for row in ROWS]
    assert all(row["content"].endswith(row["prompt"]) for row in found)
    assert again.wait(first)["summary"]["from_cache"] > 50
    assert len(again.rows(second)) == 1
    times = Counter(entry["idempotency_key"] for entry in requested(base_url))
    assert len(times) == len(ROWS) + 1
    assert times.total() - len(times) <= 8, "only what was under way is sent again, under the same keys"
