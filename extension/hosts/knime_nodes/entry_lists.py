"""JSON objects that a dialog shows as a list: one row for each entry."""

import contextlib
import types
from collections.abc import Iterable, Mapping
from typing import Any

import knime.extension as knext

from ....port_types.errors import InvalidSetting
from ....port_types.fields import Entries, Field

__all__ = ["entry_list", "list_name", "with_entries"]

SINCE = {"since_version": "0.2.0"}


def list_name(field: Field) -> str:
    """Return the name of the parameter; it is part of saved workflows."""
    return f"{field.name}_list"


def entry_list(owner: str, field: Field) -> Any:
    """Return the parameter for a field whose value is a JSON object with entries to list.

    Args:
        owner: name of the class that gets the parameter; KNIME mixes up two uses of one class.
        field: the declared field.
    """
    entries = field.entries or Entries(field.help, "Name", "Value")

    def body(namespace: dict[str, Any]) -> None:
        namespace["name"] = knext.StringParameter(entries.name, f"Name of the {entries.name.lower()}.", "", **SINCE)
        about = f"{entries.value} of the {entries.name.lower()}."
        if entries.choices:
            choices = [knext.StringParameter.Choice(choice, choice.capitalize()) for choice in entries.choices]
            namespace["value"] = knext.StringParameter(
                entries.value, about, entries.choices[0], choices=choices, **SINCE
            )
        else:
            namespace["value"] = knext.StringParameter(entries.value, about, "", **SINCE)

    title = f"{owner}{field.name.title().replace('_', '')}"
    row = knext.parameter_group(field.label, **SINCE)(types.new_class(title, (), {}, body))
    return knext.ParameterArray(
        parameters=row(),
        label=field.label,
        description=entries.help,
        layout_direction=knext.LayoutDirection.HORIZONTAL,
        button_text=f"Add {entries.name.lower()}",
        array_title=entries.name,
        is_advanced=field.advanced,
        **SINCE,
    )


def with_entries(values: Mapping[str, Any], node: Any, fields: Iterable[Field]) -> dict[str, Any]:
    """Return `values` with the objects that are listed in the dialog of `node`.

    Raises:
        InvalidSetting: an entry has no name, two have the same one, or a field is given as JSON as well.
    """
    listed = {
        field.name: _read(field, field.entries, rows)
        for field in fields
        if field.entries and (rows := getattr(node, list_name(field)))
    }
    if twice := listed.keys() & values.keys():
        raise InvalidSetting(f"`{min(twice)}` is given as a list and as JSON; empty one of them.")
    return {**values, **listed}


def _read(field: Field, entries: Entries, rows: Iterable[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in rows:
        name = row.name.strip()
        if not name:
            raise InvalidSetting(f"`{field.name}`: enter a name in every row, or remove the row.")
        if name in found:
            raise InvalidSetting(f"`{field.name}`: {name} is there twice; remove one.")
        found[name] = _as_json(row.value) if entries.json else row.value
    return found


def _as_json(text: str) -> Any:
    import msgspec

    with contextlib.suppress(msgspec.DecodeError):
        return msgspec.json.decode(text)
    return text
