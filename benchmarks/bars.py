"""The picture of the benchmark: how many rows a second each contender does, as bars, in light and dark."""

from collections.abc import Iterator
from html import escape

from cases import CHAT, LATENCY, LIMIT, Measured

__all__ = ["bars"]

NAMES = {
    "raw": "raw client (no checks)",
    "ours": "Endpoint Nodes",
    "daft_udf": "Daft, async function",
    "aiohttp_plain": "script over aiohttp",
    "openai_threads": "openai, threads",
    "openai_gather": "openai, gather",
    "langchain_batch": "LangChain batches",
    "litellm_gather": "LiteLLM, gather",
    "polars_llm_async": "polars-llm, async",
    "httpx_plain": "script over httpx",
}
PANELS = (
    (LATENCY, f"a service that takes 50 ms, 64 in flight (limit {LIMIT:,.0f})", " with the cache on"),
    (CHAT, "a service that answers at once, 64 in flight", " with the cache off"),
)
LEFT, LONGEST, LINE = 200, 470, 26
STYLE = """
  .paper { fill: #fff } .bar { fill: #b9c2c6 } .ours { fill: #0b6470 }
  text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1d2023 }
  .title { font-weight: 600 } .name { text-anchor: end }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #131517 } .bar { fill: #4a5058 } .ours { fill: #7ccad3 } text { fill: #e7e9eb }
  }"""


def bars(seen: Measured) -> str:
    """Return the picture as SVG: a panel for each work, in which the longest bar is the fastest contender."""
    parts: list[str] = []
    y = 0
    for case, title, kept in PANELS:
        measured = {name: seen[case, name]["rows_per_second"] for name in NAMES if (case, name) in seen}
        y += 34
        parts.append(f'<text class="title" x="20" y="{y}">Chat rows a second: {escape(title)}</text>')
        for name, speed in sorted(measured.items(), key=lambda item: -item[1]):
            y += LINE
            width = max(2, round(LONGEST * speed / max(measured.values())))
            ratio = kept if name == "ours" else f" ({speed / measured['ours']:.2g} of ours)"
            parts += _bar(y, name, width, f"{speed:,.0f}{ratio}")
    height = y + 24
    size = f'viewBox="0 0 860 {height}" width="860" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="Rows a second of each contender">',
            f"<style>{STYLE}\n</style>",
            f'<rect class="paper" width="860" height="{height}"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _bar(y: int, name: str, width: int, beside: str) -> Iterator[str]:
    kind = "ours" if name == "ours" else "bar"
    yield f'<text class="name" x="{LEFT - 10}" y="{y}">{escape(NAMES[name])}</text>'
    yield f'<rect class="{kind}" x="{LEFT}" y="{y - 13}" width="{width}" height="17" rx="3"/>'
    yield f'<text x="{LEFT + width + 8}" y="{y}">{beside}</text>'
