"""A service that is killed goes on where it was, and buys nothing twice."""

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from waiting import eventually

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


def test_batches_wait_beside_other_runs_and_are_found_again(
    serve: Callable[..., Any], tmp_path: Path, sandbox_server: Callable[..., str]
) -> None:
    base_url = sandbox_server(batch_seconds=10_000)
    names = tmp_path / "configurations"
    names.mkdir()
    text = f'base_url = "{base_url}"\ncache = "{tmp_path / "cache"}"\n'
    (names / "batch.toml").write_text(f'{text}delivery = "batch"\nwait = false\n', encoding="utf-8")
    options = ("--configurations", names, "--runs-at-once", 1)
    served = serve(tmp_path / "data", *options)
    settings = {"model": "gpt-4o-mini"}
    run = served.start("create_chat_completion", configuration="batch", settings=settings, rows=ROWS)["id"]
    served.wait(run, lambda status: status["state"] == "running")
    assert len(served.rows(served.start("create_chat_completion", settings=settings, rows=ROWS[:3])["id"])) == 3
    eventually(lambda: "/v1/batches" in [entry["path"] for entry in requested(base_url)])
    served.process.kill()
    served.process.wait()

    again = serve(tmp_path / "data", *options)
    again.wait(run, lambda status: status["state"] == "running")
    clock = base_url.removesuffix("/v1") + "/sandbox/clock?advance=2000"
    for _ in range(20):  # one step for each state of a batch, and less than the day after which it expires
        urllib.request.urlopen(urllib.request.Request(clock, method="POST")).close()  # noqa: S310 - loopback
        time.sleep(0.1)
    assert [row["prompt"] for row in again.rows(run)] == [row["prompt"] for row in ROWS]
    assert [entry["path"] for entry in requested(base_url)].count("/v1/batches") == 1
