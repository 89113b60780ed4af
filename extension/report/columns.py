"""Rows of a result table as cards: which columns are results, which say how they were made."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...nodes.base.media.audio import sniff_audio
from ...nodes.base.media.images import sniff_image
from ...port_types.table import ColumnKind
from .cards import Card, Media, Result

__all__ = ["make_card"]

LONGEST_VALUE = 20_000
"""Characters. What is longer, such as a raw body with images in it, is cut on the page; the table has it whole."""

YEAR_10000 = 253_402_300_800
"""Seconds since 1970; Python's calendar ends there."""

MIMES = {ColumnKind.IMAGE: sniff_image, ColumnKind.AUDIO: sniff_audio}

DETAILS = {
    "row_id", "index", "created", "model", "usage", "tokens", "cost", "status", "error", "attempts", "request_id",
    "route", "elapsed_ms", "repaired", "finish_reason", "logprobs",
}  # fmt: skip
"""Columns that say how a result was made; those that a reader looks for are among the facts of a card."""

MEDIA_DETAILS = {
    "url", "data", "background", "output_format", "format", "size", "quality", "seconds", "duration", "language",
}  # fmt: skip
"""Details beside images, recordings and transcripts; elsewhere such a name may be an answer's own."""


TEXTS = ({"content"}, {"text"}, {"refusal"}, {"revised_prompt"})
"""Columns that need no name where they are all there is."""


def make_card(
    row_id: str,
    columns: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    kinds: Mapping[str, ColumnKind],
    details: Mapping[str, Any],
    *,
    labels: Mapping[str, str] | None = None,
    sources: tuple[Media, ...] = (),
    text: str = "",
    variant: str = "",
) -> Card:
    """Return the card of one input row.

    Args:
        row_id: Its id in the result table.
        columns: Its input columns, without those that are shown as sources or text.
        rows: Its result rows.
        kinds: What the result columns hold, in order.
        details: What became of the request, by the names of result columns, such as `usage` and `elapsed_ms`.
        labels: What result columns are called on the page, where that is not their name.
        sources: What the row was made from.
        text: What was asked.
        variant: Which model, prompt or take this is, where several are compared.
    """
    read = {name: readable(value) for name, value in columns.items() if not isinstance(value, bytes)}
    usage = _parsed(details.get("usage"))
    tokens = usage.get("total_tokens") if isinstance(usage, Mapping) else None
    elapsed, cost = details.get("elapsed_ms"), details.get("cost")
    error = str(details.get("error") or "")
    return Card(
        row_id=row_id,
        title=_title(row_id, read),
        columns={name: value for name, value in read.items() if value},
        sources=sources,
        text=text,
        results=tuple(_results(rows, kinds, labels or {})),
        facts={name: str(value) for name, value in _facts(details) if value},
        error=error,
        variant=variant,
        model=str(details.get("model") or ""),
        tokens=tokens if isinstance(tokens, int) else None,
        cost=float(cost) if isinstance(cost, int | float) and not isinstance(cost, bool) else None,
        seconds=elapsed / 1000 if isinstance(elapsed, int) else None,
        created=_seconds(details.get("created")),
    )


def readable(value: Any) -> str:
    """Return a cell's value as a person reads it, cut at `LONGEST_VALUE`."""
    text = _readable(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}… ({len(text):,} characters)"


def _readable(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "minutes").removesuffix("+00:00")
    if isinstance(value, Mapping):
        if value and all(isinstance(part, bool) for part in value.values()):
            return ", ".join(str(name) for name, part in value.items() if part) or "none"
        return "\n".join(f"{name}: {_readable(part)}" for name, part in value.items() if part is not None)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        if len(value) > 20 and all(isinstance(part, int | float) for part in value):
            return f"{len(value):,} numbers: {', '.join(map(_readable, value[:4]))}, …"
        return ("\n" if any(isinstance(part, Mapping) for part in value) else ", ").join(map(_readable, value))
    return str(value)


def _seconds(created: Any) -> int | None:
    """Return a time in seconds since 1970, None for what is not one, such as an answer's own column of that name."""
    if isinstance(created, dt.datetime):
        return int(created.timestamp())
    return created if type(created) is int and 0 <= created < YEAR_10000 else None


def _parsed(value: Any) -> Any:
    """Return JSON text as what it says, anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _title(row_id: str, columns: Mapping[str, str]) -> str:
    """Return the first short column where the id is but a number."""
    if not row_id.isdecimal():
        return ""
    return next((value for value in columns.values() if 0 < len(value) <= 80 and "\n" not in value), "")


def _results(
    rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, ColumnKind], labels: Mapping[str, str]
) -> Iterator[Result]:
    media = [name for name, kind in kinds.items() if kind in MIMES]
    hidden = DETAILS | (MEDIA_DETAILS if media or {"text", "word"} & kinds.keys() else set())
    words = [name for name in kinds if name not in hidden and name not in media]
    for place, row in enumerate(rows):
        index = row.get("index")
        shown = tuple(
            Media(data, MIMES[kinds[name]](data), labels.get(name, name) if len(media) > 1 else "")
            for name in media
            if isinstance(data := row.get(name), bytes)
        )
        # Vectors are arrays, which cannot be compared with a text.
        empty = {name for name in words if row.get(name) is None or (isinstance(row[name], str) and not row[name])}
        values = {name: row[name] for name in words if name not in empty}
        if shown or values:
            text, named = _answer(values, kinds)
            called = {labels.get(name, name): value for name, value in named.items()}
            yield Result(index if isinstance(index, int) else place, shown, text, called)


def _answer(values: Mapping[str, Any], kinds: Mapping[str, ColumnKind]) -> tuple[str, dict[str, str]]:
    """Return what was answered: as one text, or as values by name."""
    answer = _parsed(values.get("content"))
    if isinstance(answer, dict):
        typed = {name: value for name, value in values.items() if name != "content"}
        values = typed if answer.keys() & typed.keys() else {**answer, **typed}
    plain = {name: _parsed(value) if kinds.get(name) is ColumnKind.JSON else value for name, value in values.items()}
    read = {name: text for name, value in plain.items() if (text := readable(value))}
    if read.keys() in TEXTS:
        return next(iter(read.values())), {}
    return "", read


def _facts(details: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "Route", details.get("route")
    yield "Model", details.get("model")
    for name in ("size", "quality", "language"):
        yield name.capitalize(), details.get(name)
    yield "Seconds", readable(details.get("seconds") or details.get("duration"))
    yield "Ended by", details.get("finish_reason") if details.get("finish_reason") != "stop" else None
    yield "Repaired", details.get("repaired")
