"""From the settings of a dialog back to declared fields."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from ....port_types.errors import InvalidSetting
from ....port_types.fields import Field, FieldKind, Mode
from ..kit.fields import MEDIA_KINDS, has_flag
from .fields import (
    NO_COLUMN,
    OTHER,
    column_name,
    flag_name,
    has_lines,
    has_many_columns,
    has_suggestions,
    other_name,
)

__all__ = ["chosen_columns", "is_off", "values_of"]


def values_of(group: Any, fields: Iterable[Field]) -> dict[str, Any]:
    """Return the values in a parameter group by field name; what is off or empty is left out.

    Raises:
        InvalidSetting: a field is switched on but has neither a value nor a column.
    """
    values = {}
    for declared in fields:
        field = declared
        if is_off(group, field) and field.formerly:
            field = dataclasses.replace(field, name=field.formerly)
        if is_off(group, field):
            continue
        value = _value(group, field)
        if value is not None:
            values[declared.name] = value
        elif has_flag(field) and not chosen_columns(group, field):
            raise InvalidSetting(f"Set {field.label} is on, but {field.label} is empty; give a value or switch it off.")
    return values


def is_off(group: Any, field: Field) -> bool:
    """Return whether the field's enable flag is off."""
    return has_flag(field) and not getattr(group, flag_name(field))


def chosen_columns(group: Any, field: Field) -> list[str]:
    """Return the columns chosen for a field, [] for none."""
    chosen = getattr(group, column_name(field), None)
    columns = chosen if has_many_columns(field) else [chosen]
    return [column for column in columns or [] if column not in (None, "", NO_COLUMN)]


def _value(group: Any, field: Field) -> Any:
    value = getattr(group, field.name)
    if has_suggestions(field) and value == OTHER:
        value = getattr(group, other_name(field))
    if not isinstance(value, str):
        return value
    if field.kind in MEDIA_KINDS or field.kind is not FieldKind.TEXT or field.mode is Mode.SETTING or has_lines(field):
        value = value.strip()
    if not value:
        return None
    if has_lines(field) and not value.startswith("["):
        return [_choice(field, line.strip()) for line in value.splitlines() if line.strip()]
    return _choice(field, value)


def _choice(field: Field, text: str) -> Any:
    """Return the choice that `text` stands for; choices need not be text."""
    return next((choice for choice in field.choices if str(choice) == text), text)
