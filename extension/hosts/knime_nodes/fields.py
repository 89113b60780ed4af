"""What a dialog has for a declared field: an enable flag, a column chooser, the value, free text beside suggestions."""

from ....port_types.fields import Field, FieldKind
from ..kit.fields import MEDIA_KINDS

__all__ = [
    "KEEP_COLUMNS",
    "MISSING_VALUES",
    "NO_COLUMN",
    "OTHER",
    "column_name",
    "flag_name",
    "has_column",
    "has_lines",
    "has_many_columns",
    "has_suggestions",
    "has_switch",
    "other_name",
]

MISSING_VALUES = "missing_values"
"""The setting that KNIME's users look for first: it is not advanced here, and starts as theirs does."""
KEEP_COLUMNS = "keep_columns"

NO_COLUMN = "<none>"
"""KNIME's own word for a column chooser on which nothing is chosen."""
OTHER = "<other>"
"""The choice beside suggestions that stands for free text."""


def has_column(field: Field) -> bool:
    """Return whether the field's value may come from a column that the dialog lets the user choose."""
    return field.sent and (field.primary or field.kind in MEDIA_KINDS)


def has_many_columns(field: Field) -> bool:
    """Return whether several columns may be chosen, each cell one file of the list."""
    return field.many and field.kind in MEDIA_KINDS


def has_suggestions(field: Field) -> bool:
    """Return whether the dialog offers values beside free text."""
    return bool(field.suggestions) and field.kind is FieldKind.TEXT and not field.many and not field.multiline


def has_lines(field: Field) -> bool:
    """Return whether the value is typed as a list, one line each."""
    return field.many and field.kind is not FieldKind.JSON


def has_switch(field: Field) -> bool:
    """Return whether the dialog shows a few choices side by side, each with what it does."""
    explained = not field.sent and all(f"{choice}: " in field.help for choice in field.choices)
    return field.name == KEEP_COLUMNS or (field.kind is FieldKind.CHOICE and explained)


def flag_name(field: Field) -> str:
    """Return the name of the parameter that switches the field on."""
    return f"set_{field.name}"


def column_name(field: Field) -> str:
    """Return the name of the parameter that holds the field's column or columns."""
    return f"{field.name}_columns" if has_many_columns(field) else f"{field.name}_column"


def other_name(field: Field) -> str:
    """Return the name of the parameter that holds free text beside suggestions."""
    return f"{field.name}_other"
