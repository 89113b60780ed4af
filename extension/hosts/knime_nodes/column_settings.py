"""Settings taken from columns: a list in the dialog, each row of it a setting and its column."""

import types
from collections.abc import Mapping
from typing import Any

import knime.extension as knext

from ....nodes.base import Node
from ....port_types.errors import InvalidSetting
from .fields import has_column
from .parameters import TABLE_PORT, WITH_TABLE

__all__ = ["COLUMN_SETTINGS", "column_settings", "make_column_settings", "read_older_columns"]

COLUMN_SETTINGS = "settings_from_columns"
"""Name of the parameter; it is part of saved workflows."""
LABEL = "Settings from columns"


def make_column_settings(node: type[Node]) -> Any:
    """Return the parameter for the settings of `node` that have no column chooser of their own, None without any."""
    fields = [field for field in node.wire_fields().values() if not has_column(field)]
    if not fields:
        return None
    common = {"since_version": "0.2.0"}
    choices = [knext.StringParameter.Choice(field.name, field.label) for field in fields]

    def body(namespace: dict[str, Any]) -> None:
        about = "What the column decides in each row; its own switch need not be on."
        namespace["setting"] = knext.StringParameter("Setting", about, fields[0].name, choices=choices, **common)
        about = "The column of the input table; a missing cell leaves the setting to the service."
        namespace["column"] = knext.ColumnParameter("Column", about, port_index=TABLE_PORT, **common)

    row = knext.parameter_group("Setting from a column", **common)(
        types.new_class(f"{node.__name__}ColumnSetting", (), {}, body)
    )
    array = knext.ParameterArray(
        parameters=row(),
        label=LABEL,
        description="Settings that differ from row to row, each with the column of the input table that holds it.",
        layout_direction=knext.LayoutDirection.HORIZONTAL,
        button_text="Take a setting from a column",
        array_title="Setting",
        **common,
    )
    return array.rule(WITH_TABLE, knext.Effect.SHOW)


def column_settings(node: Any) -> dict[str, str]:
    """Return the column by the name of the field, of a node with its settings.

    Raises:
        InvalidSetting: a row has no column, or two rows have the same setting.
    """
    columns: dict[str, str] = {}
    for row in getattr(node, COLUMN_SETTINGS, None) or []:
        if row.setting in columns:
            raise InvalidSetting(f"{LABEL}: `{row.setting}` is there twice; remove one.")
        if not row.column:
            raise InvalidSetting(f"{LABEL}: choose a column for `{row.setting}`, or remove the row.")
        columns[row.setting] = row.column
    return columns


def read_older_columns(node: type[Node], columns: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the rows for what version 0.1.0 saved as a JSON object of columns by field."""
    known = node.wire_fields()
    return [{"setting": name, "column": column} for name, column in columns.items() if name in known]
