"""Cards of a run under way: what one row was made from, what came back and what it cost."""

from collections.abc import Iterator
from typing import Any

from ...nodes.base import Node
from ...nodes.base.media.audio import sniff_audio
from ...nodes.base.media.images import sniff_image
from ...port_types.fields import FieldKind, Mode
from ..engine.run.row_pipeline import Outcome
from .cards import Card, Media
from .columns import make_card

__all__ = ["outcome_card"]


def outcome_card(node: Node, outcome: Outcome) -> Card:
    """Return the card that shows `outcome`."""
    cells = outcome.row.cells if outcome.row else {}
    taken = node.column_mapping(cells)
    files = (file for group in outcome.sources.values() for file in group)
    first = outcome.rows[0] if outcome.rows else {}
    shown = {taken[name] for name in (*outcome.sources, *_texts(node)) if name in taken}
    details = {
        **first,
        "route": outcome.route,
        "model": first.get("model") or node.constants().get("model"),
        "usage": outcome.usage,
        "elapsed_ms": outcome.elapsed_ms,
        "error": outcome.error,
        "repaired": "; ".join(outcome.repaired),
    }
    return make_card(
        outcome.row.id if outcome.row else "1",
        {name: value for name, value in cells.items() if name not in shown},
        outcome.rows,
        {column.name: column.kind for column in node.result_columns()},
        details,
        sources=tuple(Media(file.data, sniff_image(file.data) or sniff_audio(file.data), file.name) for file in files),
        text="\n\n".join(_asked(node, cells, taken)),
    )


def _texts(node: Node) -> Iterator[str]:
    """Yield the names of the fields whose texts the row is about."""
    for name, field in node.fields().items():
        if field.mode is Mode.REQUIRED and field.primary and field.kind is FieldKind.TEXT:
            yield name


def _asked(node: Node, cells: Any, taken: dict[str, str]) -> Iterator[str]:
    for name in _texts(node):
        value = cells.get(taken[name]) if name in taken else getattr(node, name)
        if isinstance(value, str) and value:
            yield value
