"""Ctrl-C or SIGTERM in the middle of a run: it ends at once, and leaves no half-written file and no process behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

EXAMPLES = Path(__file__).parents[3] / "examples" / "images"
COMMAND = Path(sys.executable).with_name("endpoint-nodes")


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """A job in the background ignores Ctrl-C and so would its children: let them take it."""
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, usual)


@pytest.mark.parametrize(("name", "number"), [("out.parquet", signal.SIGINT), ("out.csv", signal.SIGTERM)])
def test_ctrl_c_and_sigterm_leave_nothing_half_done(
    name: str, number: signal.Signals, sandbox_server: Callable[..., str], tmp_path: Path
) -> None:
    url = sandbox_server(latency=1)
    given = ["create-image-variation", EXAMPLES, "--fit", "pad", "--base-url", url, "--concurrency", "1"]
    places = ["--cache", tmp_path / "cache", "--out", tmp_path / name, "--report", tmp_path / "page.html"]
    with subprocess.Popen(
        [COMMAND, *given, *places], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while httpx.get(url.replace("/v1", "/sandbox/requests")).json()["total"] < 3:
            assert process.poll() is None
            time.sleep(0.05)
        os.killpg(process.pid, number)
        said = process.communicate(timeout=30)[1]
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "Cancelled." in said
    assert {path.name for path in tmp_path.iterdir()} <= {"cache"}
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
