"""The response of chat completions: choices, and the typed columns of structured answers."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ...port_types.errors import BadResponse
from ...port_types.fields.values import preview
from ...port_types.table import Column, ColumnKind
from .response import Response
from .result_schema import JsonResultSchema, extract_columns, parse_object, spread
from .structured_output import answer_columns, read_answer

__all__ = ["Choices"]

_MESSAGE = (
    Column("content", ColumnKind.TEXT, "The answer's text."),
    Column("refusal", ColumnKind.TEXT, "Why the model refuses to answer, if it does."),
    Column(
        "finish_reason",
        ColumnKind.TEXT,
        "Why the answer ends: stop, length, tool_calls or content_filter.",
        detail=True,
    ),
    Column("tool_calls", ColumnKind.JSON, "The tools that the model wants called, with their arguments."),
    Column("index", ColumnKind.INTEGER, "Number of the choice within its response, from 0."),
    Column("logprobs", ColumnKind.JSON, "Log probabilities of the answer's tokens, if asked for.", detail=True),
    Column("annotations", ColumnKind.JSON, "Sources that the answer cites.", detail=True),
)
_RESPONSE = (
    Column("id", ColumnKind.TEXT, "The service's id of the completion."),
    Column("created", ColumnKind.TIME, "When the response was made.", detail=True),
    Column("model", ColumnKind.TEXT, "The model that answered.", detail=True),
    Column("choices", ColumnKind.JSON, "The list of choices as the service sent it."),
    Column("metadata", ColumnKind.JSON, "What the request asked to keep with the answer."),
    Column("moderation", ColumnKind.JSON, "How the service judged the request and the answer, if asked for."),
    Column("service_tier", ColumnKind.TEXT, "The processing tier that was used."),
    Column("system_fingerprint", ColumnKind.TEXT, "The backend's configuration, for reproducible answers."),
    Column(
        "usage",
        ColumnKind.JSON,
        "Tokens used, as the service counts them; on the first row of a response.",
        detail=True,
    ),
)
_COMMON = tuple(column for column in _RESPONSE if column.name in ("created", "model", "usage"))


class Choices(JsonResultSchema):
    """A list of choices.

    Args:
        answer_schema: JSON schema of structured answers, whose properties come first as typed columns; None for text.
        reserved: names of columns that the result has beside those of its response.
    """

    structured_columns = _RESPONSE
    headline = ("content", "refusal", "tool_calls")

    def __init__(self, answer_schema: Mapping[str, Any] | None = None, reserved: Collection[str] = ()) -> None:
        self._schema = answer_schema
        taken = {*reserved, *(column.name for column in (*_MESSAGE, *_COMMON))}
        self._typed = answer_columns(answer_schema, taken) if answer_schema else {}

    def simplified(self) -> tuple[Column, ...]:
        return (*self._typed.values(), *_MESSAGE, *_COMMON)

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        body = parse_object(response)
        choices = body.get("choices")
        if not isinstance(choices, list) or not choices:
            raise BadResponse(f"the service answered without choices (choices is {preview(choices)})")
        common = extract_columns(body, _COMMON)
        rows = spread(common, [_choice(choice) for choice in choices])
        if self._schema:
            rows = [{**row, **_fields(row, self._schema, self._typed)} for row in rows]
        return rows


def _choice(choice: Any) -> dict[str, Any]:
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        raise BadResponse(f"a choice of the answer is {preview(choice)} instead of a message")
    return extract_columns({**choice, **message}, _MESSAGE)


def _fields(row: Mapping[str, Any], schema: Mapping[str, Any], typed: Mapping[str, Column]) -> dict[str, Any]:
    """Return the typed columns of one choice; where it does not fit, the error that its row gets."""
    if row["refusal"]:
        return {"error": f"the model refuses: {preview(row['refusal'], 200)}"}
    if row["tool_calls"] and not row["content"]:
        return {}
    try:
        fields = read_answer(row["content"], schema)
    except BadResponse as error:
        ended = f" (it ended by {row['finish_reason']})" if row["finish_reason"] not in (None, "stop") else ""
        return {"error": f"{error}{ended}"}
    return extract_columns({column.name: fields.get(name) for name, column in typed.items()}, typed.values())
