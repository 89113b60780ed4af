"""A deterministic sample of a JSON schema, for structured answers and tool arguments."""

import math
from collections.abc import Mapping
from random import Random
from typing import Any

from .errors import ApiError

__all__ = ["sample_of", "sample_within"]

MAX_DEPTH = 6  # a schema that contains itself stops being filled in here
MAX_LENGTH = 1000  # items of an array, characters of a text
FORMATS = {
    "date": "2026-11-20",
    "date-time": "2026-11-20T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "sandbox@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/sandbox",
    "uuid": "5a9db0c5-0000-4000-8000-000000000000",
}
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "iris", "juniper")


def sample_of(schema: dict[str, Any], chance: Random) -> Any:
    """Return a value valid for the schema (the subset OpenAI's structured outputs take, without patterns).

    Raises:
        ApiError: 400 for a reference that leads nowhere, one that needs itself without end, or nonsense.
    """
    try:
        return _value(schema, schema, chance, 0)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        raise _invalid("its keywords have values that are not theirs") from None


def sample_within(schema: Any, document: Mapping[str, Any], chance: Random) -> Any:
    """Return a value valid for a schema whose references lead into `document`, None where there is none to be had."""
    try:
        return _value(schema, dict(document), chance, 0)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, ApiError):
        return None


def _value(schema: Any, root: dict[str, Any], chance: Random, depth: int) -> Any:
    if depth > 4 * MAX_DEPTH:
        raise _invalid("it needs itself without end")
    plain = _decide(schema, root, deep=depth >= MAX_DEPTH)
    if "const" in plain:
        return plain["const"]
    if "enum" in plain:
        return chance.choice(plain["enum"])
    kind = _kind(plain, deep=depth >= MAX_DEPTH)
    if kind == "object":
        properties = plain.get("properties", {})
        required = plain.get("required", ())
        names = required if depth >= MAX_DEPTH else dict.fromkeys([*properties, *required])
        return {name: _value(properties.get(name, {}), root, chance, depth + 1) for name in names}
    if kind == "array":
        usual = 0 if depth >= MAX_DEPTH else min(2, plain.get("maxItems", 2))
        count = max(usual, plain.get("minItems", 0))
        if count > MAX_LENGTH:
            raise _invalid(f"the sandbox makes at most {MAX_LENGTH} items")
        return [_value(plain.get("items", {}), root, chance, depth + 1) for _ in range(count)]
    if kind in ("integer", "number"):
        return _number(plain, chance, whole=kind == "integer")
    return {"boolean": chance.random() < 0.5, "null": None}.get(kind, _text(plain, chance))


def _decide(schema: Any, root: dict[str, Any], *, deep: bool) -> dict[str, Any]:
    """Return the schema with references, unions and compositions decided."""
    for _ in range(32):
        if not isinstance(schema, dict):
            return {}
        several = schema.get("anyOf") or schema.get("oneOf")
        if "$ref" in schema:
            schema = _resolve(schema["$ref"], root)
        elif "allOf" in schema:
            schema = _merge(schema, root)
        elif several:
            # Null first once deep, so that a tree has leaves.
            schema = min(several, key=lambda option: (option.get("type") == "null") != deep)
        else:
            return schema
    raise _invalid("it refers to itself without end")


def _merge(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    merged = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema["allOf"]:
        part = _resolve(part["$ref"], root) if "$ref" in part else part  # noqa: PLW2901  # the same part, found
        properties = part.get("properties", {}) | merged.get("properties", {})
        merged = part | merged | ({"properties": properties} if properties else {})
    return merged


def _kind(schema: dict[str, Any], *, deep: bool) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        return "null" if deep and "null" in kind else kind[0]
    return kind


def _resolve(reference: str, root: dict[str, Any]) -> Any:
    here: Any = root
    try:
        for name in reference.removeprefix("#").strip("/").split("/"):
            here = here[name] if name else here
    except (KeyError, TypeError):
        raise _invalid(f"'{reference}' leads nowhere") from None
    return here


def _invalid(problem: str) -> ApiError:
    return ApiError(f"Invalid schema: {problem}.", param="response_format", code="invalid_schema")


def _number(schema: dict[str, Any], chance: Random, *, whole: bool) -> float:
    step = schema.get("multipleOf", 1 if whole else 0.25)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is None:
        low = 0 if high is None or high >= 0 else high - 100
    if high is None:
        high = low + 100
    first, last = math.ceil(low / step), math.floor(high / step)
    first += "exclusiveMinimum" in schema and first * step <= schema["exclusiveMinimum"]
    last -= "exclusiveMaximum" in schema and last * step >= schema["exclusiveMaximum"]
    if first > last:  # no step fits between the limits
        return float(low + high) / 2
    value = chance.randint(first, last) * step
    return int(value) if whole else float(value)


def _text(schema: dict[str, Any], chance: Random) -> str:
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    text = f"sandbox {chance.choice(WORDS)}"
    shortest = schema.get("minLength", 0)
    if shortest > MAX_LENGTH:
        raise _invalid(f"the sandbox makes at most {MAX_LENGTH} characters")
    return text.ljust(shortest, "x")[: schema.get("maxLength")]
