"""What a run through the service costs beside the same on the command line: ``python benchmarks/service_price.py``.

Chat rows against a service that answers after 50 ms, 64 in flight, with a cache of its own for each run. The command
line's time is of the whole command, the service's from the request that starts the run to the end of its results.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from cache_price import Answering, serve

COMMAND = Path(sys.executable).with_name("endpoint-nodes")
LATENCY, IN_FLIGHT = 0.05, 64


class Slow(Answering):
    """Answers after the latency."""

    def data_received(self, data: bytes) -> None:
        """Collect a request, and answer it later."""
        asyncio.get_running_loop().call_later(LATENCY, super().data_received, data)


def by_command(base_url: str, folder: Path, rows: Path) -> float:
    """Return the seconds of one command."""
    began = time.perf_counter()
    subprocess.run(
        [
            *(COMMAND, "create-chat-completion", rows, "--model", "benchmark", "--base-url", base_url, "--quiet"),
            *("--concurrency", str(IN_FLIGHT), "--cache", folder / "cache", "--out", folder / "out.jsonl"),
        ],
        check=True,
    )
    return time.perf_counter() - began


def by_service(base_url: str, folder: Path, rows: Path) -> float:
    """Return the seconds of one run through a service that is there already."""
    names = folder / "names"
    names.mkdir()
    (names / "local.toml").write_text(
        f'base_url = "{base_url}"\nconcurrency = {IN_FLIGHT}\ncache = "{folder / "cache"}"\n', encoding="utf-8"
    )
    with subprocess.Popen(
        [COMMAND, "serve", "--port", "0", "--folder", folder / "data", "--configurations", names],
        env={**os.environ, "ENDPOINT_NODES_TOKEN": "benchmark"},
        stdout=subprocess.PIPE,
        text=True,
    ) as served:
        address = re.search(r"http://\S+", served.stdout.readline() if served.stdout else "")
        if address is None:
            raise RuntimeError("the service did not start")
        run = {"node": "create_chat_completion", "configuration": "local", "settings": {"model": "benchmark"}}
        with httpx.Client(base_url=address[0], headers={"authorization": "Bearer benchmark"}, timeout=60) as client:
            began = time.perf_counter()
            parts = {"run": (None, json.dumps(run), "application/json"), "rows": ("rows", rows.read_bytes())}
            status = client.post("/runs", files=parts).raise_for_status().json()
            with client.stream("GET", status["events"]) as events:
                for _ in events.iter_lines():
                    pass
            lines = client.get(f"/runs/{status['id']}/results").raise_for_status().text.count("\n")
            took = time.perf_counter() - began
        served.terminate()
    if lines != len(rows.read_text(encoding="utf-8").splitlines()):
        raise RuntimeError("results are missing")
    return took


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    mine, its = multiprocessing.Pipe()
    service = multiprocessing.Process(target=serve, args=(its, Slow), daemon=True)
    service.start()
    base_url = f"http://127.0.0.1:{mine.recv()}/v1"
    seconds: dict[str, list[float]] = {"command line": [], "service": []}
    for _ in range(arguments.rounds):
        for name, work in (("command line", by_command), ("service", by_service)):
            with tempfile.TemporaryDirectory() as folder:
                rows = Path(folder) / "rows.jsonl"
                lines = (json.dumps({"prompt": f"What is {number}?"}) for number in range(arguments.rows))
                rows.write_text("\n".join(lines) + "\n", encoding="utf-8")
                seconds[name].append(work(base_url, Path(folder), rows))
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    for name, median in medians.items():
        print(f"{name}: {median:.2f} s (of {', '.join(f'{time:.2f}' for time in seconds[name])})")
    print(f"service / command line: {medians['service'] / medians['command line']:.2f}")


if __name__ == "__main__":
    main()
