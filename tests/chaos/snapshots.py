"""The cache's folder as it is at random moments of a run with 64 in flight: what a kill would leave at each of them.

The run is stopped for the time of the copy, so that a copy is one moment. A run that begins with a copy must have every
row that was told of before, ask for the others once, and give each row its own response.
"""

from __future__ import annotations

import random
import shutil
import signal
import threading
import time
from typing import TYPE_CHECKING

import pyarrow as pa
from chaos_support import Echo, answer, start_job

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.configuration import Configuration

if TYPE_CHECKING:
    from pathlib import Path

ROWS, RUNS, SNAPSHOTS = 800, 60, 210


def test_a_run_resumes_from_every_moment(echo: Echo, tmp_path: Path) -> None:
    dice = random.Random(12)
    taken: list[tuple[Path, int]] = []
    echo.latency = 0.05
    for run in range(RUNS):
        if len(taken) >= SNAPSHOTS:
            break
        echo.asked.clear()
        cache = tmp_path / f"run {run}"
        told: list[str] = []
        with start_job(echo.base_url, cache, ROWS) as job:
            assert job.stdout is not None
            lines = job.stdout
            reader = threading.Thread(target=lambda lines=lines, told=told: told.extend(lines))
            reader.start()
            while job.poll() is None:
                time.sleep(dice.uniform(0, 0.06))
                if not echo.asked or len(taken) >= SNAPSHOTS:
                    continue
                job.send_signal(signal.SIGSTOP)
                before = len(told)
                copy = tmp_path / f"copy {len(taken)}"
                shutil.copytree(cache, copy)
                job.send_signal(signal.SIGCONT)
                taken.append((copy, before))
            reader.join()
        assert job.returncode == 0
        shutil.rmtree(cache)
    assert len(taken) >= SNAPSHOTS
    echo.latency = 0
    resumed = 0
    for copy, told_before in taken:
        echo.asked.clear()
        table, _ = execute(
            CreateChatCompletion(model="m"),
            Configuration(base_url=echo.base_url, cache=str(copy), concurrency=64),
            pa.table({"prompt": [f"row {number}" for number in range(ROWS)]}),
        )
        expected = [answer(f"row {number}")["choices"][0]["message"]["content"] for number in range(ROWS)]  # type: ignore[index]
        assert table.column("content").to_pylist() == expected
        assert set(echo.asked.values()) <= {1}
        assert sum(echo.asked.values()) <= ROWS - told_before
        resumed += told_before > 0 and bool(echo.asked)
        shutil.rmtree(copy)
    print(f"{len(taken)} snapshots, {resumed} of them in the middle of a run")  # noqa: T201
    assert resumed >= SNAPSHOTS // 4
