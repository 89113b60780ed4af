"""What every host has for a declared field, and how it says it."""

from collections.abc import Iterable

from ....port_types.fields import Declarative, Field, FieldKind, Mode

__all__ = ["MEDIA_KINDS", "describe", "has_flag", "match_column", "missing_sentence", "public_fields"]

MEDIA_KINDS = (FieldKind.IMAGE, FieldKind.AUDIO, FieldKind.FILE)
"""Kinds of fields whose value is a file: a path, a url, bytes or base64 text."""


def public_fields(declared: type[Declarative]) -> list[Field]:
    """Return the fields of `declared` that a host shows, in their order."""
    return [field for field in declared.fields().values() if not field.internal]


def has_flag(field: Field) -> bool:
    """Return whether the field can be off, so that a dialog has "Set X" for it."""
    return field.mode is Mode.OPTIONAL or (field.mode is Mode.SETTING and field.default is None)


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
