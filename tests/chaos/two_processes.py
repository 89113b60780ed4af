"""Two processes with the same rows and one cache, of which one or the other is killed again and again.

Both come to the right table. A row is asked for once, by whichever process comes first; only what was in flight in a
killed process, 64 requests at most, may be asked for again.
"""

from __future__ import annotations

import random
import subprocess
import time
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from chaos_support import check_contents, job_command

from endpoint_nodes.extension.engine.cache.upkeep import describe, prune

if TYPE_CHECKING:
    from pathlib import Path

    from chaos_support import Echo

ROWS, KILLS, IN_FLIGHT = 400, 8, 64


@pytest.mark.parametrize("seed", range(4))
def test_two_processes_share_a_cache_whichever_is_killed(echo: Echo, space: Path, seed: int) -> None:
    dice = random.Random(seed)
    echo.latency = 0.5

    def start(number: int) -> subprocess.Popen[bytes]:
        command = job_command(echo, space / "cache", range(ROWS), space / f"out {number}.parquet")
        return subprocess.Popen(command, stdout=subprocess.DEVNULL)

    jobs = [start(0), start(1)]
    kills = 0
    while kills < KILLS and all(job.poll() is None for job in jobs):
        asked = echo.asked.total()
        while echo.asked.total() < asked + dice.randrange(20, 50) and jobs[0].poll() is jobs[1].poll() is None:
            time.sleep(0.01)
        one = dice.randrange(2)
        jobs[one].kill()
        kills += jobs[one].wait() == -9
        prune(space / "cache", older_than=3600)
        assert describe(space / "cache") is not None
        jobs[one] = start(one)
    for number, job in enumerate(jobs):
        assert job.wait() == 0
        check_contents(pq.read_table(space / f"out {number}.parquet"), range(ROWS))
    again = echo.asked.total() - ROWS
    print(f"{kills} kills, {again} of {ROWS} rows asked for again")  # noqa: T201
    assert kills
    assert 0 <= again <= kills * IN_FLIGHT
