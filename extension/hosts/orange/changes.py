"""Changing a saved workflow's fields from outside, before its widgets are made."""

from collections.abc import Sequence
from typing import Any

from orangecanvas.utils import name_lookup

from ....port_types.errors import InvalidInput
from ....port_types.fields import Field
from ..kit.fields import has_flag
from .configuration_widget import EndpointConfiguration
from .operation import OperationWidget
from .signals import Configuration

__all__ = ["apply_changes"]


def apply_changes(nodes: Sequence[Any], changes: Sequence[str]) -> None:
    """Put each of `changes` ("WIDGET.FIELD=VALUE") into the properties of its node.

    Raises:
        InvalidInput: a change cannot be read, or names a widget or field that is not there.
        InvalidSetting: a value is not one that its field can take.
    """
    for change in changes:
        target, equals, text = change.partition("=")
        title, dot, name = target.rpartition(".")
        if not (equals and dot):
            raise InvalidInput(f"--set {change!r} is not of the form WIDGET.FIELD=VALUE.")
        of_title = [each for each in nodes if each.title == title]
        if not of_title:
            titles = ", ".join(sorted(each.title for each in nodes))
            raise InvalidInput(f"--set names the widget {title!r}, but the workflow has only {titles}.")
        for node in of_title:
            node.properties = _changed(node, name, text)


def _changed(node: Any, name: str, text: str) -> dict[str, Any]:
    widget = name_lookup(node.description.qualified_name)
    fields = _fields(widget)
    if name not in fields:
        raise InvalidInput(f"--set names the field {name!r}, but {node.title} has only {', '.join(fields) or 'none'}.")
    field, properties = fields[name], dict(node.properties or {})
    value = field.check(text) if text else None
    if name in vars(widget):
        # The widget keeps this field by itself, beside its form.
        return {**properties, name: value or ""}
    values, enabled = dict(properties.get("values", {})), set(properties.get("enabled", []))
    columns = {each: column for each, column in properties.get("columns", {}).items() if each != name}
    if value is None:
        values.pop(name, None)
        enabled.discard(name)
    else:
        values[name] = value
        if has_flag(field):
            enabled.add(name)
        columns |= {name: ""} if field.sent else {}
    return {**properties, "values": values, "enabled": sorted(enabled), "columns": columns}


def _fields(widget: type) -> dict[str, Field]:
    if issubclass(widget, OperationWidget):
        return widget.node.fields()
    return Configuration.fields() if issubclass(widget, EndpointConfiguration) else {}
