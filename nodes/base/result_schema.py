"""Result schemas: which columns a result has, and how a response's body becomes rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ...port_types.errors import BadResponse
from ...port_types.fields.values import preview
from ...port_types.table import Column, ColumnKind
from .response import Response

__all__ = [
    "GarbledResponse",
    "JsonResultSchema",
    "ResultSchema",
    "column_reader",
    "error_message",
    "extract_columns",
    "json_text",
    "parse_object",
    "printable",
    "spread",
]


PERMANENT = {"invalid_request_error", "insufficient_quota", "invalid_api_key", "content_policy_violation"}
"""Types and codes of errors that the same request would meet again."""


class GarbledResponse(BadResponse):
    """The answer did not arrive as the service meant it; the same request may well be answered properly."""


class ResultSchema:
    """How responses of one kind become rows; subclasses say it, nodes name one as their ``response``.

    Everything is a pure function of a response and of the values that were sent. What depends on a node's settings is
    given to the constructor, by `Node.result_schema`. A value that is a `Remote` is fetched by the engine.
    """

    raw_kind = ColumnKind.TEXT
    """What the body holds in the Raw Response format."""

    headline: tuple[str, ...] = ()
    """Result columns whose text is what a reader of a report looks for."""

    def simplified(self) -> tuple[Column, ...]:
        """Return the columns of the Simplified format, one row per item."""
        raise NotImplementedError

    def structured(self) -> tuple[Column, ...]:
        """Return the columns of the Structured Table format, one row per response."""
        raise NotImplementedError

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Return the rows of the Simplified format.

        Args:
            response: a response with a status below 300.
            values: what the request was made from, by wire name; a field that is off is not in it.

        Raises:
            BadResponse: the answer is not what the operation promises.
        """
        raise NotImplementedError

    def structure(self, response: Response, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the row of the Structured Table format; arguments are those of `items`.

        Raises:
            BadResponse: the answer is not what the operation promises.
        """
        raise NotImplementedError

    def usage(self, response: Response) -> Mapping[str, int]:
        """Return the tokens an answer used, by name; {} if it does not say."""
        return {}

    def expires_at(self, response: Response) -> int | None:
        """Return when what the service made is gone, in Unix seconds; None for what stays."""
        return None

    def raw(self, response: Response) -> Mapping[str, Any]:
        """Return the row of the Raw Response format."""
        body = (
            response.body
            if self.raw_kind in (ColumnKind.AUDIO, ColumnKind.FILE)
            else response.body.decode("utf-8", "replace")
        )
        return {"body": body, "status": response.status}


class JsonResultSchema(ResultSchema):
    """A response whose body is one JSON object; its usage is read from ``usage``."""

    structured_columns: tuple[Column, ...] = ()

    def structured(self) -> tuple[Column, ...]:
        return self.structured_columns

    def structure(self, response: Response, values: Mapping[str, Any]) -> Mapping[str, Any]:
        return extract_columns(parse_object(response), self.structured_columns)

    def usage(self, response: Response) -> Mapping[str, int]:
        try:
            usage = parse_object(response).get("usage")
        except BadResponse:
            return {}
        if not isinstance(usage, dict):
            return {}
        return _counts(usage)


def _counts(usage: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts of a usage; a part of one is named after both ("prompt_tokens_details.cached_tokens")."""
    counts: dict[str, int] = {}
    for name, count in usage.items():
        if isinstance(count, dict):
            counts |= {f"{name}.{part}": number for part, number in _counts(count).items()}
        elif type(count) is int and count >= 0:
            counts[name] = count
    return counts


def spread(common: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of `items` with what is `common` to their response; its usage is on the first, to add up."""
    return [{**item, **common, "usage": None if at else common["usage"]} for at, item in enumerate(items)]


def parse_object(response: Response) -> dict[str, Any]:
    """Return the body as a JSON object.

    Raises:
        GarbledResponse: it is empty, no JSON, JSON of another kind, or an error that may pass.
        BadResponse: it is an error in disguise that the same request would meet again.
    """
    if not response.body:
        raise GarbledResponse(f"the service answered {response.status} with an empty body")
    if not response.body.startswith(b"{") and response.media_type == "text/event-stream":
        raise BadResponse("the service answered with a stream of events; leave `stream` out of the request")
    try:
        body = response.json
    except ValueError:
        kind = response.media_type or "unnamed content"
        start = preview(response.body[:80].decode("utf-8", "replace"))
        raise GarbledResponse(f"the service answered with {kind} that is not JSON: {start}") from None
    if not isinstance(body, dict):
        raise GarbledResponse(f"the service answered with JSON that is not an object: {preview(body)}")
    if error := body.get("error"):
        permanent = isinstance(error, dict) and {str(error.get("type")), str(error.get("code"))} & PERMANENT
        kind_of = BadResponse if permanent else GarbledResponse
        raise kind_of(f"the service answered {response.status} with an error: {error_message(body)}")
    return body


def error_message(body: Any) -> str:
    """Return the message in an error body, whichever of the known shapes it has.

    OpenAI: ``{"error": {"message": …}}``; stable-diffusion.cpp: ``{"error": "…"}``; FastAPI: ``{"detail": …}``;
    Prism: ``{"detail": …, "validation": […]}``.
    """
    if not isinstance(body, dict):
        return preview(body, 300)
    error: Any = body.get("error") or body.get("detail") or body.get("message") or body
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        error = error["message"]
    message = error if isinstance(error, str) else preview(error, 300)
    if (details := body.get("validation")) and isinstance(details, list):
        message = f"{message} {preview(details, 300)}"
    return printable(message)


def printable(text: str) -> str:
    """Return a service's text in one line without control characters, which could command a terminal."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def json_text(value: Any) -> str | None:
    """Return `value` as JSON text, None for None."""
    import msgspec

    return None if value is None else msgspec.json.encode(value).decode()


def extract_columns(body: Mapping[str, Any], columns: Iterable[Column]) -> dict[str, Any]:
    """Return what `columns` need of `body`; a value of another type than its column's is null."""
    return column_reader(columns)(body)


def column_reader(columns: Iterable[Column]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return `extract_columns` for these columns, for many bodies."""
    readers = [(column.name, _READERS[column.kind]) for column in columns]

    def extract(body: Mapping[str, Any]) -> dict[str, Any]:
        get = body.get
        return {name: None if (value := get(name)) is None else read(value) for name, read in readers}

    return extract


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else json_text(value)


def _integer(value: Any) -> int | None:
    whole = type(value) is int or (isinstance(value, float) and value.is_integer())
    return int(value) if whole and abs(value) < 2**63 else None


def _time(value: Any) -> int | None:
    # Arrow's and Python's calendars end in the year 9999.
    seconds = _integer(value)
    return seconds if seconds is not None and 0 <= seconds < 253_402_300_800 else None


def _number(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) else None


_READERS: dict[ColumnKind, Callable[[Any], Any]] = {
    ColumnKind.TEXT: _text,
    ColumnKind.JSON: json_text,
    ColumnKind.INTEGER: _integer,
    ColumnKind.TIME: _time,
    ColumnKind.NUMBER: _number,
    ColumnKind.BOOLEAN: lambda value: value if isinstance(value, bool) else None,
}
