"""A job in batches that is killed at random moments; tests/chaos does so fifty times."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from killed_batches_support import check_nothing_twice_and_nothing_lost, kill_at_random_moments

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_job_that_is_killed_submits_nothing_twice_and_loses_nothing(
    sandbox_server: Callable[..., str], tmp_path: Path
) -> None:
    url = sandbox_server(latency=0.02, batch_seconds=0.5)
    jobs = kill_at_random_moments(url, tmp_path, kills=4, dice=random.Random(3))
    check_nothing_twice_and_nothing_lost(url, tmp_path, jobs)
