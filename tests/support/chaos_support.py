"""A service that echoes, counts and is quick; and a job that is watched at random moments, and resumed."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

JOB = Path(__file__).with_name("chaos_job.py")


class Echo:
    """Answers a prompt with itself, after up to `latency` seconds; every seventh answer is a large one.

    Attributes:
        asked: how often each prompt was asked and answered whole.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.latency = 0.0
        self.base_url = ""
        self._dice = random.Random(7)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                prompt = json.loads(await reader.readexactly(length))["messages"][-1]["content"]
                await asyncio.sleep(self.latency and self._dice.uniform(0, self.latency))
                body = json.dumps(answer(prompt)).encode()
                heading = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(heading.encode() + body)
                await writer.drain()
                self.asked[prompt] += 1
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def prompts(numbers: Iterable[int]) -> pa.Table:
    return pa.table({"prompt": [f"row {number}" for number in numbers]})


def content(prompt: str) -> str:
    number = int(prompt.rpartition(" ")[2])
    return f"echo of {prompt}" + " and on and on" * (4000 if number % 7 == 0 else 0)


def answer(prompt: str) -> dict[str, object]:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content(prompt)}}
    return {"id": prompt, "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


def job_command(echo: Echo, cache: Path, numbers: Iterable[int], out: Path) -> list[str]:
    """Return the command of a job that asks for the rows with these numbers."""
    return [sys.executable, str(JOB), echo.base_url, str(cache), ",".join(map(str, numbers)), str(out)]


def watch_job(echo: Echo, cache: Path, rows: int, look: Callable[[int], bool], dice: random.Random) -> Path:
    """Run a job with 64 requests in flight, stand it still at random moments until it has ended, and return its table.

    Args:
        echo: the service.
        cache: the folder of the job's cache.
        rows: how many there are.
        look: called while the job stands still, with the number of rows that it has reported, from the first on;
            returns whether to go on looking.
        dice: for the moments.
    """
    told: list[str] = []
    out = cache.with_name("out.parquet")
    with subprocess.Popen(job_command(echo, cache, range(rows), out), stdout=subprocess.PIPE, text=True) as job:
        assert job.stdout is not None
        reader = threading.Thread(target=told.extend, args=[job.stdout])
        reader.start()
        looking = True
        while job.poll() is None:
            time.sleep(dice.uniform(0, 0.05))
            if not told or not looking:
                continue
            job.send_signal(signal.SIGSTOP)
            before = len(told)
            looking = look(before)
            job.send_signal(signal.SIGCONT)
        reader.join()
    assert job.returncode == 0
    assert len(told) == rows
    return out


def check_contents(table: pa.Table, numbers: Iterable[int]) -> None:
    """Each row must have its own response."""
    assert table.column("content").to_pylist() == [content(f"row {number}") for number in numbers]


def resume(echo: Echo, cache: Path, rows: int, told: int) -> int:
    """Run with what a job has left in its cache, and return how many rows were asked for.

    Each row must get its own response, none may be asked for twice, and none of those `told` of once more.
    """
    echo.asked.clear()
    echo.latency = 0
    where = Configuration(base_url=echo.base_url, cache=str(cache), concurrency=64)
    table, _ = execute(CreateChatCompletion(model="m"), where, prompts(range(rows)))
    check_contents(table, range(rows))
    assert set(echo.asked.values()) <= {1}
    assert echo.asked.total() <= rows - told
    return echo.asked.total()
