"""The page of what was measured, as Markdown."""

import datetime as dt
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cases import CASES, GRID, LIMIT, MEMORY, TARGETS, Measured

__all__ = ["PICTURE", "page"]

PACKAGES = ("httpx", "aiohttp", "pyarrow", "openai", "daft", "pandas", "uvloop")
PICTURE = "images/performance.svg"
HEAD = """# Performance

What `make bench` measured: contenders side by side on the loopback, each a process of its own on one core, the service
on another. All ratios are of medians of {rounds} interleaved rounds of one run. The raw client is an asyncio client
that does the same work and nothing else, so it is the limit; *ours* is the whole path from table to Parquet. Absolute
numbers change with the machine and with what else it does; compare within this page only. Results are written to
memory where the system has a place for that, caches to disk; each row of image work sends a small image. Of prompts,
all contenders but the raw client, ours and Daft are given a quarter or an eighth, so that a round stays short.
LangChain is used as KNIME's AI Extension uses it, in the versions that it names; LiteLLM and polars-llm ask through the
versions of the official client and of LangChain that they allow.

Ray Data is not among the contenders: its workers are processes of their own, on more cores than one, so that CPU and
memory of the process measured here would say nothing about it.

{machine}, {cores} cores; Python {python}; {packages}; {date}.
"""


def page(seen: Measured, rounds: int, cores: int) -> str:
    """Return the page; a part that was not measured says so."""
    head = HEAD.format(
        rounds=rounds,
        machine=_processor(),
        cores=cores,
        python=platform.python_version(),
        packages=", ".join(f"{name} {version(name)}" for name in PACKAGES),
        date=f"{dt.datetime.now(dt.UTC):%d %B %Y}",
    )
    return "\n".join(
        [
            head,
            f"![Rows a second of each contender]({PICTURE})\n",
            *_targets(seen),
            *_works("Each work", CASES, seen),
            *_memory(seen),
            *_works("All works, one round each", GRID, seen),
            "",
        ]
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _targets(seen: Measured) -> Iterator[str]:
    yield "## Ratios\n\n64 requests in flight for chat, 16 for images.\n"
    yield "| work | measured | must | aim | reached |\n|---|---|---|---|---|"
    for target in TARGETS:
        sign = "≥" if target.better == "more" else "≤"
        try:
            value = target.value(seen)
            measured, mark = f"{value:.3g}", target.mark(value)
        except KeyError:  # its work was not part of this run
            measured, mark = "not measured", ""
        yield f"| {target.words} | {measured} | {sign} {target.must:g} | {sign} {target.aim:g} | {mark} |"
    yield f"\nAt 50 ms nothing can be faster than {LIMIT:,.0f} rows/s."


def _works(title: str, cases: Any, seen: Measured) -> Iterator[str]:
    yield f"\n## {title}\n"
    known = [(case, contender) for case in cases for contender in case.contenders if (case.name, contender) in seen]
    if not known:
        yield "Not measured in this run."
        return
    yield "| work | contender | rows/s | CPU s per 1,000 rows | peak MB | start-up s | connections |"
    yield "|---|---|---|---|---|---|---|"
    for case, contender in known:
        got = seen[case.name, contender]
        yield (
            f"| {case.name} | {contender} | {got['rows_per_second']:,.0f} | {got['cpu_per_1000']:.3f} "
            f"| {got['peak_mb']:.0f} | {got['startup']:.1f} | {got['connections']:.0f} |"
        )


def _memory(seen: Measured) -> Iterator[str]:
    yield "\n## Memory of long runs, one round each\n"
    known = [case for case in MEMORY if (case.name, "ours") in seen]
    if not known:
        yield "Not measured in this run."
        return
    yield "| work | peak MB | peak of each quarter, MB | rows/s |\n|---|---|---|---|"
    for case in known:
        got = seen[case.name, "ours"]
        quarters = ", ".join(f"{quarter:.0f}" for quarter in got["quarters_mb"])
        yield f"| {case.name} | {got['peak_mb']:.0f} | {quarters} | {got['rows_per_second']:,.0f} |"
