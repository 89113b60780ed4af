"""Jobs in batches that are killed at random moments, and what must hold of them afterwards."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.configuration import NO_CACHE, Configuration

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 60

PROGRAM = """
import sys
from pathlib import Path
import pyarrow.parquet as pq
from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.configuration import Configuration
url, cache, job, out = sys.argv[1:]
configuration = Configuration(base_url=url, cache=cache, delivery="batch")
table, _ = execute(CreateChatCompletion(model="m"), configuration, pq.read_table(job))
pq.write_table(table, Path(out).with_suffix(".part"))
Path(out).with_suffix(".part").rename(out)
"""


def asked(url: str) -> int:
    """How many requests the service has got."""
    total: int = httpx.get(url.replace("/v1", "/sandbox/requests")).json()["total"]
    return total


def kill_at_random_moments(url: str, folder: Path, kills: int, dice: random.Random) -> int:
    """Run one job after the other, each killed again and again until it gets through, and return their number."""
    jobs = killed = 0
    while killed < kills:
        jobs += 1
        job, out = folder / f"job {jobs}.parquet", folder / f"result {jobs}.parquet"
        pq.write_table(pa.table({"prompt": [f"Job {jobs}, row {row}" for row in range(ROWS)]}), job)
        while not out.exists():
            before = asked(url)
            command = [sys.executable, "-c", PROGRAM, url, str(folder / "cache"), str(job), str(out)]
            with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
                # Its own requests tell how far it is: they are what a kill may come between.
                target = before + dice.randrange(14)
                while killed < kills and process.poll() is None and asked(url) < target:
                    time.sleep(0.005)
                if killed < kills and process.poll() is None:
                    time.sleep(dice.uniform(0, 0.15))
                    killed += process.poll() is None
                    process.kill()
                said = process.communicate()[1]
            assert process.returncode in (0, -9), said
    return jobs


def check_nothing_twice_and_nothing_lost(url: str, folder: Path, jobs: int) -> None:
    """Compare what the service counted and what the jobs wrote with live runs of them."""
    batches = httpx.get(f"{url}/batches?limit=100").json()["data"]
    lines = Counter(batch["metadata"]["endpoint_nodes"] for batch in batches)
    assert max(lines.values()) == 1, "a submission has two batches"
    assert sum(batch["request_counts"]["total"] for batch in batches) == jobs * ROWS, "a request was submitted twice"
    live = Configuration(base_url=url, cache=NO_CACHE, concurrency=32)
    for number in range(1, jobs + 1):
        table, _ = execute(CreateChatCompletion(model="m"), live, pq.read_table(folder / f"job {number}.parquet"))
        found = pq.read_table(folder / f"result {number}.parquet")
        assert found.equals(table)
    assert httpx.get(f"{url}/files").json()["data"] == [], "files were left at the service"
