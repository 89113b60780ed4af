"""Batches on the command line: submitted by one command, collected by the same one, left alone by Ctrl-C."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from .conftest import COMMAND, Run


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A job in the background ignores Ctrl-C and so would its children: let them take it."""
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, usual)


def chat(url: str, *more: str) -> list[str]:
    return [
        *("create-chat-completion", "products.csv", "-m", "gpt-4.1-mini", "--prompt", "Describe {name}"),
        *("--base-url", url, "--cache", "cache", "--delivery", "batch", "-o", "out.csv", *more),
    ]


def finish(url: str, status: str = "completed") -> None:
    """Put the sandbox's clock forward until its only batch has this status."""
    for _ in range(100):
        httpx.post(url.replace("/v1", "/sandbox/clock"), params={"advance": 10_000})
        if httpx.get(f"{url}/batches").json()["data"][0]["status"] == status:
            return
        time.sleep(0.05)
    pytest.fail("the batch is not done")


def test_a_command_that_does_not_wait_is_collected_by_the_same_one(
    run: Run, products: Path, sandbox_server: Callable[..., str]
) -> None:
    url = sandbox_server(batch_seconds=36_000)
    for _ in range(2):
        submitted = run(*chat(url, "--no-wait"))
        assert submitted.returncode == 7
        assert "1 batch is under way with 5 requests; the same run, started again, collects" in submitted.stderr
        assert not products.with_name("out.csv").exists()
    finish(url)
    collected = run(*chat(url, "--no-wait"))
    assert collected.returncode == 0, collected.stderr
    assert "5 rows: 0 from the cache, 5 sent, 0 failed" in collected.stdout
    assert len(products.with_name("out.csv").read_text().splitlines()) == 6
    assert len(httpx.get(f"{url}/batches").json()["data"]) == 1


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_leaves_the_batch_running_and_says_how_to_go_on(
    run: Run, products: Path, sandbox_server: Callable[..., str]
) -> None:
    url = sandbox_server(batch_seconds=3)
    with subprocess.Popen(
        [COMMAND, *chat(url)], cwd=products.parent, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while not httpx.get(f"{url}/batches").json()["data"]:
            assert process.poll() is None
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=30)[1]
    assert process.returncode == 130, said
    assert "Batches that were submitted go on at the service; the same run, started again, collects them" in said
    assert "Traceback" not in said
    assert run(*chat(url)).returncode == 0
    assert len(httpx.get(f"{url}/batches").json()["data"]) == 1


def test_events_say_how_far_batches_are(run: Run, products: Path, sandbox_server: Callable[..., str]) -> None:
    assert products.exists()
    done = run(*chat(sandbox_server(batch_seconds=2), "--json"))
    events = [json.loads(line) for line in done.stderr.splitlines()]
    looks = [event["batches"] for event in events if event["event"] == "progress" and "batches" in event]
    assert looks
    assert looks[0]["batches"] == 1


def test_batches_are_listed_shown_and_cancelled(run: Run, products: Path, sandbox_server: Callable[..., str]) -> None:
    assert products.exists()
    assert run("batches", "list", "--cache", "cache").stdout == "No batches were submitted.\n"
    url = sandbox_server(batch_seconds=36_000)
    run(*chat(url, "--no-wait"))
    listed = run("batches", "list", "--cache", "cache").stdout
    (batch,) = httpx.get(f"{url}/batches").json()["data"]
    assert f"5 requests, 0 done, 0 failed: create_chat_completion, gpt-4.1-mini, {url}" in listed
    assert listed.startswith(f"{batch['id']}  ")
    shown = json.loads(run("batches", "show", batch["id"][:12], "--cache", "cache", "--json").stdout)
    assert shown[0]["service"]["status"] in ("validating", "in_progress")
    cancelled = run("batches", "cancel", batch["id"], "--cache", "cache")
    assert cancelled.returncode == 0, cancelled.stderr
    finish(url, "cancelled")
    collected = run(*chat(url, "--no-wait"))
    assert collected.returncode == 130
    assert "was cancelled. What it had answered is kept" in collected.stderr
    assert f"{batch['id']}  cancelled, collected" in run("batches", "list", "--cache", "cache").stdout
    again = run("batches", "cancel", batch["id"], "--cache", "cache")
    assert again.returncode == 2
    assert "is not under way" in again.stderr


def test_a_batch_that_is_not_there_is_not_shown(run: Run) -> None:
    shown = run("batches", "show", "batch_1", "--cache", "cache")
    assert shown.returncode == 2
    assert "There is no batch 'batch_1'" in shown.stderr


def test_the_batches_of_all_variants_are_submitted_at_once(
    run: Run, products: Path, sandbox_server: Callable[..., str]
) -> None:
    url = sandbox_server(batch_seconds=2)
    command = chat(url, "-m", "gpt-5-mini", "--no-wait")
    assert run(*command).returncode == 7
    assert sorted(batch["model"] for batch in httpx.get(f"{url}/batches").json()["data"]) == [
        "gpt-4.1-mini",
        "gpt-5-mini",
    ]
    done = run(*command[:-1])
    assert done.returncode == 0, done.stderr
    assert "10 rows: " in done.stdout
    assert " 0 failed; 10 results" in done.stdout
    assert len(products.with_name("out.csv").read_text().splitlines()) == 11
    assert len(httpx.get(f"{url}/batches").json()["data"]) == 2
