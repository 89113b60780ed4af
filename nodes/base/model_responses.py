"""The response of the Responses API: its text, typed answers and tool calls."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...port_types.errors import BadResponse
from ...port_types.fields.values import preview
from ...port_types.table import Column, ColumnKind
from .answers import Answers
from .response import Response
from .result_schema import error_message, extract_columns, parse_object

__all__ = ["ModelResponses"]

_ANSWER = (
    Column("content", ColumnKind.TEXT, "The answer's text."),
    Column("refusal", ColumnKind.TEXT, "Why the model refuses to answer, if it does."),
    Column(
        "finish_reason",
        ColumnKind.TEXT,
        "How the answer ends: completed, max_output_tokens or content_filter.",
        detail=True,
    ),
    Column("reasoning_summary", ColumnKind.TEXT, "What the model says about its reasoning, if asked for."),
    Column("tool_calls", ColumnKind.JSON, "The functions that the model wants called, with their arguments."),
    Column("annotations", ColumnKind.JSON, "Sources and files that the answer cites.", detail=True),
)
_RESPONSE = (
    Column("id", ColumnKind.TEXT, "The service's id of the response, which a later one can follow."),
    Column("created_at", ColumnKind.TIME, "When the response was made.", detail=True),
    Column("completed_at", ColumnKind.TIME, "When it was complete."),
    Column("model", ColumnKind.TEXT, "The model that answered.", detail=True),
    Column("output", ColumnKind.JSON, "The list of messages, calls and results as the service sent it."),
    Column("incomplete_details", ColumnKind.JSON, "Why the response is incomplete."),
    Column("reasoning", ColumnKind.JSON, "How the model reasoned."),
    Column("metadata", ColumnKind.JSON, "What the request asked to keep with the response."),
    Column("service_tier", ColumnKind.TEXT, "The processing tier that was used."),
    Column("usage", ColumnKind.JSON, "Tokens used, as the service counts them.", detail=True),
)
_COMMON = tuple(column for column in _RESPONSE if column.name in ("id", "created_at", "model", "usage"))


class ModelResponses(Answers):
    """One response of a model, one row."""

    structured_columns = _RESPONSE
    columns = (*_ANSWER, *_COMMON)
    usual_ends = (None, "completed")

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        body = parse_object(response)
        if body.get("status") == "failed":
            raise BadResponse(f"the service could not answer: {error_message(body)}")
        answer = _answer(body, list(_output(body)))
        return [self.with_fields({**extract_columns(answer, _ANSWER), **extract_columns(body, _COMMON)})]


def _output(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the items of the output.

    Raises:
        BadResponse: there is no list of them.
    """
    output = body.get("output")
    if not isinstance(output, list):
        raise BadResponse(f"the service answered without output (output is {preview(output)})")
    for item in output:
        if not isinstance(item, dict):
            raise BadResponse(f"an item of the output is {preview(item)} instead of an object")
        yield item


def _answer(body: Mapping[str, Any], output: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the columns of an answer hold, from all items of its output."""
    parts = [part for item in output if item.get("type") == "message" for part in _parts(item, "content")]
    texts = [part["text"] for part in parts if isinstance(part.get("text"), str)]
    summaries = [part for item in output if item.get("type") == "reasoning" for part in _parts(item, "summary")]
    calls = [item for item in output if str(item.get("type")).endswith("_call") and "arguments" in item]
    reason = body.get("incomplete_details")
    return {
        "content": "\n".join(texts) if texts else None,
        "refusal": _joined(parts, "refusal"),
        "finish_reason": reason.get("reason") if isinstance(reason, dict) else body.get("status"),
        "reasoning_summary": _joined(summaries, "text"),
        "tool_calls": calls or None,
        "annotations": [note for part in parts for note in part.get("annotations") or ()] or None,
    }


def _parts(item: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    parts = item.get(name)
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _joined(parts: Iterable[Mapping[str, Any]], name: str) -> str | None:
    return "\n\n".join(part[name] for part in parts if isinstance(part.get(name), str)) or None
