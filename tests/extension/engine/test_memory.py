"""Memory is bounded: small files that unfold to large pictures are worked on one after the other."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING

from PIL import Image

from endpoint_nodes.extension.engine.run.memory_gate import MemoryGate

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import resource, sys
from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import Configuration

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

node = CreateImageVariation(fit="pad", size="256x256", on_error="continue")
before = peak()
execute(node, Configuration(base_url="http://127.0.0.1:1/v1", max_attempts=1, concurrency=8), sys.argv[1])
print(peak() - before)
"""


def test_padding_small_files_with_many_pixels_takes_the_memory_of_one_large_picture(tmp_path: Path) -> None:
    for number in range(8):
        Image.new("1", (6500, 6000), number % 2).save(tmp_path / f"{number}.png")
    ended = subprocess.run([sys.executable, "-c", PROGRAM, tmp_path], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) < 1_000_000_000


def test_work_waits_for_room_in_the_order_it_came() -> None:
    async def run() -> None:
        gate, held, order = MemoryGate(10), 0, []

        async def work(name: int, size: int) -> None:
            nonlocal held
            async with gate.room(size):
                held += min(size, 10)
                assert held <= 10
                order.append(name)
                await asyncio.sleep(0)
                held -= min(size, 10)

        await asyncio.gather(*(work(name, size) for name, size in enumerate([6, 6, 3, 99, 1, 10, 0, 4])))
        assert order == list(range(8))
        async with gate.room(10):
            waiting = [asyncio.create_task(work(name, 5)) for name in range(3)]
            await asyncio.sleep(0)
            waiting[0].cancel()
            await asyncio.sleep(0)
        waiting[1].cancel()  # its turn has come, and it has not begun
        await asyncio.gather(*waiting, return_exceptions=True)
        async with gate.room(10):
            assert held == 0

    asyncio.run(asyncio.wait_for(run(), 10))
