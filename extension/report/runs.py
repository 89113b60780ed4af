"""Reporting on runs: what a run's outcomes look like on the page."""

from collections.abc import Mapping
from typing import Any

from ...nodes.base import ColumnKind, Node
from ...port_types.images import sniff_image
from ..engine.run import Outcome
from .cards import Card, Media

__all__ = ["outcome_card"]


def outcome_card(node: Node, outcome: Outcome) -> Card:
    """Return the card that shows `outcome`: its sources, its results and what they cost."""
    media = [column.name for column in node.result_columns() if column.kind is ColumnKind.IMAGE]
    results = [
        Media(row[name], sniff_image(row[name]), f"{name} {number}")
        for number, row in enumerate(outcome.rows, 1)
        for name in media
        if isinstance(row.get(name), bytes)
    ]
    files = (file for given in outcome.sources.values() for file in given)
    sources = tuple(Media(file.data, sniff_image(file.data), file.name) for file in files)
    first = outcome.rows[0] if outcome.rows else {}
    return Card(
        row_id=outcome.row.id if outcome.row else "1",
        sources=sources,
        results=tuple(results),
        facts=_facts(node, outcome, first),
        error=str(outcome.error or ""),
    )


def _facts(node: Node, outcome: Outcome, first: Mapping[str, Any]) -> dict[str, str]:
    facts = {
        "Route": outcome.route,
        "Model": getattr(node, "model", None),
        "Size": first.get("size") or getattr(node, "size", None),
        "Tokens": outcome.usage.get("total_tokens"),
        "Repaired": "; ".join(outcome.repaired),
    }
    return {name: str(value) for name, value in facts.items() if value}
