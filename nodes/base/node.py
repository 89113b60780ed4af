"""The base of all nodes: declaration and settings of one operation."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from ...port_types.errors import InvalidSetting
from ...port_types.fields import Field
from ...port_types.table import Column, ColumnKind
from .binding import Binding
from .call import Call
from .hooks import NodeHooks
from .templates import may_name_columns

__all__ = ["DETAILS", "Node"]

DETAILS = (
    Column("status", ColumnKind.INTEGER, "HTTP status of the last answer."),
    Column("error", ColumnKind.TEXT, "Why the row failed; missing if it did not."),
    Column("attempts", ColumnKind.INTEGER, "How often the request was sent."),
    Column("request_id", ColumnKind.TEXT, "The service's id of the request, for its support."),
    Column("route", ColumnKind.TEXT, "The route that made the row."),
    Column("elapsed_ms", ColumnKind.INTEGER, "Milliseconds from the first attempt to the whole answer."),
    Column(
        "tokens", ColumnKind.INTEGER, "Tokens that the response used; in its first row only, so that sums are right."
    ),
    Column("cost", ColumnKind.NUMBER, "US dollars that the response costs, in its first row; missing where unknown."),
)
_FAILURE = (replace(DETAILS[0], detail=True), DETAILS[1])
_RAW_STATUS = Column("status", ColumnKind.INTEGER, "HTTP status of the answer.")


class Node(NodeHooks):
    """One operation of an API with its settings; with one input row it becomes a `Call`.

    A subclass is one file; its class name, docstring, `routes`, `response` and fields are all that a host needs. What
    a file may say beyond that are the methods of `NodeHooks`.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.columns:
            if name not in self.wire_fields():
                raise InvalidSetting(
                    f"columns names {name!r}, but {self.label()} has no such field to take from a column."
                )

    def _checked(self, declared: Field, value: Any) -> Any:
        try:
            return super()._checked(declared, value)
        except InvalidSetting:
            if declared.sent and may_name_columns(value):
                # A template, which only a row makes a value of.
                return list(value) if isinstance(value, tuple) else value
            raise

    # Calls

    def bind(self, columns: Mapping[str, str], names: Collection[str] | None = None) -> Binding:
        """Return what makes a call of each row of a table.

        Args:
            columns: the column that a field is taken from as it is, by the field's name.
            names: names of the table's columns, which templates may name; None for no table, where braces are text.

        Raises:
            InvalidSetting: a template names a column that is not there.
        """
        return Binding(self, columns, names)

    def bind_table(self, names: Collection[str], given: Mapping[str, str] | None = None) -> Binding:
        """Return what makes a call of each row of a table whose columns have these `names`.

        Args:
            names: names of the table's columns.
            given: columns that belong to fields whatever the settings say, by field, as in a folder of images.

        Raises:
            InvalidSetting: a template names a column that is not there, or no field uses a column at all.
        """
        binding = self.bind({**self.column_mapping(names), **(given or {})}, names)
        if self.wire_fields() and not binding.columns and not self.repeat_request:
            raise InvalidSetting(
                "No field uses a column of the input, so every row would send the same request. Name a column in a "
                f"field, such as {_example(names)}, or repeat the request on purpose: `repeat_request=true`."
            )
        return binding

    def call(self, cells: Mapping[str, Any] | None = None) -> Call:
        """Return the call of one row, whose cells go by the names of the fields they fill.

        Raises:
            InvalidInput: a value is not one that its field can take.
        """
        return self.bind({name: name for name in cells}).call(cells) if cells else self._constant_call

    @cached_property
    def _constant_call(self) -> Call:
        return self.bind({}).call({})

    def missing(self) -> list[str]:
        """Return the names of required fields that have neither a value nor a template, and none in their place."""
        return [
            name
            for name, field in self.required_fields().items()
            if getattr(self, name) is None and not (field.unless and getattr(self, field.unless) is not None)
        ]

    def validate(self) -> str | None:
        """Return why the constants cannot be sent together, as a sentence, None if they can or a row decides it."""
        values = {name: value for name in self.wire_fields() if (value := getattr(self, name)) is not None}
        constants = self.constants()
        sentence = self._violation(constants)
        return sentence if len(values) == len(constants) or sentence == self._violation(values) else None

    def constants(self) -> dict[str, Any]:
        """Return the values that are sent with every row, by wire name: not those that may name columns."""
        values = {name: getattr(self, name) for name in self.wire_fields()}
        return {name: value for name, value in values.items() if value is not None and not may_name_columns(value)}

    def unfilled_templates(self) -> list[str]:
        """Return the fields whose text seems to name columns, for a run without a table that could fill them."""
        return [name for name in self.wire_fields() if may_name_columns(getattr(self, name))]

    def _violation(self, values: Mapping[str, Any]) -> str | None:
        call = Call(self, values, self.extra_fields)
        return call.check_route(call.routes()[0])

    # Columns of the input

    def column_mapping(self, names: Collection[str]) -> dict[str, str]:
        """Return the column that each field is taken from, of an input whose columns have these `names`.

        Required fields without a value and without a column of their choice come from the column of their name, or
        else from that of the field that may stand in for them.
        """
        mapping = dict(self.columns)
        for name in self.missing():
            stand_in = self.fields()[name].unless
            chosen = {name, stand_in} & self.columns.keys()
            if not chosen and (found := name if name in names else stand_in) in names:
                mapping[found] = found
        return mapping

    def unfilled(self, names: Collection[str]) -> list[str]:
        """Return the required fields that neither a constant nor one of the columns `names` can fill."""
        mapping = self.column_mapping(names)
        return [name for name in self.missing() if name not in mapping and self.fields()[name].unless not in mapping]

    # Columns of the result

    def result_columns(self) -> tuple[Column, ...]:
        """Return the result's columns in their order, known before anything runs."""
        columns = (*self._format_columns(), *self.provenance_columns())
        columns += _FAILURE if self.on_error == "continue" else ()
        columns += (*self._response_details(), *DETAILS) if self.request_details else ()
        first_of_name: dict[str, Column] = {}
        for column in columns:
            first_of_name.setdefault(column.name, column)
        return tuple(first_of_name.values())

    def reserved_columns(self) -> set[str]:
        """Return the names of columns that every result may have beside those of its response."""
        return {"row_id", *(column.name for column in (*DETAILS, *self.provenance_columns()))}

    def _format_columns(self) -> tuple[Column, ...]:
        schema = self.result_schema()
        if self.result_format == "simplified":
            return self._with_chosen_name(tuple(c for c in schema.simplified() if not self._is_detail(c)))
        if self.result_format == "structured":
            return schema.structured()
        return (Column("body", schema.raw_kind, "The body as the service sent it."), _RAW_STATUS)

    def _response_details(self) -> tuple[Column, ...]:
        """Return the columns of a simplified result that say how the response was made."""
        columns = self.result_schema().simplified() if self.result_format == "simplified" else ()
        return tuple(column for column in columns if self._is_detail(column))

    def _is_detail(self, column: Column) -> bool:
        # What the request switches on, such as log probabilities, is wanted.
        return column.detail and getattr(self, column.name, None) is not True

    def _with_chosen_name(self, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        """Return `columns` with the first one that the user has not named yet under the name chosen for it."""
        main = next((at for at, column in enumerate(columns) if not column.label), None)
        if not self.result_column or main is None:
            return columns
        return (*columns[:main], replace(columns[main], label=self.result_column), *columns[main + 1 :])


def _example(names: Collection[str]) -> str:
    return next((f"{{{name}}}" for name in names), "{name}")
