"""All the ways in which a node can send the same fields: its settings, and the routes that each leaves open."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...nodes.base import Node
from ...port_types.errors import InvalidInput, InvalidSetting
from ...port_types.fields import Declarative, FieldKind, Mode
from .samples import base, samples
from .wire import Sent, encoded

__all__ = ["is_sentence", "ways"]

Way = tuple[tuple[str, Any], str]
"""A setting with its value ("" for none), and the name of a route."""


def ways(node: type[Node], given: Mapping[str, Any], *, settings: bool = True) -> dict[Way, Sent | str]:
    """Return what is sent for `given`, or the sentence that refuses it, by way; a value may close some ways."""
    found: dict[Way, Sent | str] = {}
    for setting in _settings(node) if settings else [("", None)]:
        try:
            made = node(**{**base(node, given), **dict([setting] if setting[0] else []), **given})
        except InvalidSetting as error:
            found[setting, ""] = str(error)
            continue
        call = made.call()
        for route in call.routes():
            try:
                found[setting, route.name] = call.check_route(route) or encoded(call.request(route))
            except (InvalidSetting, InvalidInput) as error:
                found[setting, route.name] = str(error)
    return found


def _settings(node: type[Node]) -> Iterator[tuple[str, Any]]:
    """Yield every choice of the settings that only this node has."""
    yield "", None
    for name, field in node.fields().items():
        own = field.mode is Mode.SETTING and name not in Node.fields()
        if own and field.kind in (FieldKind.CHOICE, FieldKind.BOOLEAN):
            yield from ((name, value) for value in samples(field))


def is_sentence(text: str, declared: type[Declarative]) -> bool:
    """Return whether `text` ends like a sentence and names a field."""
    names = {name for field in declared.fields().values() for name in (field.name, field.label)}
    return text.endswith((".", ").")) and any(re.search(rf"\b{re.escape(name)}\b", text) for name in names)
