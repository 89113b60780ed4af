"""The response of transcriptions and translations, as JSON with or without times, or as plain text."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...port_types.errors import BadResponse
from ...port_types.fields.values import preview
from ...port_types.files import FileRules
from ...port_types.table import Column, ColumnKind
from .response import Response
from .result_schema import JsonResultSchema, extract_columns, parse_object, spread

__all__ = ["RECORDING", "Transcripts"]

RECORDING = FileRules(
    ("audio/mpeg", "audio/wav", "audio/mp4", "audio/flac", "audio/ogg", "audio/webm"), 25 * 1024 * 1024
)
"""What services transcribe. Source: https://platform.openai.com/docs/guides/speech-to-text"""

_TIMES = (
    Column("start", ColumnKind.NUMBER, "Where it starts, in seconds."),
    Column("end", ColumnKind.NUMBER, "Where it ends, in seconds."),
)
_INDEX = Column("index", ColumnKind.INTEGER, "Number within its recording, from 0.")
_PARTS = {
    "segment": (
        Column("text", ColumnKind.TEXT, "The segment's text."),
        *_TIMES,
        Column("speaker", ColumnKind.TEXT, "Who speaks, if the model tells speakers apart."),
        _INDEX,
    ),
    "word": (Column("word", ColumnKind.TEXT, "The word."), *_TIMES, _INDEX),
}
_RESPONSE = (
    Column("text", ColumnKind.TEXT, "The whole text; subtitles if they were asked for."),
    Column("task", ColumnKind.TEXT, "What was done: transcribe or translate, if the service says so."),
    Column("language", ColumnKind.TEXT, "Language of the recording."),
    Column("languages", ColumnKind.JSON, "The list of languages that were spoken, if the model tells."),
    Column("duration", ColumnKind.NUMBER, "Length of the recording in seconds, if the service says so."),
    Column("segments", ColumnKind.JSON, "The list of segments as the service sent it."),
    Column("words", ColumnKind.JSON, "The list of words as the service sent it."),
    Column("logprobs", ColumnKind.JSON, "Log probabilities of the text's tokens, if asked for."),
    Column(
        "usage",
        ColumnKind.JSON,
        "Tokens or seconds used, as the service counts them; on the first row of a response.",
        detail=True,
    ),
)
_NO_TEXT = ("text/html", "application/json")
_COMMON = tuple(column for column in _RESPONSE if column.name in ("language", "duration", "usage"))
_WHOLE = (_RESPONSE[0], *_COMMON)


class Transcripts(JsonResultSchema):
    """A text, its segments or its words.

    Args:
        part: what a row of the Simplified format is: "request", "segment" or "word".
    """

    structured_columns = _RESPONSE
    headline = ("text", "word")

    def __init__(self, part: str = "request") -> None:
        self._part = part

    def simplified(self) -> tuple[Column, ...]:
        return (*_PARTS[self._part], *_COMMON) if self._part in _PARTS else _WHOLE

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        body, part = _body(response, values), self._part
        if part not in _PARTS:
            return [extract_columns(body, _WHOLE)]
        parts = body.get(f"{part}s")
        if not isinstance(parts, list) or not all(isinstance(item, dict) for item in parts):
            raise BadResponse(f"the service answered without {part}s ({part}s is {preview(parts)})")
        common = extract_columns(body, _COMMON)
        return spread(common, [extract_columns({**item, "index": at}, _PARTS[part]) for at, item in enumerate(parts)])

    def structure(self, response: Response, values: Mapping[str, Any]) -> Mapping[str, Any]:
        return extract_columns(_body(response, values), _RESPONSE)


def _body(response: Response, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the body as an object; text and subtitles are one with only a text, whatever media type they have."""
    wanted = values.get("response_format") in ("text", "srt", "vtt")
    if response.body and (wanted or response.media_type.startswith("text/")) and response.media_type not in _NO_TEXT:
        return {"text": response.body.decode("utf-8", "replace")}
    body = parse_object(response)
    if not isinstance(body.get("text"), str):
        raise BadResponse(f"the service answered without a text (text is {preview(body.get('text'))})")
    return body
