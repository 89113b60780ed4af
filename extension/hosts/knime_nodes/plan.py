"""What the settings of a dialog come to for an input table: known before anything runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import knime.extension as knext

from ....nodes.base import ColumnKind, Node
from ....port_types.errors import InvalidSetting
from ....port_types.table import KIND_KEY
from ...engine import result_schema
from ...engine.io.inputs import Input
from ...engine.run.result_table import INPUT_KEY, OWN_KEY
from ..kit.fields import match_column, missing_sentence
from .columns import image_type, knime_type, path_type, suits
from .fields import has_column

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Draft", "Plan", "cell_name", "make_draft", "own_name"]


@dataclass(frozen=True)
class Plan:
    """One execution of a node, thought through.

    Attributes:
        node: the node with its constants; the fields in `columns` are taken from cells.
        columns: the input columns by the field they are for.
        cells: names of the cells that requests need: input columns, or `cell_name` of several.
        schema: Arrow schema of KNIME's table: the input's columns where they are kept, and the result's own without
            those that only say how a response was made, unless details are asked for.
        input_types: KNIME type by name of the input's columns; None without a table.
    """

    node: Node
    columns: Mapping[str, list[str]]
    cells: Sequence[str]
    schema: "pa.Schema"
    input_types: Mapping[str, Any] | None

    def knime_schema(self) -> Any:
        """Return the schema that KNIME is told."""
        return knext.Schema.from_columns([knext.Column(self._type(field), field.name) for field in self.schema])

    def kept(self) -> dict[str, str]:
        """Return the name in the input by the name in the result, for the columns that are kept."""
        return {field.name: name for field in self.schema if (name := _kept_from(field))}

    def kinds(self) -> dict[str, ColumnKind]:
        """Return the kind by name of the result's own columns."""
        kinds = {field.name: (field.metadata or {}).get(KIND_KEY, b"").decode() for field in self.schema}
        return {name: ColumnKind(kind) for name, kind in kinds.items() if kind}

    def own_names(self) -> dict[str, str]:
        """Return the name that the node has for its own column, by the name in the result."""
        return {field.name: own_name(field) for field in self.schema}

    def _type(self, field: "pa.Field[Any]") -> Any:
        name = _kept_from(field)
        if name and self.input_types:
            return self.input_types[name]
        return knime_type(self.kinds()[field.name])


def _kept_from(field: "pa.Field[Any]") -> str:
    return (field.metadata or {}).get(INPUT_KEY, b"").decode()


@dataclass(frozen=True)
class Draft:
    """A dialog's settings with the columns that were guessed; what is missing may still be missing.

    Attributes:
        node: the node with its constants.
        columns: the input columns by the field they are for.
        guessed: those of them that the user has not chosen.
        types: KNIME type by name of the input's columns; None without a table.
    """

    node: Node
    columns: Mapping[str, list[str]]
    guessed: Mapping[str, str]
    types: Mapping[str, Any] | None

    def complete(self) -> Plan:
        """Return what can be run.

        Raises:
            InvalidSetting: a column does not exist, or something needed is missing.
        """
        if self.types is None:
            _check_complete(self.node, connected=False)
            return Plan(self.node, {}, (), _result_schema(self.node, None), None)
        _check_columns(self.columns, self.types)
        _check_complete(self.node, connected=True)
        binding = self.node.bind_table(dict.fromkeys([*self.types, *self.node.columns.values()]))
        return Plan(self.node, self.columns, binding.columns, _result_schema(self.node, self.types), self.types)


def make_draft(
    node_class: type[Node], values: Mapping[str, Any], columns: Mapping[str, list[str]], schema: Any
) -> Draft:
    """Return what a dialog's settings come to, with columns guessed where none is chosen.

    Args:
        node_class: the declaration.
        values: the values of its fields.
        columns: the columns that are chosen for fields.
        schema: KNIME's schema of the input table, None without one.

    Raises:
        InvalidSetting: a value is wrong.
    """
    node = node_class(**values)
    if schema is None:
        return Draft(replace(node, keep_columns=False), {}, {}, None)
    types = {column.name: column.ktype for column in schema}
    guessed = _guesses(_with_columns(node, columns), types)
    every = {**columns, **{name: [column] for name, column in guessed.items()}}
    return Draft(_with_columns(node, every), every, guessed, types)


def cell_name(columns: Sequence[str]) -> str:
    """Return the name of the cell that holds the values of `columns`."""
    return " + ".join(columns)


def _with_columns(node: Node, columns: Mapping[str, Sequence[str]]) -> Node:
    """Return the node with these fields taken from the cells of their columns."""
    return replace(node, columns={name: cell_name(chosen) for name, chosen in columns.items()})


def _guesses(node: Node, types: Mapping[str, Any]) -> dict[str, str]:
    """Return a column for each field that needs one: of the field's name, else the first of images or of paths."""
    guesses = {}
    for name in node.unfilled(()):
        field = node.fields()[name]
        if not has_column(field):
            continue
        suitable = [column for column, ktype in types.items() if suits(field.kind, ktype)]
        files = [column for kind in (image_type(), path_type()) for column in suitable if types[column] == kind]
        if column := match_column(field, suitable, files):
            guesses[name] = column
    return guesses


def _check_columns(columns: Mapping[str, list[str]], types: Mapping[str, Any]) -> None:
    for name, chosen in columns.items():
        if absent := [column for column in chosen if column not in types]:
            raise InvalidSetting(f"The input table has no column {absent[0]!r} for `{name}`; choose another one.")


def _check_complete(node: Node, *, connected: bool) -> None:
    if unfilled := node.unfilled(()):
        field = node.fields()[unfilled[0]]
        raise InvalidSetting(missing_sentence(field, from_column=has_column(field), connected=connected))
    if sentence := node.validate():
        raise InvalidSetting(sentence)


def _result_schema(node: Node, types: Mapping[str, Any] | None) -> "pa.Schema":
    import pyarrow as pa

    nothing = None if types is None else Input(iter(()), pa.schema([(name, pa.null()) for name in types]), 0)
    schema = result_schema(node, nothing)
    if node.result_format != "simplified" or node.request_details:
        return schema
    details = {column.name for column in node.result_columns() if column.detail}
    return pa.schema([field for field in schema if own_name(field) not in details])


def own_name(field: "pa.Field[Any]") -> str:
    """Return the name that the node has for its own column, whatever it is called in a result."""
    return (field.metadata or {}).get(OWN_KEY, b"").decode()
