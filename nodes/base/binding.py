"""Bindings: which values of a node come from which columns of a table, found out once for all rows."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ...port_types.errors import InvalidInput, InvalidSetting
from ...port_types.fields import Field, FieldKind, Mode
from ...port_types.fields.values import is_missing
from .call import Call
from .hooks import NodeHooks
from .templates import Template, missing_column, parse_template

__all__ = ["Binding"]

Cells = Mapping[str, Any]


@dataclass(frozen=True)
class _Source:
    """How a field's value is made from a row: `make` gives it, after none of `needs` was missing."""

    field: Field
    columns: list[str]
    needs: list[str]
    make: Callable[[Cells], Any]


class Binding:
    """A node over a table; what does not change from row to row is done once.

    Args:
        node: the node with its settings.
        columns: the column that a field is taken from as it is, by the field's name.
        names: names of the table's columns, which templates may name; None for no table, where braces are text.

    Attributes:
        fields: names of the fields that may differ from row to row.
        columns: names of the columns that any field uses.

    Raises:
        InvalidSetting: a template names a column that is not there, or a text is not what its field takes.
    """

    def __init__(self, node: NodeHooks, columns: Mapping[str, str], names: Collection[str] | None = None) -> None:
        self._node, self._names = node, names
        self._sources: list[_Source] = []
        # In the order of the fields, so that equal requests have equal bytes wherever their values come from.
        self._values: dict[str, Any] = {}
        for name, field in node.wire_fields().items():
            value = getattr(node, name)
            if name in columns:
                self._values[name] = None
                self._sources.append(_whole(field, columns[name]))
            elif value is not None:
                self._values[name] = self._constant(field, value)
        self._extra = self._extra_source()
        used = [*self._sources, *([self._extra] if self._extra else [])]
        self.fields = frozenset(source.field.name for source in used)
        self.columns = list(dict.fromkeys(column for source in used for column in source.columns))

    def call(self, cells: Cells) -> Call:
        """Return what the row with these `cells` asks for; a missing value switches an optional field off.

        Raises:
            InvalidInput: a value is not one that its field can take.
        """
        values = self._values.copy()
        complete, lacking = True, None
        for source in self._sources:
            name = source.field.name
            if source.needs and (absent := missing_column(source.needs, cells)):
                lacking = lacking or (name, absent)
                value = None
            else:
                value = _made(source, cells)
            values[name] = value
            complete = complete and value is not None
        if not complete:
            values = {name: value for name, value in values.items() if value is not None}
        extra = self._node.extra_fields
        if self._extra:
            absent = missing_column(self._extra.needs, cells)
            lacking = lacking or (("extra_fields", absent) if absent else None)
            extra = {} if absent else self._extra.make(cells)
        return Call(self._node, values, extra, lacking)

    def _constant(self, field: Field, value: Any) -> Any:
        """Return the value that every row has, None if it is a template: then a source is noted."""
        if self._names is None:
            return field.check(value) if isinstance(value, str | list) else value
        if isinstance(value, str):
            source = _text_source(field, value, self._names)
        elif isinstance(value, list) and field.kind is not FieldKind.JSON:
            source = _list_source(field, value, self._names)
        elif isinstance(value, list | dict):
            source = _json_source(field, value, self._names)
        else:
            return value
        if source.columns:
            self._sources.append(source)
            return None
        return field.check(source.make({}))

    def _extra_source(self) -> _Source | None:
        if self._names is None or not self._node.extra_fields:
            return None
        return _json_source(self._node.fields()["extra_fields"], self._node.extra_fields, self._names)


def _whole(field: Field, column: str) -> _Source:
    def make(cells: Cells) -> Any:
        cell = cells.get(column)
        if cell == "" and field.mode is Mode.OPTIONAL:
            return None  # tables that know no missing text have empty text for it
        return None if is_missing(cell) else field.check(cell)

    return _Source(field, [column], [], make)


def _text_source(field: Field, text: str, names: Collection[str]) -> _Source:
    template = parse_template(text, names, field.name)
    if (column := template.only_column) is not None:
        return _whole(field, column)
    return _Source(field, template.columns, template.columns, lambda cells: field.check(template.render(cells)))


def _list_source(field: Field, items: list[Any], names: Collection[str]) -> _Source:
    if len(items) == 1 and isinstance(items[0], str):
        return _text_source(field, items[0], names)
    templates = [parse_template(item, names, field.name) if isinstance(item, str) else None for item in items]
    columns = [column for template in templates if template for column in template.columns]

    def make(cells: Cells) -> Any:
        return field.check(
            [
                item if template is None else _item(template, cells)
                for item, template in zip(items, templates, strict=True)
            ]
        )

    return _Source(field, columns, columns, make)


def _item(template: Template, cells: Cells) -> Any:
    column = template.only_column
    return template.render(cells) if column is None else cells[column]


def _json_source(field: Field, value: Any, names: Collection[str]) -> _Source:
    columns: list[str] = []

    def compiled(part: Any) -> Callable[[Cells], Any]:
        if isinstance(part, str):
            template = parse_template(part, names, field.name)
            columns.extend(template.columns)
            return template.render
        if isinstance(part, dict):
            members = {name: compiled(member) for name, member in part.items()}
            return lambda cells: {name: make(cells) for name, make in members.items()}
        if isinstance(part, list):
            items = [compiled(item) for item in part]
            return lambda cells: [make(cells) for make in items]
        return lambda _: part

    make = compiled(value)
    return _Source(field, columns, columns, make)


def _made(source: _Source, cells: Cells) -> Any:
    try:
        return source.make(cells)
    except InvalidSetting as error:
        raise InvalidInput(str(error)) from None
    except InvalidInput as error:
        raise InvalidInput(f"`{source.field.name}`: {error}") from None
