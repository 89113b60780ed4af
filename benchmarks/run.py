"""Measures contenders side by side and prints what the ratios are: ``make bench``, or ``make bench QUICK=1``.

Each measurement is a process of its own on one core, the service is on another where there is one. In each round every
contender does every work once; what counts are the medians over the rounds.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from bars import bars
from cases import CASES, GRID, IMAGE, MEMORY, Case
from decoding import decoding_ratio
from page import PICTURE, page
from service import Service, write_source

HERE = Path(__file__).parent
PATIENCE = 3600
CORES = sorted(os.sched_getaffinity(0))
OWN_ENVIRONMENT = {"langchain_batch": "knime", "litellm_gather": "peers", "polars_llm_async": "peers"}
"""Contenders that run on versions of their own."""
IN_MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112 - room for results, for one run
"""Where results go, so that writing costs what it costs without the moods of a disk; caches stay on disk."""

Results = dict[tuple[str, str], list[dict[str, float]]]


def measure(case: Case, contender: str, service: Service, folders: tuple[str, str], rows: int) -> dict[str, float]:
    """Let one contender do the work once.

    Raises:
        RuntimeError: it failed.
    """
    folder, results = folders
    job = replace(case.job, port=service.port, folder=folder, results=results, rows=rows)
    write_source(job)
    write_source(job.warm_up())
    before = service.connections()
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    environment = {name: value for name, value in os.environ.items() if name.upper() not in names}
    if job.proxied:
        environment["HTTP_PROXY"] = f"http://127.0.0.1:{service.proxy_port}"
    command = [
        _python(contender),
        str(HERE / "contender.py"),
        contender,
        str(CORES[-1]),
        job.to_json(),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE, env=environment)
    if done.returncode:
        raise RuntimeError(f"{contender} failed at {case.name}:\n{done.stderr[-3000:]}")
    # One is the second question for the number of connections itself, one the run of one row.
    return {**json.loads(done.stdout.splitlines()[-1]), "connections": service.connections() - before - 2}


def _python(contender: str) -> str:
    environment = OWN_ENVIRONMENT.get(contender)
    return str(HERE.parent / f".venv-bench-{environment}" / "bin" / "python") if environment else sys.executable


def measure_all(cases: Iterable[Case], rounds: int, share: int, results_in: str | None = IN_MEMORY) -> Results:
    """Measure every case once a round, so that all meet the same moods; `share` divides the number of rows."""
    results: Results = defaultdict(list)
    for number, case in itertools.product(range(rounds), list(cases)):
        with (
            Service(CORES[0]) as service,
            tempfile.TemporaryDirectory() as folder,
            tempfile.TemporaryDirectory(dir=results_in) as target,
        ):
            for contender in case.contenders:
                seen = measure(case, contender, service, (folder, target), max(1, case.rows(contender) // share))
                results[case.name, contender].append(seen)
                print(f"{case.name:45} {number + 1} {contender:16} {seen['rows_per_second']:9.1f} rows/s", flush=True)
    return results


def medians(results: Results) -> dict[tuple[str, str], dict[str, float]]:
    """Return the median of each measure; of the quarters' peaks, each quarter's."""
    return {
        key: {
            name: [statistics.median(times) for times in zip(*(seen[name] for seen in rounds), strict=True)]
            if isinstance(rounds[0][name], list)
            else statistics.median(seen[name] for seen in rounds)
            for name in rounds[0]
        }
        for key, rounds in results.items()
    }


def main() -> None:
    """Measure what the command line names, print the page and write it where it is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--share", type=int, default=1, help="divides the number of rows")
    parser.add_argument("--grid", action="store_true", help="also every work at 8, 64 and 256 in flight")
    parser.add_argument("--memory", action="store_true", help="also the long runs that show bounded memory")
    parser.add_argument("--out", type=Path, help="file for the page")
    options = parser.parse_args()

    def publish() -> None:
        text = page(seen, options.rounds, len(CORES))
        print(text)
        if options.out:
            options.out.write_text(text, encoding="utf-8")
            (options.out.parent / PICTURE).write_text(bars(seen), encoding="utf-8")

    seen = medians(measure_all(CASES, options.rounds, options.share))
    seen["decoding", "ours"] = {"ratio": decoding_ratio(IMAGE, options.rounds)}
    publish()
    if options.memory:
        seen |= medians(measure_all(MEMORY, 1, options.share, results_in=None))
        publish()
    if options.grid:
        seen |= medians(measure_all(GRID, 1, options.share))
        publish()


if __name__ == "__main__":
    main()
