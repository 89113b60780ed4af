"""The base of all nodes: declaration and settings of one operation."""

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

from ...port_types.errors import InvalidSetting
from ...port_types.table import Column, ColumnKind
from .call import Binding, Call
from .hooks import NodeHooks

__all__ = ["DETAILS", "Node"]

DETAILS = (
    Column("status", ColumnKind.INTEGER, "HTTP status of the last answer."),
    Column("error", ColumnKind.TEXT, "Why the row failed; missing if it did not."),
    Column("attempts", ColumnKind.INTEGER, "How often the request was sent."),
    Column("request_id", ColumnKind.TEXT, "The service's id of the request, for its support."),
    Column("route", ColumnKind.TEXT, "The route that made the row."),
    Column("elapsed_ms", ColumnKind.INTEGER, "Milliseconds from the first attempt to the whole answer."),
)
_FAILURE = tuple(column for column in DETAILS if column.name in ("status", "error"))
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

    # Calls

    def bind(self, columns: Mapping[str, str]) -> Binding:
        """Return what makes a call of each row of a table, given the column for each field that is taken from one."""
        return Binding(self, columns)

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
        """Return the names of required fields that have no constant, and none in their place."""
        return self._constant_call.missing()

    def validate(self) -> str | None:
        """Return why the constants cannot be sent together, as a sentence, None if they can."""
        call = self._constant_call
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
        columns += DETAILS if self.request_details else ()
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
            return schema.simplified()
        if self.result_format == "structured":
            return schema.structured()
        return (Column("body", schema.raw_kind, "The body as the service sent it."), _RAW_STATUS)
