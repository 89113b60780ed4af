"""What the settings of a dialog come to for an input table: known before anything runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import knime.extension as knext

from ....nodes.base import ColumnKind, Node
from ....port_types.errors import InvalidSetting
from ....port_types.fields import Field, FieldKind
from ....port_types.table import KIND_KEY
from ...engine import result_schema
from ...engine.io.inputs import Input
from ...engine.run.result_table import INPUT_KEY, OWN_KEY
from ..kit.fields import match_column, missing_sentence
from .columns import image_type, knime_type, suits
from .fields import has_column
from .settings import chosen_columns, is_off, values_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Plan", "cell_name", "make_plan"]


@dataclass(frozen=True)
class Plan:
    """One execution of a node, thought through.

    Attributes:
        node: the node with its constants; the fields in `columns` are taken from cells.
        columns: the input columns by the field they are for.
        cells: names of the cells that requests need: input columns, or `cell_name` of several.
        guessed: those of them that the user has not chosen.
        schema: Arrow schema of the result, with the input's columns where they are kept.
        input_types: KNIME type by name of the input's columns; None without a table.
    """

    node: Node
    columns: Mapping[str, list[str]]
    cells: Sequence[str]
    guessed: Mapping[str, str]
    schema: "pa.Schema"
    input_types: Mapping[str, Any] | None

    def knime_schema(self) -> Any:
        """Return the schema that KNIME is told."""
        return knext.Schema.from_columns([knext.Column(self._type(each), each.name) for each in self.schema])

    def kept(self) -> dict[str, str]:
        """Return the name in the input by the name in the result, for the columns that are kept."""
        return {each.name: name for each in self.schema if (name := _kept_from(each))}

    def kinds(self) -> dict[str, ColumnKind]:
        """Return the kind by name of the result's own columns."""
        kinds = {each.name: (each.metadata or {}).get(KIND_KEY, b"").decode() for each in self.schema}
        return {name: ColumnKind(kind) for name, kind in kinds.items() if kind}

    def own_names(self) -> dict[str, str]:
        """Return the name that the node has for its own column, by the name in the result."""
        return {field.name: (field.metadata or {}).get(OWN_KEY, b"").decode() for field in self.schema}

    def _type(self, field: "pa.Field[Any]") -> Any:
        name = _kept_from(field)
        if name and self.input_types:
            return self.input_types[name]
        return knime_type(self.kinds()[field.name])


def _kept_from(field: "pa.Field[Any]") -> str:
    return (field.metadata or {}).get(INPUT_KEY, b"").decode()


def make_plan(
    node_class: type[Node],
    groups: Mapping[str, tuple[Any, list[Field]]],
    column_settings: Mapping[str, str],
    schema: Any,
) -> Plan:
    """Return what a dialog's settings come to.

    Args:
        node_class: the declaration.
        groups: the parameter groups with their fields.
        column_settings: the column by field of those that have no column chooser.
        schema: KNIME's schema of the input table, None without one.

    Raises:
        InvalidSetting: a value is wrong, a column does not exist, or something needed is missing.
    """
    values: dict[str, Any] = {}
    columns: dict[str, list[str]] = {}
    for group, fields in groups.values():
        values |= values_of(group, fields)
        if schema is not None:
            columns |= {
                each.name: chosen
                for each in fields
                if has_column(each) and not is_off(group, each) and (chosen := chosen_columns(group, each))
            }
    node = node_class(**values)
    if schema is None:
        node = replace(node, keep_columns=False)
        _check_complete(node)
        return Plan(node, {}, (), {}, result_schema(node, None), None)
    types = {each.name: each.ktype for each in schema}
    columns |= {name: [column] for name, column in column_settings.items()}
    node = _with_columns(node, columns)
    guessed = _guesses(node, types)
    columns |= {name: [column] for name, column in guessed.items()}
    _check_columns(columns, types)
    node = _with_columns(node, columns)
    _check_complete(node)
    binding = node.bind_table(dict.fromkeys([*types, *node.columns.values()]))
    return Plan(node, columns, binding.columns, guessed, _schema_with(node, types), types)


def cell_name(columns: Sequence[str]) -> str:
    """Return the name of the cell that holds the values of `columns`."""
    return " + ".join(columns)


def _with_columns(node: Node, columns: Mapping[str, Sequence[str]]) -> Node:
    """Return the node with these fields taken from the cells of their columns."""
    return replace(node, columns={name: cell_name(chosen) for name, chosen in columns.items()})


def _guesses(node: Node, types: Mapping[str, Any]) -> dict[str, str]:
    """Return a column for each field that needs one: of the field's name, else the first image for an image."""
    guesses = {}
    for name in node.unfilled(()):
        field = node.fields()[name]
        if not has_column(field):
            continue
        suitable = [column for column, ktype in types.items() if suits(field.kind, ktype)]
        images = [column for column in suitable if types[column] == image_type()]
        if column := match_column(field, suitable, images if field.kind is FieldKind.IMAGE else ()):
            guesses[name] = column
    return guesses


def _check_columns(columns: Mapping[str, list[str]], types: Mapping[str, Any]) -> None:
    for name, chosen in columns.items():
        if absent := [each for each in chosen if each not in types]:
            raise InvalidSetting(f"The input table has no column {absent[0]!r} for `{name}`; choose another one.")


def _check_complete(node: Node) -> None:
    if unfilled := node.unfilled(()):
        field = node.fields()[unfilled[0]]
        raise InvalidSetting(missing_sentence(field, from_column=has_column(field)))
    if sentence := node.validate():
        raise InvalidSetting(sentence)


def _schema_with(node: Node, types: Mapping[str, Any]) -> "pa.Schema":
    import pyarrow as pa

    return result_schema(node, Input(iter(()), pa.schema([(name, pa.null()) for name in types]), 0))
