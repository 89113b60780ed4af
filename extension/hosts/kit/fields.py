"""What every host has for a declared field, and how it says it."""

from collections.abc import Iterable
from typing import Any

from ....nodes.base import Node
from ....port_types.fields import Declarative, Field, FieldKind, Mode

__all__ = [
    "ABOUT_TABLE",
    "MEDIA_KINDS",
    "PATH_KINDS",
    "describe",
    "dialog_fields",
    "has_flag",
    "match_column",
    "missing_sentence",
    "public_fields",
    "starting_value",
]

MEDIA_KINDS = (FieldKind.IMAGE, FieldKind.AUDIO, FieldKind.FILE)
"""Kinds of fields whose value is a file: a path, a url, bytes or base64 text."""
PATH_KINDS = (FieldKind.PATH, FieldKind.FOLDER)
"""Kinds of fields whose value is a path on this computer, and never sent."""

ABOUT_TABLE = frozenset({"keep_columns", "missing_values"})
"""Settings of every node that only matter for a table."""
_ABOUT_BODY = ABOUT_TABLE | {"extra_fields", "repeat_request"}
"""Settings that mean nothing to a node whose request has no fields."""


def public_fields(declared: type[Declarative]) -> list[Field]:
    """Return the fields of `declared` that a host shows, in their order."""
    return [field for field in declared.fields().values() if not field.internal]


def dialog_fields(node: type[Node]) -> list[Field]:
    """Return the fields that a dialog of `node` shows: its own before those of every node."""
    useless = frozenset() if node.wire_fields() else _ABOUT_BODY
    fields = [field for field in public_fields(node) if field.name not in useless]
    own = [field for field in fields if field.name not in Node.fields()]
    return own + [field for field in fields if field.name in Node.fields()]


def has_flag(field: Field) -> bool:
    """Return whether the field can be off, so that a dialog has "Set X" for it."""
    return field.mode is Mode.OPTIONAL or (field.mode is Mode.SETTING and field.default is None)


def starting_value(field: Field) -> Any:
    """Return what a dialog shows for `field` before anybody edits it, None for an empty editor."""
    declared = field.initial if field.default is None else field.default
    if declared is not None:
        return declared
    if field.many or field.kind in (FieldKind.TEXT, FieldKind.JSON, *MEDIA_KINDS, *PATH_KINDS):
        return None
    if field.example is not None:
        return field.example
    if field.kind is FieldKind.BOOLEAN:
        return has_flag(field)
    if field.choices:
        return field.choices[0]
    number = _moderate(field.minimum, field.maximum)
    return int(number) if field.kind is FieldKind.INTEGER else number


def _moderate(low: float | None, high: float | None) -> float:
    """Return a number within limits that is no trap: 0 of anything is seldom meant."""
    start = 0.0 if low is None or low < 0 else max(1.0, low)
    return start if high is None else min(start, high)


def describe(field: Field, *, choices: bool = True, default: bool = False) -> str:
    """Return what the field does, with its limits, in sentences.

    Args:
        field: the declared field.
        choices: whether to list the choices that its help does not name.
        default: whether to end with the default, where there is one.
    """
    sentences = [field.help]
    if choices and field.choices and not all(str(choice) in field.help for choice in field.choices):
        sentences.append(f"One of {', '.join(map(str, field.choices))}.")
    if field.limits:
        sentences.append(f"{field.limits.capitalize()}{' values' if field.many else ''}.")
    if default and field.default not in (None, {}, [], ""):
        value = str(field.default).lower() if isinstance(field.default, bool) else field.default
        sentences.append(f"Default: {value}.")
    return " ".join(sentences)


def match_column(field: Field, columns: Iterable[str], media_columns: Iterable[str] = ()) -> str | None:
    """Return the column that fills a required field nobody has chosen one for, None if none fits.

    It is the column of the field's name or label, whatever the case; for a file, else the first column of such files.

    Args:
        field: the field to fill.
        columns: names of the columns whose type suits the field.
        media_columns: names of those that are known to hold files of the field's kind.
    """
    names = {field.name.lower(), field.label.lower()}
    named = (column for column in columns if column.lower() in names)
    return next(named, None) or (next(iter(media_columns), None) if field.kind in MEDIA_KINDS else None)


def missing_sentence(field: Field, *, from_column: bool = True, connected: bool = False) -> str:
    """Return the sentence for a required field that has neither a value nor a column.

    Args:
        field: the field.
        from_column: whether the host lets it come from a column.
        connected: whether there is an input table to choose the column from.
    """
    value = "choose a file or enter a url" if field.kind in MEDIA_KINDS else "enter a value"
    columns = "columns" if field.many and field.kind in MEDIA_KINDS else "a column"
    choose = f"choose {columns} of the input table" if connected else f"connect a table and choose {columns} for it"
    ways = f"{choose}, or {value}" if connected else f"{value}, or {choose}"
    return f"`{field.name}` is missing: {ways if from_column else value}."
