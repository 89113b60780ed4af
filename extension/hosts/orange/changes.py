"""Changing a saved workflow's fields from outside, before its widgets are made."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orangecanvas.utils import name_lookup

from ....port_types.errors import InvalidInput
from ....port_types.fields import Field
from ..kit.fields import has_flag
from .configuration_widget import EndpointConfiguration
from .operation import OperationWidget
from .signals import Configuration

__all__ = ["apply_changes", "apply_inputs"]

FILE_WIDGET = "Orange.widgets.data.owfile.OWFile"


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
        of_title = [node for node in nodes if node.title == title]
        if not of_title:
            titles = ", ".join(sorted(node.title for node in nodes))
            raise InvalidInput(f"--set names the widget {title!r}, but the workflow has only {titles}.")
        for node in of_title:
            node.properties = _changed(node, name, text)


def _changed(node: Any, name: str, text: str) -> dict[str, Any]:
    widget = name_lookup(node.description.qualified_name)
    fields = _fields(widget)
    if name == "columns" and issubclass(widget, OperationWidget):
        return _with_columns(node, text)
    if name not in fields:
        raise InvalidInput(f"--set names the field {name!r}, but {node.title} has only {', '.join(fields) or 'none'}.")
    field, properties = fields[name], dict(node.properties or {})
    value = field.check(text) if text else None
    if name in vars(widget):
        # The widget keeps this field by itself, beside its form.
        return {**properties, name: value or ""}
    values, enabled = dict(properties.get("values", {})), set(properties.get("enabled", []))
    columns = {field: column for field, column in properties.get("columns", {}).items() if field != name}
    if value is None:
        values.pop(name, None)
        enabled.discard(name)
    else:
        values[name] = value
        if has_flag(field):
            enabled.add(name)
        columns |= {name: ""} if field.sent else {}
    return {**properties, "values": values, "enabled": sorted(enabled), "columns": columns}


def _with_columns(node: Any, text: str) -> dict[str, Any]:
    """Return the node's properties with fields taken from the columns that `text`, a JSON object, names for them."""
    fields = name_lookup(node.description.qualified_name).node.fields()
    chosen = fields["columns"].check(text) if text else {}
    for name in chosen:
        if name not in fields or not fields[name].sent:
            sent = ", ".join(other for other, field in fields.items() if field.sent)
            raise InvalidInput(f"--set takes {name!r} from a column, but {node.title} has only {sent}.")
    properties = dict(node.properties or {})
    enabled = {*properties.get("enabled", []), *(name for name in chosen if has_flag(fields[name]))}
    return {**properties, "columns": {**properties.get("columns", {}), **chosen}, "enabled": sorted(enabled)}


def apply_inputs(nodes: Sequence[Any], inputs: Sequence[str]) -> None:
    """Let File widgets read other files, each of `inputs` being "WIDGET=FILE".

    Raises:
        InvalidInput: an input cannot be read, names a widget that is not a File widget, or a file that is not there.
    """
    for given in inputs:
        title, equals, name = given.partition("=")
        if not equals:
            raise InvalidInput(f"--input {given!r} is not of the form WIDGET=FILE.")
        readers = [node for node in nodes if node.description.qualified_name == FILE_WIDGET]
        of_title = [node for node in readers if node.title == title]
        if not of_title:
            titles = ", ".join(sorted(node.title for node in readers)) or "none"
            raise InvalidInput(f"--input names {title!r}, but the File widgets are: {titles}.")
        if not Path(name).is_file():
            raise InvalidInput(f"--input {given!r}: there is no file {name}.")
        for node in of_title:
            node.properties = _reading(node, Path(name).absolute())


def _reading(node: Any, path: Path) -> dict[str, Any]:
    """Return the properties with which the node's widget reads `path`; its choices for columns stay."""
    from orangewidget.utils.filedialogs import RecentPath

    properties = dict(node.properties or {})
    recent = RecentPath(str(path), None, None)
    return {**properties, "recent_paths": [recent, *properties.get("recent_paths", [])], "source": 0}


def _fields(widget: type) -> dict[str, Field]:
    if issubclass(widget, OperationWidget):
        return widget.node.fields()
    return Configuration.fields() if issubclass(widget, EndpointConfiguration) else {}
