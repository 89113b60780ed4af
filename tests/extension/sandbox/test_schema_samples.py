from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from endpoint_nodes.extension.sandbox.errors import ApiError
from endpoint_nodes.extension.sandbox.schema_samples import sample_of

NESTED = {
    "type": "object",
    "properties": {"next": {"$ref": "#"}, "all": {"type": "array", "items": {"$ref": "#"}}},
    "required": [],
}


def drawn(seed: int) -> Random:
    return Random(seed)  # repeatable by design


@pytest.mark.parametrize(
    ("schema", "valid"),
    [
        ({}, lambda value: isinstance(value, str)),
        ({"const": 7}, lambda value: value == 7),
        ({"enum": ["a", None]}, lambda value: value in ("a", None)),
        ({"type": "null"}, lambda value: value is None),
        ({"type": "boolean"}, lambda value: value in (True, False)),
        ({"type": ["integer", "null"]}, lambda value: isinstance(value, int)),
        ({"oneOf": [{"type": "null"}, {"type": "boolean"}]}, lambda value: value in (True, False)),
        ({"type": "integer", "maximum": -5}, lambda value: isinstance(value, int) and value <= -5),
        ({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5}, lambda value: value == 4),
        ({"type": "integer", "minimum": 10, "maximum": 16, "multipleOf": 7}, lambda value: value == 14),
        ({"type": "number", "minimum": 0.1, "maximum": 0.2}, lambda value: 0.1 <= value <= 0.2),
        ({"type": "string", "minLength": 40, "maxLength": 41}, lambda value: 40 <= len(value) <= 41),
        ({"type": "string", "maxLength": 2}, lambda value: len(value) <= 2),
        ({"type": "string", "format": "date"}, lambda value: value == "2026-11-20"),
        ({"type": "array", "maxItems": 1, "items": {"type": "null"}}, lambda value: value in ([], [None])),
        ({"type": "array", "minItems": 5}, lambda value: len(value) == 5),
        ({"type": "object", "required": ["x"]}, lambda value: list(value) == ["x"]),
        (
            {
                "allOf": [{"properties": {"a": {"const": 1}}}, {"$ref": "#/$defs/b"}],
                "$defs": {"b": {"type": "object"}},
            },
            lambda value: value == {"a": 1},
        ),
        (NESTED, lambda value: isinstance(value["next"]["all"], list)),
    ],
)
def test_an_instance_is_valid_whatever_chance_draws(schema: dict[str, Any], valid: Callable[[Any], bool]) -> None:
    for seed in range(20):
        value = sample_of(schema, drawn(seed))
        assert valid(value), value
        assert sample_of(schema, drawn(seed)) == value


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/nowhere"},
        {"$ref": 5},
        {"enum": []},
        {"anyOf": [1, 2]},
        {"type": "array", "minItems": 10**9},
        {"type": "string", "minLength": 10**9},
        {"type": "integer", "minimum": "a"},
        {"type": "number", "multipleOf": 0},
        {"type": "object", "properties": [1]},
        {"type": "object", "properties": {"self": {"$ref": "#"}}, "required": ["self"]},
    ],
)
def test_a_schema_without_samples_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="Invalid schema"):
        sample_of(schema, drawn(0))
