"""A scheduled job that is killed again and again still ends with every row right, and buys nothing twice."""

import json
import random
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from endpoint_nodes.extension.engine.cache.upkeep import describe

COMMAND = Path(sys.executable).with_name("endpoint-nodes")
ROWS, KILLS, CONCURRENCY = 200, 20, 8


def command(base_url: str, folder: Path, out: str, cache: str = "cache") -> list[str | Path]:
    return [
        *(COMMAND, "create-image-variation", folder / "photos", "--size", "256x256", "--base-url", base_url),
        *("--concurrency", str(CONCURRENCY), "--cache", folder / cache, "--out", folder / out, "--json"),
    ]


def kept(folder: Path) -> int:
    """How many responses are in the cache."""
    facts = describe(folder / "cache")
    return facts.responses if facts else 0


def requested(base_url: str) -> list[dict[str, object]]:
    """The service's own log of the requests it answered whole."""
    with urllib.request.urlopen(base_url.removesuffix("/v1") + "/sandbox/requests") as response:  # noqa: S310 - loopback
        requests: list[dict[str, object]] = json.load(response)["requests"]
    return [request for request in requests if request["method"] == "POST" and request["finished"]]


def without_times(path: Path) -> pa.Table:
    table = pq.read_table(path)
    return table.drop_columns([name for name in ("created", "url") if name in table.column_names])


def test_killed_twenty_times(sandbox_server: Callable[..., str], tmp_path: Path) -> None:
    dice = random.Random(11)
    (tmp_path / "photos").mkdir()
    for number in range(ROWS):
        Image.new("RGB", (16, 16), (number, 9, 9)).save(tmp_path / "photos" / f"{number:03}.png")
    base_url = sandbox_server(latency=0.1)
    subprocess.run(command(base_url, tmp_path, "undisturbed.parquet", "another-cache"), check=True, capture_output=True)
    first = len(requested(base_url))
    assert first == ROWS

    kills = 0
    while kills < KILLS:
        before = kept(tmp_path)
        answered = len(requested(base_url))
        with subprocess.Popen(
            command(base_url, tmp_path, "out.parquet"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as job:
            answers = dice.randrange(ROWS // KILLS)
            while len(requested(base_url)) < answered + answers:
                time.sleep(0.01)
            time.sleep(dice.uniform(0.0, 0.1))
            job.kill()
        assert job.returncode == -9, "it was not killed but ended by itself"
        kills += 1
        assert not (tmp_path / "out.parquet").exists()
        assert len(requested(base_url)) - answered <= ROWS - before, "what is kept is not requested again"

    before, answered = kept(tmp_path), len(requested(base_url))
    ended = subprocess.run(command(base_url, tmp_path, "out.parquet"), check=True, capture_output=True, text=True)
    summary = json.loads(ended.stdout)
    assert (summary["from_cache"], summary["sent"]) == (before, ROWS - before)
    assert len(requested(base_url)) - answered == ROWS - before
    assert without_times(tmp_path / "out.parquet").equals(without_times(tmp_path / "undisturbed.parquet"))
    times = Counter(request["idempotency_key"] for request in requested(base_url)[first:])
    assert len(times) == ROWS
    repeats = sum(times.values()) - ROWS
    assert repeats <= KILLS * CONCURRENCY
    assert not [path for path in tmp_path.iterdir() if ".part" in path.name]
