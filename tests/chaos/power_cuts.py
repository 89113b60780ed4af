"""Power cuts: the cache on an ext4 disk of its own, of which a copy is taken while a run goes on, and after its end.

The copy holds what had reached the disk at that moment, and nothing of what was only in memory. Mounted, which replays
the journal of the disk, it must hold the response of every row that had been reported, and the table of every job that
has ended.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from chaos_support import check_contents, resume, watch_job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chaos_support import Echo

ROWS, CUTS = 400, 10


@contextmanager
def mounted(image: Path, place: Path) -> Iterator[Path]:
    """Mount a disk; skip where that is not allowed."""
    place.mkdir()
    done = subprocess.run(["mount", "-o", "loop", image, place], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting a disk of its own needs root and loop devices ({done.stderr.strip()})")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)
        place.rmdir()


@pytest.mark.parametrize("seed", range(10))
def test_what_was_told_survives_a_power_cut(echo: Echo, tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    image = tmp_path / "disk"
    cuts: list[tuple[Path, int]] = []
    while len(cuts) < CUTS:
        with image.open("wb") as disk:
            disk.truncate(96_000_000)
        subprocess.run(["mkfs.ext4", "-q", image], check=True)

        def cut(told: int) -> bool:
            cuts.append((tmp_path / f"cut {len(cuts)}", told))
            shutil.copyfile(image, cuts[-1][0])
            return len(cuts) < CUTS

        echo.latency = 0.5
        with mounted(image, tmp_path / "mounted") as place:
            watch_job(echo, place / "cache", ROWS, cut, dice)
            shutil.copyfile(image, tmp_path / "ended")  # before anything is unmounted, which writes what is in memory
        with mounted(tmp_path / "ended", tmp_path / "after") as place:
            check_contents(pq.read_table(place / "out.parquet"), range(ROWS))
    for copy, told in cuts:
        with mounted(copy, tmp_path / "after") as place:
            resume(echo, place / "cache", ROWS, told)
        copy.unlink()
