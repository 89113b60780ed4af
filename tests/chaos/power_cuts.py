"""Power cuts: the cache on an ext4 disk of its own, of which a copy is taken while a run goes on.

The copy holds what had reached the disk at that moment, and nothing of what was only in memory. Mounted, which replays
the disk's journal, it must hold the response of every row that had been told of.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from chaos_support import Echo, answer, start_job

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS, CUTS = 600, 40


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


def test_what_was_told_survives_a_power_cut(echo: Echo, tmp_path: Path) -> None:
    dice = random.Random(12)
    image = tmp_path / "disk"
    copies: list[tuple[Path, int]] = []
    while len(copies) < CUTS:
        with image.open("wb") as disk:
            disk.truncate(96_000_000)
        subprocess.run(["mkfs.ext4", "-q", image], check=True)
        told: list[str] = []
        with mounted(image, tmp_path / "mounted") as place, start_job(echo.base_url, place / "cache", ROWS) as job:
            assert job.stdout is not None
            lines = job.stdout
            reader = threading.Thread(target=lambda lines=lines, told=told: told.extend(lines))
            reader.start()
            while job.poll() is None:
                time.sleep(dice.uniform(0.02, 0.15))
                if not told or len(copies) >= CUTS:
                    continue
                before = len(told)
                job.send_signal(signal.SIGSTOP)
                copy = tmp_path / f"cut {len(copies)}"
                shutil.copyfile(image, copy)
                job.send_signal(signal.SIGCONT)
                copies.append((copy, before))
            reader.join()
        assert job.returncode == 0
    echo.latency = 0
    for copy, told_before in copies:
        echo.asked.clear()
        with mounted(copy, tmp_path / "after") as place:
            table, _ = execute(
                CreateChatCompletion(model="m"),
                Configuration(base_url=echo.base_url, cache=str(place / "cache"), concurrency=64),
                pa.table({"prompt": [f"row {number}" for number in range(ROWS)]}),
            )
        expected = [answer(f"row {number}")["choices"][0]["message"]["content"] for number in range(ROWS)]  # type: ignore[index]
        assert table.column("content").to_pylist() == expected
        assert sum(echo.asked.values()) <= ROWS - told_before
        copy.unlink()
