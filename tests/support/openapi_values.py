"""Values for the fields of an operation, made of what its document says of them."""

import json
import re
import warnings
from contextlib import suppress
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.errors import NonInteractiveExampleWarning

from endpoint_nodes.extension.sandbox.schema_samples import sample_within
from endpoint_nodes.nodes.openapi.checks import check_json, standalone_schema
from endpoint_nodes.nodes.openapi.descriptions import InputField, OperationDescription
from endpoint_nodes.port_types.errors import InvalidInput
from endpoint_nodes.port_types.files import File

FORMATS = {
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "uri": "https://example.com/a",
    "url": "https://example.com/a",
    "uuid": "5a9db0c5-0000-4000-8000-000000000000",
    "email": "a@example.com",
    "ipv4": "192.0.2.1",
    "hostname": "example.com",
}


def needed_values(operation: OperationDescription) -> dict[str, Any]:
    """Return values for the fields without which nothing can be sent, and one at least where there is a body."""
    by_name = {field.attribute: field for field in operation.fields}
    plain = [field for field in operation.fields if field.kind != "json"]
    values = {
        field.attribute: value_of(field)
        for field in operation.fields
        if (field.required or field.shared)
        and not (field.kind == "json" and field.unless and by_name[field.unless] in plain)
    }
    for field in operation.fields:
        if field.forms and field.required_in:
            tag = next((values.get(one.attribute) for one in operation.fields if one.path == field.forms[0]), None)
            if tag in field.required_in:
                values.setdefault(field.attribute, value_of(field))
    if operation.body and operation.body.required and not any(by_name[name].location == "body" for name in values):
        of_body = [field for field in (*plain, *operation.fields) if field.location == "body" and not field.forms]
        first = next(iter(of_body), None)
        values |= {first.attribute: value_of(first)} if first else {}
    return values


def value_of(field: InputField) -> Any:
    """Return a value that `field` takes."""
    value = _single(field)
    return [value] * int(max(1, field.minimum or 1)) if field.many else value


def _single(field: InputField) -> Any:
    if field.kind in ("file", "image", "audio"):
        return File(b"data", "a.bin", "application/octet-stream")
    if field.kind == "json":
        return _json(field)
    if field.kind == "choice":
        return field.choices[0]
    if field.kind == "boolean":
        return True
    return _number(field) if field.kind in ("integer", "number") else _text(field)


def _json(field: InputField) -> Any:
    """Return JSON of the field's schema: of its required properties, else of all."""
    assert field.schema is not None
    schema = standalone_schema(field.schema)
    found = None
    for shape in (_required_only(schema), schema):
        found = sample_within(shape, shape, Random(1))
        with suppress(InvalidInput):
            check_json(field.label, found, field.schema)
            break
    return json.dumps(found) if isinstance(found, str) else found


def _required_only(schema: Any) -> Any:
    """Return a schema without the properties that may be left out."""
    if isinstance(schema, list):
        return [_required_only(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: _required_only(part) for name, part in schema.items()}
    if isinstance(properties := kept.get("properties"), dict) and isinstance(schema.get("required", []), list):
        kept["properties"] = {name: part for name, part in properties.items() if name in schema.get("required", [])}
    return kept


def _number(field: InputField) -> float:
    low, high = (None, None) if field.many else (field.minimum, field.maximum)
    if low is None:
        low = 1 if high is None else min(1, high)
    return int(low) if field.kind == "integer" else low + (high is None)


def _text(field: InputField) -> str:
    text = FORMATS.get(field.format) or (field.suggestions[0] if field.suggestions else "text1")
    text = text.ljust(field.min_length or 0, "x")[: field.max_length]
    if not field.pattern or re.search(field.pattern, text):
        return text
    characters = st.characters(min_codepoint=32, max_codepoint=126)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NonInteractiveExampleWarning)
        return st.from_regex(field.pattern, alphabet=characters).filter(lambda found: "\n" not in found).example()
