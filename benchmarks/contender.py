"""Runs one contender in this process: ``contender.py NAME CORE JOB`` prints one line of JSON.

Rows a second count from the first read to the closed Parquet file, after a run of one row has loaded everything; the
time from this process's start to the end of that run is the start-up.
"""

import importlib
import json
import os
import resource
import sys
import threading
import time
from pathlib import Path

from job import Job

SAMPLED_EVERY = 0.02
PAGE = os.sysconf("SC_PAGE_SIZE")


class Memory(threading.Thread):
    """Samples this process's resident memory, in MB, with the time of each sample."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.samples: list[tuple[float, float]] = []
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(SAMPLED_EVERY):
            resident = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6
            self.samples.append((time.monotonic(), resident))

    def quarters(self) -> list[float]:
        """End sampling and return the peak of each quarter of the time."""
        self._done.set()
        self.join()
        if not self.samples:
            return []
        start, end = self.samples[0][0], self.samples[-1][0]
        peaks = [0.0] * 4
        for at, resident in self.samples:
            quarter = min(3, int(4 * (at - start) / (end - start or 1)))
            peaks[quarter] = max(peaks[quarter], resident)
        return [round(peak) for peak in peaks]


def since_start() -> float:
    """Return the seconds since the system started this process."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def cpu_seconds() -> float:
    """Return the CPU time of this process, its threads and its ended children."""
    return sum(
        item.ru_utime + item.ru_stime
        for item in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def peak_mb() -> float:
    """Return the most memory this process has had; getrusage would count what its parent had at the fork."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def main(name: str, core: int, job: Job) -> None:
    """Run the contender and print what was measured."""
    os.sched_setaffinity(0, {core})
    contender = importlib.import_module(f"contenders.{name}")
    contender.run(job.warm_up())
    startup = since_start()
    if job.again:
        contender.run(job)
    memory = Memory()
    memory.start()
    cpu, began = cpu_seconds(), time.perf_counter()
    contender.run(job)
    seconds, cpu = time.perf_counter() - began, cpu_seconds() - cpu
    print(
        json.dumps(
            {
                "rows_per_second": job.rows / seconds,
                "cpu_per_1000": cpu / job.rows * 1000,
                "peak_mb": peak_mb(),
                "quarters_mb": memory.quarters(),
                "startup": startup,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Job.from_json(sys.argv[3]))
