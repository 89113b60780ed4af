"""The service in a process of its own, and the inputs of jobs."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq
from job import Job
from samples import png

__all__ = ["Service", "write_source"]

HERE = Path(__file__).parent
BYTES_IN_CELLS = 100_000
"""Larger images are named by path, else the table would be as large as all uploads together."""


class Service:
    """Runs the service, and a proxy before it, on one core while the context lasts."""

    def __init__(self, core: int) -> None:
        self._processes: list[subprocess.Popen[str]] = []
        self.port = self._start("server.py", core)
        self.proxy_port = self._start("proxy.py", core, self.port)

    def _start(self, script: str, *arguments: int) -> int:
        """Start a script of this folder and return the port that it prints."""
        command = [sys.executable, str(HERE / script), *map(str, arguments)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._processes.append(process)
        return int(process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in self._processes:
            process.stdin.close()
            process.wait()

    def connections(self) -> int:
        """Return how many connections have been opened so far, this question's own included."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/stats") as answer:
            return json.load(answer)["connections"]


def write_source(job: Job) -> None:
    """Write the job's input, unless it is there."""
    if job.source.exists():
        return
    if job.is_chat:
        texts = [f"What should I know about plum number {number} before I bake with it?" for number in range(job.rows)]
        table = pa.table({"prompt": texts})
    else:
        image = png(job.upload)
        path = Path(job.folder) / f"{job.upload}.png"
        path.write_bytes(image)
        cell = image if job.upload <= BYTES_IN_CELLS else str(path)
        table = pa.table({"image": [cell] * job.rows})
    pq.write_table(table, job.source)
