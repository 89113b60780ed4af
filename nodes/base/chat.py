"""The response of chat completions: choices, and the typed columns of structured answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...port_types.errors import BadResponse
from ...port_types.fields.values import preview
from ...port_types.table import Column, ColumnKind
from .answers import Answers
from .response import Response
from .result_schema import extract_columns, parse_object, spread

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


class Choices(Answers):
    """A list of choices."""

    structured_columns = _RESPONSE
    columns = (*_MESSAGE, *_COMMON)
    usual_ends = (None, "stop")

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        body = parse_object(response)
        choices = body.get("choices")
        if not isinstance(choices, list) or not choices:
            raise BadResponse(f"the service answered without choices (choices is {preview(choices)})")
        common = extract_columns(body, _COMMON)
        return [self.with_fields(row) for row in spread(common, [_choice(choice) for choice in choices])]


def _choice(choice: Any) -> dict[str, Any]:
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        raise BadResponse(f"a choice of the answer is {preview(choice)} instead of a message")
    return extract_columns({**choice, **message}, _MESSAGE)
