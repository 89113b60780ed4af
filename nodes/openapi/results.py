"""From the documented answers of an operation to the items and columns of its result."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .descriptions import Answer, AnswerShape, Note, OutputColumn, OutputKind
from .document import UNRESOLVED, Document, PathOperation, is_true, mapping
from .parameters import path_template
from .prose import plain_text, snake_case
from .schemas import SCALARS, Schema, read_schema

__all__ = ["ReadAnswer", "read_answer"]

_LIST_NAMES = ("data", "items", "results", "entries", "choices")
_RECORD_NAMES = ("data", "result", "results", "item", "response", "payload")
_ENVELOPE = re.compile(
    r"has_.*|next.*|prev.*|total.*|count.*|.*_count|limit|offset|page.*|cursor.*|object|first.*|last.*|meta.*"
    r"|pagination|paging|links?|ok|status.*|success|time|timestamp|took|usage|start|end|size|per_page|incomplete.*"
    r"|self|type|kind|errors?|warnings?|messages?|response_metadata|request_id|continuation.*|marker|order|sort"
    r"|version|api_version|.*_?ur[il]|id|.*more.*|filters?|query"
)
_EPOCH = re.compile(r"unix|epoch", re.IGNORECASE)
_MILLISECONDS = re.compile(r"milli|\bms\b", re.IGNORECASE)
_MOST_PROPERTIES = 8
"""Nested records of up to this many properties become columns: 90 % of real results have fewer than 27, none 120."""
_MOST_COLUMNS = 150
_DEEPEST = 4


@dataclass(frozen=True)
class ReadAnswer:
    """An answer, with what else of it decides how pages are asked for."""

    answer: Answer
    notes: tuple[Note, ...] = ()
    root: Schema | None = None
    has_link_header: bool = False


def read_answer(document: Document, operation: PathOperation) -> ReadAnswer:
    """Return what comes back from `operation` when all is well."""
    responses = mapping(operation.raw.get("responses"))
    good = sorted(str(status) for status in responses if re.fullmatch(r"2(\d\d|XX)", str(status), re.IGNORECASE))
    chosen = [(status, document.resolve(responses.get(status) or responses.get(_integer(status)))) for status in good]
    if not chosen and "default" in responses:
        chosen = [("default", document.resolve(responses["default"]))]
    notes = [Note("warning", f"answer {status}", str(raw[UNRESOLVED])) for status, raw in chosen if UNRESOLVED in raw]
    statuses = tuple(status for status, _ in chosen)
    contents = [(str(kind), mapping(media)) for _, raw in chosen for kind, media in mapping(raw.get("content")).items()]
    if operation.method == "head" or not contents:
        return ReadAnswer(Answer("empty", statuses=statuses), tuple(notes))
    media_types = tuple(dict.fromkeys(kind for kind, _ in contents))
    for kind, media in contents:
        schema = read_schema(document, media.get("schema"))
        if _is_json(kind, schema):
            answer = _read_json(schema, operation, notes)
            headers = {str(name).lower() for _, raw in chosen for name in mapping(raw.get("headers"))}
            others = [other for other in media_types if not _is_json(other, schema) and other != "text/event-stream"]
            if others:
                notes.append(Note("warning", "answer", f"may also be {', '.join(others)}, which arrives as it is"))
            answer = replace(answer, media_types=media_types, statuses=statuses)
            return ReadAnswer(answer, tuple(notes), schema, "link" in headers)
    file = _read_file(media_types, statuses, notes)
    return ReadAnswer(file, tuple(notes))


def _integer(text: str) -> Any:
    return int(text) if text.isdigit() else text


def _is_json(media_type: str, schema: Schema) -> bool:
    plain = media_type.partition(";")[0].strip().lower()
    if schema.is_binary:
        return False
    return (
        plain == "application/json"
        or plain.endswith("+json")
        or (plain == "*/*" and schema.kind not in ("any", "text"))
    )


def _read_file(media_types: tuple[str, ...], statuses: tuple[str, ...], notes: list[Note]) -> Answer:
    groups = {kind.partition("/")[0].strip().lower() for kind in media_types}
    if "text/event-stream" in media_types:
        notes.append(Note("warning", "answer", "is a stream of events, which arrives as one text"))
    if groups == {"text"} or all(kind.partition(";")[0].endswith(("/xml", "+xml")) for kind in media_types):
        return Answer("text", (), (OutputColumn("text", (), "text", "The answer."),), (), media_types, statuses)
    kind: OutputKind = "image" if groups == {"image"} else "audio" if groups == {"audio"} else "file"
    return Answer("file", (), (OutputColumn(kind, (), kind, "The file."),), (), media_types, statuses)


def _read_json(schema: Schema, operation: PathOperation, notes: list[Note]) -> Answer:
    if schema.problem:
        notes.append(Note("json", "answer", schema.problem))
    path, items = _find_items(schema, operation)
    shape: AnswerShape = "items" if items is not None else "record"
    item = items if items is not None else _at(schema, path)
    if item.kind in (*SCALARS, "list", "map", "any") or (item.kind == "union" and not _records(item)):
        shape = "items" if items is not None else "scalar"
        column = OutputColumn("value", (), _column_kind(item), plain_text(item.keywords.get("description")))
        columns: tuple[OutputColumn, ...] = (column,)
        if column.kind == "json":
            notes.append(Note("json", "answer", "the columns of its items are not known"))
    else:
        columns = tuple(_columns(item))[:_MOST_COLUMNS]
    envelope = tuple(_column(value, (name,)) for name, value in _properties(schema).items())
    return Answer(shape, path, columns, envelope)


def _find_items(schema: Schema, operation: PathOperation) -> tuple[tuple[str, ...], Schema | None]:
    """Return where the items are and what they are like; None where the answer is a single record."""
    if schema.kind == "list":
        return (), schema.items()
    words = _last_words(operation.path)
    properties = _properties(schema)
    if (name := _list_name(properties, words)) is not None:
        return (name,), properties[name].items()
    inner = _wrapped(properties, words)
    if inner is None:
        return (), None
    if properties[inner].kind == "list":
        return (inner,), properties[inner].items()
    within = _properties(properties[inner])
    if (name := _list_name(within, words)) is not None:
        return (inner, name), within[name].items()
    return (inner,), None


def _last_words(path: str) -> set[str]:
    """Return what the path's last segment that has a name is called: {"users"} for "/teams/{id}/users.json"."""
    segments = [part for part in path_template(path).partition("?")[0].split("/") if part and "{" not in part]
    last = segments[-1] if segments else ""
    words = {snake_case(part) for part in last.split(".")} | {snake_case(last)}
    return {form for word in words if word for form in (word, f"{word}s", word.removesuffix("s"))}


def _list_name(properties: Mapping[str, Schema], words: set[str]) -> str | None:
    """Return the property that holds the items, None if there is none.

    Measured on 3,224 operations: right in about 98 %; "the only list" alone is right in 77 %, because the tools, labels
    or assets of a record are lists too.
    """
    lists = [name for name, value in properties.items() if value.kind == "list"]
    for name in lists:
        if snake_case(name) in words:
            return name
    for name in _LIST_NAMES:
        if name in lists:
            return name
    if len(lists) == 1 and "id" not in properties:
        siblings = [snake_case(name) for name in properties if name != lists[0]]
        if all(_ENVELOPE.fullmatch(name) for name in siblings):
            return lists[0]
    return None


def _wrapped(properties: Mapping[str, Schema], words: set[str]) -> str | None:
    """Return the property that is the answer proper, where all others only say something about it."""
    inner = [
        name
        for name, value in properties.items()
        if value.kind == "record" and snake_case(name) not in ("usage", "meta")
    ]
    if "id" in properties:
        return None
    for name in inner:
        others = [snake_case(other) for other in properties if other != name]
        known = snake_case(name) in (*_RECORD_NAMES, *words) or not others
        if known and all(_ENVELOPE.fullmatch(other) for other in others):
            return name
    return None


def _at(schema: Schema, path: Sequence[str]) -> Schema:
    for name in path:
        schema = _properties(schema)[name]
    return schema


def _records(schema: Schema) -> tuple[Schema, ...]:
    """Return the records that a union is of, () if it is of something else too."""
    alternatives = schema.alternatives()
    return alternatives if all(one.kind == "record" for one in alternatives) else ()


def _properties(schema: Schema) -> dict[str, Schema]:
    """Return the properties of a record, or those of all records of a union together."""
    if schema.kind != "union":
        return schema.properties()
    found: dict[str, Schema] = {}
    raws: dict[str, list[Any]] = {}
    for one in _records(schema):
        for name, value in one.properties().items():
            found.setdefault(name, value)
            if value.raw not in raws.setdefault(name, []):
                raws[name].append(value.raw)
    return {
        name: value if len(raws[name]) == 1 else value.within({"anyOf": raws[name]}) for name, value in found.items()
    }


def _columns(schema: Schema, path: tuple[str, ...] = ()) -> list[OutputColumn]:
    columns = []
    for name, value in _properties(schema).items():
        here = (*path, name)
        if is_true(value.keywords.get("writeOnly")):
            continue
        inner = _properties(value) if value.kind == "record" and not value.cyclic else {}
        if 0 < len(inner) <= _MOST_PROPERTIES and len(here) < _DEEPEST:
            columns += _columns(value, here)
        else:
            columns.append(_column(value, here))
    return columns


def _column(value: Schema, path: tuple[str, ...]) -> OutputColumn:
    return OutputColumn(".".join(path), path, _column_kind(value), plain_text(value.keywords.get("description"), 200))


def _column_kind(schema: Schema) -> OutputKind:
    kinds = {one.kind for one in schema.alternatives()} if schema.kind == "union" else {schema.kind}
    if not kinds <= set(SCALARS):
        return "json"
    if kinds == {"integer", "number"}:
        return "number"
    if len(kinds) > 1:
        return "text"
    written = schema.keywords
    form, help_text = str(written.get("format") or ""), str(written.get("description") or "")
    if kinds == {"text"}:
        return "time" if form.lower() in ("date-time", "datetime") else "text"
    if kinds == {"boolean"}:
        return "boolean"
    if not _MILLISECONDS.search(help_text) and (form == "unixtime" or _EPOCH.search(help_text)):
        return "time"
    return kinds.pop()  # type: ignore[return-value]  # a scalar's kind is a column's kind
