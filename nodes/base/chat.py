"""The response of chat completions: choices, and the typed columns of structured answers."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ...port_types.errors import BadResponse
from ...port_types.fields.values import preview
from ...port_types.table import Column, ColumnKind
from .answers import Answers
from .response import Response
from .result_schema import GarbledResponse, column_reader, parse_object, spread

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
_SPOKEN = Column("audio", ColumnKind.AUDIO, "The spoken answer, whose text is the content.")
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
_read_message, _read_common = column_reader(_MESSAGE), column_reader(_COMMON)


class Choices(Answers):
    """A list of choices.

    Args:
        answer_schema, reserved: as for `Answers`.
        spoken: whether the answers are spoken as well.
    """

    structured_columns = _RESPONSE
    columns = (*_MESSAGE, *_COMMON)
    usual_ends = (None, "stop")

    def __init__(
        self, answer_schema: Mapping[str, Any] | None = None, reserved: Collection[str] = (), *, spoken: bool = False
    ) -> None:
        if spoken:
            self.columns = (_MESSAGE[0], _SPOKEN, *_MESSAGE[1:], *_COMMON)
        super().__init__(answer_schema, reserved)
        self._spoken = spoken

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        body = parse_object(response)
        choices = body.get("choices")
        if not isinstance(choices, list) or not choices:
            raise BadResponse(f"the service answered without choices (choices is {preview(choices)})")
        common = _read_common(body)
        return [self.with_fields(row) for row in spread(common, [self._choice(choice) for choice in choices])]

    def _choice(self, choice: Any) -> dict[str, Any]:
        message = _message(choice)
        row = _read_message({**choice, **message})
        if self._spoken:
            audio = message["audio"] if isinstance(message.get("audio"), dict) else {}
            row |= {"audio": _decoded(audio.get("data")), "content": row["content"] or audio.get("transcript")}
        return row


def _message(choice: Any) -> dict[str, Any]:
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        raise BadResponse(f"a choice of the answer is {preview(choice)} instead of a message")
    return message


def _decoded(data: Any) -> bytes | None:
    """Return the bytes of a recording, None if there is none.

    Raises:
        GarbledResponse: it is not base64.
    """
    if data is None:
        return None
    import pybase64

    try:
        return pybase64.b64decode(data, validate=True)
    except (TypeError, ValueError):
        raise GarbledResponse(f"the service answered with audio that is not base64: {preview(data)}") from None
