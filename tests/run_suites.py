"""Run suites of tests one after another, also after one has failed, and end with one total of them all.

``python tests/run_suites.py core orange`` runs ``make test-core`` and ``make test-orange``. Each leaves its results in
``build/results/``; those of ``--done core`` are counted as they are there, and the suite is not run again.
"""

import argparse
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]


class Counts(NamedTuple):
    """How many tests ended in which way."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def run(suite: str, results: Path) -> bool:
    """Run one suite, without what an earlier run of it has left, and return whether it succeeded."""
    results.unlink(missing_ok=True)
    return subprocess.call(["make", "--no-print-directory", f"test-{suite}"], cwd=ROOT) == 0


def count(results: Path) -> Counts:
    """Count the tests in a file of JUnit's format; a suite that left none counts as one failure."""
    if not results.exists():
        return Counts(failed=1)
    passed = failed = skipped = 0
    for suite in ET.parse(results).iter("testsuite"):  # noqa: S314, written by pytest just now
        tests, failures, errors, skips = (int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped"))
        passed += tests - failures - errors - skips
        failed += failures + errors
        skipped += skips
    return Counts(passed, failed, skipped)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", nargs="+")
    parser.add_argument("--done", nargs="*", default=[], help="Suites whose results are there already.")
    arguments = parser.parse_args()
    counts = {}
    for suite in arguments.suites:
        results = ROOT / "build" / "results" / f"{suite}.xml"
        succeeded = suite in arguments.done or run(suite, results)
        counts[suite] = count(results)
        # No test failed, but the suite did: it was ended from outside, or collected nothing.
        if not succeeded and not counts[suite].failed:
            counts[suite] = counts[suite]._replace(failed=1)
    print()
    for suite, tests in counts.items():
        print(f"  {suite}: {tests}")
    total = Counts(*map(sum, zip(*counts.values(), strict=True)))
    print(total, flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
