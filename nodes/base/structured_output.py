"""Structured answers: a JSON schema, or names and types, say which typed columns an answer becomes."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ...port_types.errors import BadResponse, InvalidSetting
from ...port_types.fields.values import preview
from ...port_types.table import Column, ColumnKind

__all__ = ["ANSWER_TYPES", "answer_columns", "answer_format", "answer_schema", "read_answer"]

KINDS = {
    "string": ColumnKind.TEXT,
    "integer": ColumnKind.INTEGER,
    "number": ColumnKind.NUMBER,
    "boolean": ColumnKind.BOOLEAN,
}
"""Columns of JSON schema types; of any other type they hold JSON."""

WORDS = {"text": "string"} | {name: name for name in KINDS} | {"list": "array", "json": "object"}
"""Types a user may name, as JSON schema has them."""

ANSWER_TYPES = tuple(word for word in WORDS if word != "string")
"""Those to choose from; "string" is the schema's word for text."""


def answer_schema(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON schema that `wanted` is, or that its names and types describe.

    Args:
        wanted: an object schema (with "properties"), or names with types such as ``{"city": "text"}``.

    Raises:
        InvalidSetting: it is neither.
    """
    if isinstance(wanted.get("properties"), dict):
        _check(dict(wanted))
        return dict(wanted)
    properties = {name: {"type": _type_of(name, word)} for name, word in wanted.items()}
    for member in properties.values():
        if member["type"] == "array":
            member["items"] = {"type": "string"}
        elif member["type"] == "object":
            member.update(properties={}, required=[], additionalProperties=False)
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _type_of(name: str, word: Any) -> Any:
    if isinstance(word, str) and word.lower() in WORDS:
        return WORDS[word.lower()]
    raise InvalidSetting(
        f"`answer_columns`: {name!r} has the type {preview(word)}; give one of {', '.join(WORDS)}, "
        "or the JSON schema of an object for all of them."
    )


def _check(schema: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise InvalidSetting(f"answer_columns is not a JSON schema: {_short(error.message)}.") from None


def _short(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= 200 else f"{line[:199]}…"


def answer_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `response_format` that asks for answers of `schema`; strict if the schema has the form for it."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", str(schema.get("title") or "answer"))[:64]
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": _is_strict(schema)}}


def _is_strict(schema: Any) -> bool:
    """Return whether every object in `schema` allows no more than it lists and requires all of it.

    Source: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
    """
    if isinstance(schema, list):
        return all(map(_is_strict, schema))
    if not isinstance(schema, Mapping):
        return True
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and (
        schema.get("additionalProperties") is not False or set(schema.get("required", ())) != set(properties)
    ):
        return False
    return all(map(_is_strict, schema.values()))


def answer_columns(schema: Mapping[str, Any], taken: set[str]) -> dict[str, Column]:
    """Return the typed column of each property; a name that is `taken` gets a number behind it."""
    columns = {}
    for name, member in schema.get("properties", {}).items():
        free, number = name, 1
        while free in taken:
            free, number = f"{name} (#{number})", number + 1
        help_text = member.get("description") if isinstance(member, Mapping) else None
        columns[name] = Column(free, _kind(member), _sentence(help_text or f"The answer's {name}"), name)
    return columns


def _sentence(text: str) -> str:
    text = f"{text[:1].upper()}{text[1:]}"
    return text if text.endswith(".") else f"{text}."


def _kind(schema: Any) -> ColumnKind:
    if not isinstance(schema, Mapping):
        return ColumnKind.JSON
    named = schema.get("type")
    types = {name for name in (named if isinstance(named, list) else [named]) if name != "null"}
    alternatives = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(alternatives) == 1:
        return _kind(alternatives[0])
    if not types - {None} and schema.get("enum") and all(isinstance(value, str) for value in schema["enum"]):
        return ColumnKind.TEXT
    return KINDS.get(str(types.pop()), ColumnKind.JSON) if len(types) == 1 else ColumnKind.JSON


def read_answer(content: str | None, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of an answer.

    Raises:
        BadResponse: it is not JSON, or does not fit the schema.
    """
    import msgspec

    try:
        answer = msgspec.json.decode(content or "")
    except msgspec.MsgspecError:
        raise BadResponse(f"the answer is not JSON: {preview(content or '')}") from None
    from jsonschema import ValidationError

    try:
        _validator(msgspec.json.encode(schema)).validate(answer)
    except ValidationError as error:
        raise BadResponse(f"the answer does not fit the schema at {error.json_path}: {_short(error.message)}") from None
    if not isinstance(answer, dict):
        raise BadResponse(f"the answer is not a JSON object: {preview(content or '')}")
    return answer


@lru_cache(maxsize=8)
def _validator(schema: bytes) -> Any:
    import msgspec
    from jsonschema import Draft202012Validator

    return Draft202012Validator(msgspec.json.decode(schema))
