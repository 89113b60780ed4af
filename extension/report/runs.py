"""Reporting on runs: what a run's outcomes look like on the page."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...nodes.base import ColumnKind, Node
from ...nodes.base.media.audio import sniff_audio
from ...nodes.base.media.images import sniff_image
from ...port_types.fields import FieldKind, Mode
from ..engine.run.row_pipeline import Outcome
from .cards import Card, Media

__all__ = ["outcome_card"]

MIMES = {ColumnKind.IMAGE: sniff_image, ColumnKind.AUDIO: sniff_audio}


def outcome_card(node: Node, outcome: Outcome) -> Card:
    """Return the card that shows `outcome`: its sources, its results and what they cost."""
    sources = (file for files in outcome.sources.values() for file in files)
    first = outcome.rows[0] if outcome.rows else {}
    return Card(
        row_id=outcome.row.id if outcome.row else "1",
        sources=tuple(
            Media(each.data, sniff_image(each.data) or sniff_audio(each.data), each.name) for each in sources
        ),
        text="\n\n".join(_asked(node, outcome)),
        results=tuple(_media(node, outcome)),
        said=tuple(_said(node, outcome)),
        facts=_facts(node, outcome, first),
        error=str(outcome.error or ""),
    )


def _asked(node: Node, outcome: Outcome) -> Iterator[str]:
    """Yield the texts that the row is about, from its cells or from constants."""
    cells = outcome.row.cells if outcome.row else {}
    taken = node.sources(cells)
    for name, each in node.fields().items():
        if each.mode is Mode.REQUIRED and each.primary and each.kind is FieldKind.TEXT:
            value = cells.get(taken[name]) if name in taken else getattr(node, name)
            if isinstance(value, str) and value:
                yield value


def _media(node: Node, outcome: Outcome) -> Iterator[Media]:
    shown = {each.name: MIMES[each.kind] for each in node.result_columns() if each.kind in MIMES}
    for number, row in enumerate(outcome.rows, 1):
        for name, mime in shown.items():
            if isinstance(data := row.get(name), bytes):
                yield Media(data, mime(data), f"{name} {number}")


def _said(node: Node, outcome: Outcome) -> Iterator[str]:
    kinds = {each.name: each.kind for each in node.result_columns()}
    for row in outcome.rows:
        words = [(name, row.get(name)) for name in node.response.headline if name in kinds]
        text = "\n".join(_spoken(kinds[name], name, value) for name, value in words if value not in (None, ""))
        if text:
            yield text


def _spoken(kind: ColumnKind, name: str, value: Any) -> str:
    if kind is ColumnKind.BOOLEAN:
        return f"{name}: {'yes' if value else 'no'}"
    return str(value) if kind is ColumnKind.TEXT else f"{name}: {value}"


def _facts(node: Node, outcome: Outcome, first: Mapping[str, Any]) -> dict[str, str]:
    facts = {
        "Route": outcome.route,
        "Model": first.get("model") or getattr(node, "model", None),
        "Size": first.get("size") or getattr(node, "size", None),
        "Seconds": first.get("seconds") or first.get("duration"),
        "Tokens": outcome.usage.get("total_tokens"),
        "Repaired": "; ".join(outcome.repaired),
    }
    return {name: str(value) for name, value in facts.items() if value}
