"""Bodies and parameters become fields."""

from typing import Any

import pytest
from openapi_documents import describe_body, describe_one, document

from endpoint_nodes.nodes.openapi import Descriptions, Document
from endpoint_nodes.nodes.openapi.descriptions import OperationDescription

TEXT = {"type": "string"}


def fields(operation: OperationDescription) -> dict[str, str]:
    return {one.attribute: f"{one.kind}{' list' if one.many else ''}" for one in operation.fields}


def record(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or []}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "nullable": True},
        {"type": ["string", "null"]},
        {"anyOf": [TEXT, {"type": "null"}]},
        {"oneOf": [TEXT, {"enum": [None]}]},
        {"anyOf": [TEXT, {"nullable": True}]},
        {"anyOf": [{"const": None}, TEXT]},
        {"allOf": [TEXT], "nullable": "true"},
    ],
)
def test_every_spelling_of_null_is_an_optional_text(schema: dict[str, Any]) -> None:
    (one,) = describe_body(record(name=schema)).fields
    assert (one.kind, one.required) == ("text", False)


def test_null_is_sent_where_a_required_value_is_absent() -> None:
    (one,) = describe_body(record(["name"], name={"type": ["string", "null"]})).fields
    assert one.null_when_absent
    assert not one.required


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        (TEXT, "text"),
        ({"type": "integer"}, "integer"),
        ({"type": "number", "format": "float"}, "number"),
        ({"type": "boolean"}, "boolean"),
        ({"enum": ["a", "b"]}, "choice"),
        ({"type": "array", "items": TEXT}, "text list"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "choice list"),
        ({"anyOf": [TEXT, {"type": "array", "items": TEXT}]}, "text list"),
        ({"anyOf": [TEXT, {"enum": ["a", "b"]}]}, "text"),
        ({"anyOf": [{"type": "integer"}, {"const": "auto"}]}, "text"),
        ({"anyOf": [{"const": "a"}, {"const": "b"}]}, "choice"),
        ({"type": "object", "additionalProperties": TEXT}, "json"),
        ({"type": "object"}, "json"),
        ({}, "json"),
        ({"type": "array", "items": {"type": "object", "properties": {"a": TEXT}}}, "json"),
        ({"type": "array", "items": {"type": "array", "items": TEXT}}, "json"),
        ({"anyOf": [{"properties": {"a": TEXT}}, {"properties": {"b": TEXT}}]}, "json"),
    ],
)
def test_a_schema_has_its_kind_of_field(schema: dict[str, Any], kind: str) -> None:
    assert fields(describe_body(record(value=schema))) == {"value": kind}


def test_what_is_plain_or_json_has_a_field_for_each_and_one_stands_in_for_the_other() -> None:
    items = {"type": "array", "items": {"type": "object", "properties": {"a": TEXT}}}
    plain, other = describe_body(record(["input"], input={"oneOf": [TEXT, items]})).fields
    assert (plain.attribute, plain.kind, plain.unless) == ("input", "text", "input_json")
    assert (other.attribute, other.kind, other.unless) == ("input_json", "json", "input")


def test_records_are_flattened_twice_and_deeper_ones_are_json() -> None:
    deep = record(b=record(c=record(d=TEXT), e=TEXT))
    operation = describe_body(record(a=deep, f=TEXT))
    assert fields(operation) == {"a_b": "json", "f": "text"}
    shallow = describe_body(record(reasoning=record(effort=TEXT)))
    assert [(one.label, one.path) for one in shallow.fields] == [("Reasoning.effort", ("reasoning", "effort"))]


def test_all_of_is_merged_with_limits_and_required_names() -> None:
    base = record(["a"], a={"type": "string", "maxLength": 5})
    operation = describe_body({"allOf": [base, record(["b"], a={"description": "First."}, b={"type": "integer"})]})
    first, second = operation.fields
    assert (first.kind, first.max_length, first.help, first.required) == ("text", 5, "First.", True)
    assert (second.kind, second.required) == ("integer", True)


def test_required_values_of_an_optional_record_go_together() -> None:
    operation = describe_body(record(filter=record(["key"], key=TEXT, value=TEXT)))
    key, value = operation.fields
    assert (key.required, key.required_within, value.required_within) == (False, ("filter",), ())


def test_constants_are_hidden_and_an_optional_one_is_a_choice() -> None:
    operation = describe_body(record(["type", "name"], type={"const": "pet"}, name=TEXT, mode={"enum": ["fast"]}))
    assert fields(operation) == {"name": "text", "mode": "choice"}
    assert [(one.path, one.value) for one in operation.constants] == [(("type",), "pet")]


def test_what_is_required_but_not_described_is_a_text_and_is_told() -> None:
    operation = describe_body(record(["level"], name=TEXT))
    assert [(one.attribute, one.kind, one.required) for one in operation.fields] == [
        ("level", "text", True),
        ("name", "text", False),
    ]
    assert [note.where for note in operation.notes] == ["level"]


def test_alternatives_that_only_require_names_are_told() -> None:
    schema = {**record(a=TEXT, b=TEXT), "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}
    operation = describe_body(schema)
    assert fields(operation) == {"a": "text", "b": "text"}
    assert operation.notes[0].reason == "needs a or b, which only the service checks"


def test_streaming_is_off_and_is_told() -> None:
    operation = describe_body(record(stream={"type": "boolean"}, name=TEXT))
    assert fields(operation) == {"name": "text"}
    assert [note.where for note in operation.notes] == ["stream"]


def test_what_the_service_sets_is_no_field_and_deprecated_ones_are_advanced() -> None:
    operation = describe_body(
        record(["id"], id={**TEXT, "readOnly": "true"}, old={**TEXT, "deprecated": True}, new=TEXT)
    )
    assert [(one.attribute, one.advanced) for one in operation.fields] == [("old", True), ("new", False)]


CAT = record(["kind", "lives"], kind={"const": "cat"}, lives={"type": "integer"}, name=TEXT)
DOG = record(["kind", "tricks"], kind={"const": "dog"}, tricks={"type": "array", "items": TEXT}, name=TEXT)


def test_records_that_a_constant_tells_apart_are_a_choice_with_fields_of_each() -> None:
    operation = describe_body(record(["pet"], pet={"oneOf": [CAT, DOG]}))
    by_name = {one.attribute: one for one in operation.fields}
    assert list(by_name) == ["pet_kind", "pet_lives", "pet_name", "pet_tricks"]
    assert by_name["pet_kind"].choices == ("cat", "dog")
    assert by_name["pet_kind"].required
    assert by_name["pet_lives"].forms == (("pet", "kind"), ("cat",))
    assert by_name["pet_lives"].required_in == ("cat",)
    assert by_name["pet_name"].forms is None


def test_a_discriminator_tells_records_apart_by_its_mapping() -> None:
    kind = {"kind": TEXT}
    schemas = {"Cat": record(lives={"type": "integer"}, **kind), "Dog": record(tricks=TEXT, **kind)}
    union = {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}},
    }
    operation = describe_body(union, components={"schemas": schemas})
    assert next(one for one in operation.fields if one.attribute == "kind").choices == ("cat", "Dog")


def test_limits_are_inclusive_whatever_the_version_says() -> None:
    operation = describe_body(
        record(
            a={"type": "integer", "minimum": 0, "exclusiveMinimum": True, "maximum": 9},
            b={"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 9},
            c={"type": "array", "items": TEXT, "minItems": 1, "maxItems": 3},
        )
    )
    assert [(one.minimum, one.maximum) for one in operation.fields] == [(1, 9), (1, 8), (1, 3)]


@pytest.mark.parametrize(
    ("schema", "encoding", "kind", "accepts"),
    [
        ({"type": "string", "format": "binary"}, "", "file", ()),
        ({"type": "string", "format": "binary"}, "image/png, image/jpeg", "image", ("image/png", "image/jpeg")),
        ({"type": "string", "contentMediaType": "audio/wav"}, "", "audio", ("audio/wav",)),
        ({"type": "array", "items": {"type": "string", "format": "binary"}}, "", "file", ()),
        ({"type": "file"}, "", "file", ()),
    ],
)
def test_binary_properties_of_forms_are_files(
    schema: dict[str, Any], encoding: str, kind: str, accepts: tuple[str, ...]
) -> None:
    media = {"encoding": {"file": {"contentType": encoding}}} if encoding else {}
    (one,) = describe_body(record(file=schema), "multipart/form-data", media=media).fields
    assert (one.kind, one.accepts) == (kind, accepts)


def test_a_form_with_files_is_preferred_to_json_and_the_choice_is_told() -> None:
    content = {
        "application/json": {"schema": record(image=TEXT)},
        "multipart/form-data": {"schema": record(image={"type": "string", "format": "binary"})},
    }
    operation = describe_one({"requestBody": {"content": content}}, method="post")
    assert fields(operation) == {"image": "file"}
    assert "application/json" in operation.notes[0].reason


@pytest.mark.parametrize(
    ("media_type", "kind", "accepts"),
    [
        ("application/octet-stream", "file", ()),
        ("image/png", "image", ("image/png",)),
        ("application/pdf", "file", ("application/pdf",)),
        ("text/plain", "text", ()),
        ("application/xml", "text", ()),
    ],
)
def test_other_bodies_are_one_field(media_type: str, kind: str, accepts: tuple[str, ...]) -> None:
    operation = describe_body({}, media_type)
    (one,) = operation.fields
    assert (one.attribute, one.kind, one.path, one.required, one.accepts) == ("body", kind, (), True, accepts)
    assert operation.body is not None
    assert operation.body.whole


def test_wire_names_become_python_names_and_labels() -> None:
    names = ["xero-tenant-id", "from", "id", "$filter", "3d", "UserID", "user_id", "é"]
    parameters = [{"name": name, "in": "query", "schema": TEXT} for name in names]
    loaded = Document.load(document({"/a": {"get": {"parameters": parameters}}}))
    (operation,) = Descriptions(loaded, reserved=("id", "fields")).values()
    assert [one.attribute for one in operation.fields] == [
        "xero_tenant_id", "from_", "id_", "filter", "n_3d", "user_id", "query_user_id", "é",
    ]  # fmt: skip
    assert [one.label for one in operation.fields][:6] == ["Xero tenant ID", "From", "ID", "Filter", "3d", "User ID"]


def test_a_name_that_is_shown_for_something_else_says_where_it_goes() -> None:
    parameters = [{"name": "timeout", "in": "query", "schema": TEXT}]
    loaded = Document.load(document({"/a": {"get": {"parameters": parameters}}}))
    (operation,) = Descriptions(loaded, occupied=("timeout",)).values()
    assert operation.fields[0].attribute == "query_timeout"


def test_the_same_name_in_two_places_is_two_fields() -> None:
    operation = describe_one(
        {
            "parameters": [{"name": "id", "in": "path", "schema": TEXT}],
            "requestBody": {"required": True, "content": {"application/json": {"schema": record(id=TEXT)}}},
        },
        path="/things/{id}",
        method="put",
    )
    assert [(one.attribute, one.location) for one in operation.fields] == [("id", "path"), ("body_id", "body")]


def test_credentials_are_no_fields_and_are_told() -> None:
    parameters = [
        {"name": "xi-api-key", "in": "header", "schema": TEXT},
        {"name": "Authorization", "in": "header", "schema": TEXT},
        {"name": "key", "in": "query", "schema": TEXT},
        {"name": "token", "in": "query", "schema": TEXT, "description": "Authentication token. Requires scope: `x`"},
        {"name": "page_token", "in": "query", "schema": TEXT},
    ]
    schemes = {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "key"}}}
    operation = describe_one({"parameters": parameters}, components=schemes)
    assert [one.attribute for one in operation.fields] == ["page_token"]
    assert len(operation.notes) == 4


def test_help_is_plain_text() -> None:
    markdown = "The **name** of the [`pet`](https://pets.example).<br/>\n\n- one\n- two &amp; three\n\n```json\n{}\n```"
    (one,) = describe_body(record(name={**TEXT, "description": markdown})).fields
    assert one.help == "The name of the pet. one; two & three"
