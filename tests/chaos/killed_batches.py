"""Jobs in batches, killed at fifty random moments: nothing is submitted twice, and no line is lost."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from killed_batches_support import check_nothing_twice_and_nothing_lost, kill_at_random_moments

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("seed", range(5))
def test_killed_ten_times(seed: int, sandbox_server: Callable[..., str], tmp_path: Path) -> None:
    url = sandbox_server(latency=0.03, batch_seconds=0.6)
    jobs = kill_at_random_moments(url, tmp_path, kills=10, dice=random.Random(seed))
    check_nothing_twice_and_nothing_lost(url, tmp_path, jobs)
