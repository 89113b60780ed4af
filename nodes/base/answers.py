"""What the responses of models have in common: an answer's text, and the typed columns of structured answers."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from ...port_types.errors import BadResponse
from ...port_types.fields.values import preview
from ...port_types.table import Column
from .result_schema import JsonResultSchema, extract_columns
from .structured_output import answer_columns, read_answer

__all__ = ["Answers"]


class Answers(JsonResultSchema):
    """Answers of a model; a subclass says in `columns` what a row has beside the typed columns.

    Args:
        answer_schema: JSON schema of structured answers, whose properties come first as typed columns; None for text.
        reserved: names of columns that the result has beside those of its response.
    """

    columns: tuple[Column, ...]
    usual_ends: ClassVar[tuple[str | None, ...]]
    """Values of the column `finish_reason` of an answer that came to its end."""
    headline = ("content", "refusal", "tool_calls")

    def __init__(self, answer_schema: Mapping[str, Any] | None = None, reserved: Collection[str] = ()) -> None:
        self._schema = answer_schema
        taken = {*reserved, *(column.name for column in self.columns)}
        self._typed = answer_columns(answer_schema, taken) if answer_schema else {}

    def simplified(self) -> tuple[Column, ...]:
        return (*self._typed.values(), *self.columns)

    def with_fields(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `row` with the typed columns; where the answer does not fit, with the error that it gets."""
        if not self._schema:
            return row
        if row["refusal"]:
            return {**row, "error": f"the model refuses: {preview(row['refusal'], 200)}"}
        if row["tool_calls"] and not row["content"]:
            return row
        try:
            fields = read_answer(row["content"], self._schema)
        except BadResponse as error:
            end = row["finish_reason"]
            return {**row, "error": str(error) if end in self.usual_ends else f"{error} (it ended by {end})"}
        found = {column.name: fields.get(name) for name, column in self._typed.items()}
        return {**row, **extract_columns(found, self._typed.values())}
