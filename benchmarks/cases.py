"""What is measured, and which ratios of it must be shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from job import Job

__all__ = ["CASES", "GRID", "LATENCY", "LIMIT", "MEMORY", "TARGETS", "Case", "Measured", "Target"]

SMALL_UPLOAD = 12_000
IMAGE = 1_500_000
SLOW = {
    "httpx_plain": 8,
    "langchain_batch": 4,
    "litellm_gather": 8,
    "openai_gather": 4,
    "openai_threads": 4,
    "polars_llm_async": 8,
}
"""Contenders that are given only a part of the rows where these are prompts, so that a round stays short."""

CHAT_CLIENTS = (
    "raw",
    "ours",
    "daft_udf",
    "openai_threads",
    "openai_gather",
    "polars_llm_async",
    "litellm_gather",
    "langchain_batch",
    "httpx_plain",
)

Measured = Mapping[tuple[str, str], Mapping[str, Any]]
"""Medians by case and contender."""


@dataclass(frozen=True)
class Case:
    """One work that contenders do side by side."""

    name: str
    job: Job
    contenders: tuple[str, ...]

    def rows(self, contender: str) -> int:
        """Return how many rows a contender is given."""
        share = SLOW.get(contender, 1) if self.job.is_chat else 1
        return max(1, self.job.rows // share)


PROXIED = "chat, 50 ms, behind a proxy"
WIDE, WIDE_CACHED = "chat, 50 ms, 256 in flight", "chat, 50 ms, 256 in flight, cache"
LATENCY, CHAT, CACHED, IMAGES, URLS = "chat, 50 ms", "chat, 0 ms", "chat, 0 ms, cache", "images, base64", "images, url"
AGAIN, IMAGES_CACHED, UPLOADS = "100,000 chat rows from the cache", "images, base64, cache", "uploads of 4 MB, cache"
TENTH, MILLION, MANY_IMAGES = "100,000 chat rows", "1,000,000 chat rows", "10,000 images of 1.5 MB"

CASES = (
    Case(LATENCY, Job("chat", 64, 7680, latency_ms=50, cache=True), CHAT_CLIENTS),
    Case(PROXIED, Job("chat", 64, 7680, latency_ms=50, cache=True, proxied=True), ("ours", "openai_gather")),
    Case(CHAT, Job("chat", 64, 4000), ("raw", "ours", "daft_udf", "aiohttp_plain", "openai_gather")),
    Case(CACHED, Job("chat", 64, 4000, cache=True), ("ours",)),
    Case(WIDE, Job("chat", 256, 7680, latency_ms=50), ("raw", "ours", "daft_udf")),
    Case(WIDE_CACHED, Job("chat", 256, 7680, latency_ms=50, cache=True), ("ours",)),
    Case(AGAIN, Job("chat", 64, 100_000, cache=True, again=True), ("ours",)),
    Case(IMAGES, Job(f"b64-{IMAGE}-1", 16, 200, upload=SMALL_UPLOAD), ("raw", "ours", "openai_gather")),
    Case(IMAGES_CACHED, Job(f"b64-{IMAGE}-1", 16, 200, upload=SMALL_UPLOAD, cache=True), ("ours",)),
    Case(UPLOADS, Job(f"b64-{SMALL_UPLOAD}-1", 8, 128, upload=3_990_000, cache=True), ("ours", "openai_gather")),
    Case(URLS, Job(f"url-{IMAGE}-1", 16, 200, upload=SMALL_UPLOAD), ("raw", "ours")),
)
"""What the targets are taken from."""


@dataclass(frozen=True)
class Target:
    """A ratio that must be shown.

    Attributes:
        words: what is compared.
        value: the ratio, of medians of one run.
        must, aim: the bounds; `better` says on which side of them it has to be.
    """

    words: str
    value: Callable[[Measured], float]
    must: float
    aim: float
    better: Literal["more", "less"] = "more"

    def mark(self, value: float) -> str:
        """Return how `value` fares against the bounds."""
        sign = 1 if self.better == "more" else -1
        return (
            "aim" if sign * value >= sign * self.aim else "must" if sign * value >= sign * self.must else "**missed**"
        )


def _ratio(measure: str, case: str, other: str, other_case: str = "") -> Callable[[Measured], float]:
    return lambda seen: seen[case, "ours"][measure] / seen[other_case or case, other][measure]


def _measured(measure: str, case: str) -> Callable[[Measured], float]:
    return lambda seen: seen[case, "ours"][measure]


def _growth(case: str) -> Callable[[Measured], float]:
    def growth(seen: Measured) -> float:
        _, second, _, last = seen[case, "ours"]["quarters_mb"]
        return abs(last - second)

    return growth


SPEED, CPU = "rows_per_second", "cpu_per_1000"
LIMIT = 64 / 0.050

TARGETS = (
    Target(
        "chat, 50 ms, cache on: rows/s, share of the latency limit",
        lambda seen: seen[LATENCY, "ours"][SPEED] / LIMIT,
        0.88,
        0.95,
    ),
    Target("the same to Daft's asynchronous function", _ratio(SPEED, LATENCY, "daft_udf"), 1.0, 1.05),
    Target("the same to the official client in threads", _ratio(SPEED, LATENCY, "openai_threads"), 1.9, 2.1),
    Target(
        "behind a proxy: rows/s, share of the latency limit",
        lambda seen: seen[PROXIED, "ours"][SPEED] / LIMIT,
        0.75,
        0.88,
    ),
    Target("chat, 0 ms, cache off: rows/s to raw client", _ratio(SPEED, CHAT, "raw"), 0.12, 0.30),
    Target("the same to Daft's asynchronous function", _ratio(SPEED, CHAT, "daft_udf"), 1.0, 1.3),
    Target("the same to a bare script over aiohttp", _ratio(SPEED, CHAT, "aiohttp_plain"), 0.7, 0.85),
    Target("the same: CPU per row to the official client", _ratio(CPU, CHAT, "openai_gather"), 0.30, 0.13, "less"),
    Target("the same: rows/s with the cache to without", _ratio(SPEED, CACHED, "ours", CHAT), 0.75, 0.8),
    Target("the same, cache on, to Daft's, which keeps nothing", _ratio(SPEED, CACHED, "daft_udf", CHAT), 0.7, 1.0),
    Target("the same, cache on, to the bare script", _ratio(SPEED, CACHED, "aiohttp_plain", CHAT), 0.5, 0.7),
    Target("chat, 50 ms, 256 in flight, cache off: rows/s to raw client", _ratio(SPEED, WIDE, "raw"), 0.60, 0.8),
    Target("the same to Daft's asynchronous function", _ratio(SPEED, WIDE, "daft_udf"), 1.1, 1.4),
    Target("the same, cache on, to Daft's", _ratio(SPEED, WIDE_CACHED, "daft_udf", WIDE), 1.1, 1.3),
    Target("100,000 chat rows, all from the cache: rows/s", _measured(SPEED, AGAIN), 20_000, 60_000),
    Target(
        "1.5 MB variations, base64: rows/s to the official client and pandas",
        _ratio(SPEED, IMAGES, "openai_gather"),
        5.5,
        8,
    ),
    Target("the same: rows/s with the cache to without", _ratio(SPEED, IMAGES_CACHED, "ours", IMAGES), 0.5, 0.65),
    Target(
        "uploads of 4 MB, 8 in flight, checked and cached: rows/s to the official client",
        _ratio(SPEED, UPLOADS, "openai_gather"),
        0.5,
        0.9,
    ),
    Target(
        "1.5 MB variations, base64: CPU per row to the floor (receive, decode, write)",
        _ratio(CPU, IMAGES, "raw"),
        3,
        1.6,
        "less",
    ),
    Target(
        "decoding a 1.5 MB answer: time to json and base64",
        _measured("ratio", "decoding"),
        0.10,
        0.03,
        "less",
    ),
    Target("connections opened at 64 in flight", _measured("connections", LATENCY), 64, 64, "less"),
    Target("1.5 MB variations, url: bytes/s to raw client", _ratio(SPEED, URLS, "raw"), 0.65, 0.8),
    Target("1,000,000 chat rows: peak memory, MB", _measured("peak_mb", MILLION), 200, 180, "less"),
    Target("the same to that of 100,000", _ratio("peak_mb", MILLION, "ours", TENTH), 1.1, 1.1, "less"),
    Target("10,000 images of 1.5 MB: peak memory, MB", _measured("peak_mb", MANY_IMAGES), 300, 250, "less"),
    Target("the same: from the second quarter to the last, MB", _growth(MANY_IMAGES), 20, 20, "less"),
)

GRID = (
    *(
        Case(f"chat, {latency} ms, {flight} in flight", Job("chat", flight, rows, latency_ms=latency), CHAT_CLIENTS)
        for latency, rows in ((0, 4096), (50, 4096), (500, 1024))
        for flight in (8, 64, 256)
    ),
    *(
        Case(
            f"{size // 1000} KB as {form}, n = {n}, {flight} in flight",
            Job(f"{form}-{size}-{n}", flight, rows // n, upload=SMALL_UPLOAD),
            ("raw", "ours", *(("openai_gather",) * (form == "b64"))),
        )
        for size, rows in ((200_000, 512), (1_500_000, 128))
        for n in (1, 4)
        for form in ("b64", "url")
        for flight in (8, 64, 256)
    ),
    *(
        Case(
            f"upload of {upload / 1e6:.0f} MB, {flight} in flight",
            Job(f"b64-{SMALL_UPLOAD}-1", flight, 64, upload=upload),
            ("raw", "ours", "openai_gather"),
        )
        for upload in (1_000_000, 3_990_000)
        for flight in (8, 64, 256)
    ),
)

MEMORY = (
    Case(TENTH, Job("chat", 64, 100_000), ("ours",)),
    Case(MILLION, Job("chat", 64, 1_000_000), ("ours",)),
    Case(MANY_IMAGES, Job(f"b64-{IMAGE}-1", 16, 10_000, upload=SMALL_UPLOAD), ("ours",)),
)
