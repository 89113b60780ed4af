"""The cache's folder as it is at random moments of a run with 64 in flight: what a kill would leave at each of them.

The run is stopped for the time of the copy, so that a copy is one moment. A run that begins with a copy must have every
row that was reported before, ask for the others once, and give each row its own response.
"""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import pytest
from chaos_support import resume, watch_job

if TYPE_CHECKING:
    from pathlib import Path

    from chaos_support import Echo

ROWS, SNAPSHOTS = 400, 26


@pytest.mark.parametrize("seed", range(20))
def test_a_run_resumes_from_every_moment(echo: Echo, space: Path, seed: int) -> None:
    dice = random.Random(seed)
    taken: list[tuple[Path, int]] = []
    for run in range(SNAPSHOTS):
        echo.latency = 0.5
        cache = space / f"run {run}" / "cache"

        def copy(told: int, cache: Path = cache) -> bool:
            # The last rows are reported when all is over.
            if told < ROWS - 64:
                taken.append((space / f"copy {len(taken)}", told))
                shutil.copytree(cache, taken[-1][0])
            return len(taken) < SNAPSHOTS

        watch_job(echo, cache, ROWS, copy, dice)
        shutil.rmtree(cache.parent)
        if len(taken) >= SNAPSHOTS:
            break
    assert len(taken) == SNAPSHOTS
    for place, told in taken:
        resume(echo, place, ROWS, told)
        shutil.rmtree(place)
    print(f"{SNAPSHOTS} kills, all in the middle of a run")  # noqa: T201
