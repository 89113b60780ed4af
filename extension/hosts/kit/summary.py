"""What a run came to, in words and as JSON."""

from typing import Any

from ...engine.money import dollars
from ...engine.run.summary import RunSummary
from .progress import count

__all__ = ["summary_facts", "summary_lines"]

NO_MODEL = "(no model named)"


def summary_lines(summary: RunSummary, places: list[str]) -> list[str]:
    """Return the summary as lines: one for the run, and one for each model if there are several.

    Args:
        summary: what the run came to.
        places: where its results are.
    """
    ways = f"{summary.from_cache:,} from the cache, {summary.sent:,} sent, {summary.failed:,} failed"
    parts = [
        f"{count(summary.rows, 'row')}: {ways}; {count(summary.results, 'result')}",
        count(summary.tokens, "token"),
        *([_cost(summary)] if summary.cost or summary.cost is None else []),
        count(summary.retries, "retry", "retries"),
        f"{summary.elapsed_seconds:.1f} s",
    ]
    line = ", ".join(parts)
    lines = [f"{line}: {' and '.join(places)}" if places else line]
    if len(summary.usage) > 1:
        for model, tokens in summary.usage.items():
            cost = summary.cost_by_model.get(model, 0.0)
            price = "" if cost == 0 else f", {dollars(cost)}"
            lines.append(f"  {model or NO_MODEL}: {tokens.get('total_tokens', 0):,} tokens{price}")
    return lines


def summary_facts(summary: RunSummary) -> dict[str, Any]:
    """Return the summary as JSON; ``cost_usd`` is null where the price of a model is unknown."""
    return {
        "rows": summary.rows,
        "failed": summary.failed,
        "results": summary.results,
        "from_cache": summary.from_cache,
        "sent": summary.sent,
        "retries": summary.retries,
        "requests": summary.requests,
        "tokens": summary.tokens,
        "usage": {model or NO_MODEL: dict(tokens) for model, tokens in summary.usage.items()},
        "cost_usd": None if summary.cost is None else round(summary.cost, 6),
        "elapsed_s": round(summary.elapsed_seconds, 1),
    }


def _cost(summary: RunSummary) -> str:
    known = sum(cost for cost in summary.cost_by_model.values() if cost)
    cost = f"more than {dollars(known)}" if summary.cost is None and known else dollars(summary.cost)
    return f"{cost} at {summary.tier} prices" if summary.tier and known else cost
