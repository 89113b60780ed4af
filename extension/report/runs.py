"""Cards of a run under way: what one row was made from, what came back and what it cost."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...nodes.base import Node
from ...nodes.base.media.audio import sniff_audio
from ...nodes.base.media.images import sniff_image
from ...nodes.base.templates import Template, parse_template
from ...port_types.errors import InvalidInput, InvalidSetting
from ...port_types.fields import FieldKind, Mode
from ..engine.run.outcome import Outcome
from .cards import Card, Media
from .columns import make_card

__all__ = ["outcome_card"]


def outcome_card(node: Node, outcome: Outcome) -> Card:
    """Return the card that shows `outcome`."""
    cells = outcome.row.cells if outcome.row else {}
    templates = {name: _template(node, name, cells) for name in (*_texts(node), *outcome.sources)}
    shown = {template.only_column for template in templates.values() if template}
    files = (file for group in outcome.sources.values() for file in group)
    first = outcome.rows[0] if outcome.rows else {}
    details = {
        **first,
        "route": outcome.route,
        "model": first.get("model") or node.constants().get("model"),
        "usage": outcome.usage,
        "elapsed_ms": outcome.elapsed_ms,
        "error": outcome.error,
        "repaired": "; ".join(outcome.repaired),
    }
    columns = node.result_columns()
    return make_card(
        outcome.row.id if outcome.row else "1",
        {name: value for name, value in cells.items() if name not in shown},
        outcome.rows,
        {column.name: column.kind for column in columns},
        details,
        labels={column.name: column.label for column in columns if column.label},
        sources=tuple(Media(file.data, sniff_image(file.data) or sniff_audio(file.data), file.name) for file in files),
        text="\n\n".join(_asked(node, cells, templates)),
    )


def _texts(node: Node) -> Iterator[str]:
    """Yield the names of the fields whose texts the row is about."""
    for name, field in node.fields().items():
        if field.mode is Mode.REQUIRED and field.primary and field.kind is FieldKind.TEXT:
            yield name


def _template(node: Node, name: str, cells: Mapping[str, Any]) -> Template | None:
    """Return the template that a field is filled by: its own, or that of the column it is taken from."""
    column = node.column_mapping(cells).get(name)
    text = f"{{{column}}}" if column else getattr(node, name)
    if not cells or not isinstance(text, str):
        return None
    try:
        return parse_template(text, cells, name)
    except InvalidSetting:  # a column that this row lacks, or a url with braces of its own
        return None


def _asked(node: Node, cells: Mapping[str, Any], templates: Mapping[str, Template | None]) -> Iterator[str]:
    for name in _texts(node):
        template = templates[name]
        try:
            text = template.render(cells) if template else getattr(node, name)
        except InvalidInput:  # a value that is missing, or that cannot be part of a text: the row failed
            continue
        if isinstance(text, str) and text:
            yield text
