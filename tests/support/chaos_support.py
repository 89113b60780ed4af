"""A service that echoes, counts and is quick; and a job that tells each row as it is done."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

JOB = Path(__file__).parents[1] / "chaos" / "job.py"


class Echo:
    """Answers a prompt with itself, after `latency` seconds; every seventh answer is a large one.

    Attributes:
        asked: how often each prompt was asked and answered whole.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.latency = 0.005
        self.base_url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                prompt = json.loads(await reader.readexactly(length))["messages"][-1]["content"]
                await asyncio.sleep(self.latency)
                body = json.dumps(answer(prompt)).encode()
                heading = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(heading.encode() + body)
                await writer.drain()
                self.asked[prompt] += 1
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def answer(prompt: str) -> dict[str, object]:
    number = int(prompt.rpartition(" ")[2])
    text = f"echo of {prompt}" + " and on and on" * (4000 if number % 7 == 0 else 0)
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    return {"id": prompt, "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


def start_job(base_url: str, cache: Path, rows: int) -> subprocess.Popen[str]:
    """Start a run with 64 requests in flight; it writes the number of each row that it tells of."""
    return subprocess.Popen([sys.executable, JOB, base_url, cache, str(rows)], stdout=subprocess.PIPE, text=True)
