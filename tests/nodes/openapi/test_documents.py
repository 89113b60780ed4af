"""Documents of every version are read, whatever they hold."""

from typing import Any

import pytest
from openapi_documents import describe, describe_body, describe_one, document

from endpoint_nodes.nodes.openapi import Descriptions, Document, parse_document, summarize
from endpoint_nodes.nodes.openapi.checks import standalone_schema
from endpoint_nodes.nodes.openapi.schemas import read_schema
from endpoint_nodes.port_types.errors import InvalidSetting

YAML = """
openapi: 3.0.3
info: {title: Countries, version: 1.0}
paths:
  /countries:
    get:
      parameters:
        - {name: code, in: query, schema: {enum: [NO, SE, on, off], type: string}}
        - {name: since, in: query, schema: {type: string, default: 2024-01-31}}
        - {name: tolerance, in: query, schema: {type: number, minimum: 1e-08}}
        - {name: zip, in: query, schema: {type: integer, default: 012}}
      responses:
        200: {description: ok}
"""


def test_yaml_is_read_by_the_rules_of_version_1_2() -> None:
    (operation,) = Descriptions(Document.load(parse_document(YAML))).values()
    code, since, tolerance, zip_code = operation.fields
    assert code.choices == ("NO", "SE", "on", "off")
    assert since.default == "2024-01-31"
    assert tolerance.minimum == 1e-08
    assert zip_code.default == 12
    assert operation.answer.statuses == ("200",)


def test_keys_of_yaml_are_the_text_that_is_written() -> None:
    assert parse_document("{on: 1, 0x10: 2, ~: 3, <<: {a: 4}}") == {"on": 1, "0x10": 2, "~": 3, "a": 4}


@pytest.mark.parametrize("content", ["a: [", b"\xff\xfe\x00", "[1, 2]", "just text", ""])
def test_what_is_no_document_is_refused_in_a_sentence(content: str | bytes) -> None:
    with pytest.raises(InvalidSetting, match=r"^pets\.yaml is n.*\.$"):
        parse_document(content, "pets.yaml")


def test_a_document_of_something_else_is_refused() -> None:
    with pytest.raises(InvalidSetting, match="not an OpenAPI document"):
        Document.load({"asyncapi": "3.0.0", "channels": {}})


def test_swagger_2_becomes_the_same_description_as_openapi_3() -> None:
    swagger = {
        "swagger": "2.0",
        "info": {"title": "Files", "version": "1"},
        "host": "files.example",
        "basePath": "/v1/",
        "schemes": ["http", "https"],
        "securityDefinitions": {"login": {"type": "basic"}},
        "parameters": {"tags": {"name": "tags", "in": "query", "type": "array", "items": {"type": "string"}}},
        "definitions": {"File": {"type": "object", "properties": {"id": {"type": "string", "x-nullable": True}}}},
        "paths": {
            "/files": {
                "post": {
                    "operationId": "uploadFile",
                    "parameters": [
                        {"$ref": "#/parameters/tags"},
                        {"name": "file", "in": "formData", "type": "file", "required": True},
                        {"name": "sizes", "in": "formData", "type": "array", "items": {"type": "integer"}},
                    ],
                    "responses": {"200": {"description": "", "schema": {"$ref": "#/definitions/File"}}},
                },
                "put": {
                    "operationId": "putFile",
                    "parameters": [
                        {"name": "data", "in": "body", "required": True, "schema": {"$ref": "#/definitions/File"}}
                    ],
                    "responses": {"204": {"description": ""}},
                },
            }
        },
    }
    descriptions = Descriptions(Document.load(swagger))
    upload, put = descriptions["upload_file"], descriptions["put_file"]
    assert descriptions.document.version == "2.0"
    assert [server["url"] for server in descriptions.document.servers()] == [
        "https://files.example/v1",
        "http://files.example/v1",
    ]
    assert {one.attribute: (one.location, one.kind, one.many) for one in upload.fields} == {
        "tags": ("query", "text", True),
        "file": ("body", "file", False),
        "sizes": ("body", "integer", True),
    }
    assert upload.body is not None
    assert upload.body.kind == "multipart"
    assert not upload.parameters[0].explode  # lists are joined by commas unless the document says otherwise
    assert [column.name for column in upload.answer.columns] == ["id"]
    assert [one.path for one in put.fields] == [("id",)]
    assert put.answer.shape == "empty"


def test_a_property_called_ref_is_not_a_reference() -> None:
    operation = describe_body(
        {"type": "object", "properties": {"$ref": {"type": "string"}, "name": {"type": "string"}}}
    )
    assert [one.path for one in operation.fields] == [("$ref",), ("name",)]


def test_references_lead_to_other_files_and_from_there_on() -> None:
    files: dict[str, Any] = {
        "https://api.example/v1/schemas/pet.yaml": {
            "Pet": {"type": "object", "properties": {"$ref": {"type": "string"}, "owner": {"$ref": "#/Owner"}}},
            "Owner": {"$ref": "../people.json#/components/schemas/Person"},
        },
        "https://api.example/v1/people.json": {
            "components": {"schemas": {"Person": {"type": "object", "properties": {"name": {"type": "string"}}}}}
        },
    }
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "schemas/pet.yaml#/Pet"}}}}
    loaded = Document.load(
        document({"/pets": {"post": {"requestBody": body}}}),
        address="https://api.example/v1/openapi.json",
        read=files.__getitem__,
    )
    (operation,) = Descriptions(loaded).values()
    assert [one.path for one in operation.fields] == [("$ref",), ("owner", "name")]


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("#/components/schemas/Missing", "points to nothing"),
        ("#/components/schemas/Loop", "leads back to itself"),
        ("other.yaml#/Pet", "need a folder or an address"),
    ],
)
def test_a_reference_that_cannot_be_followed_is_json_and_says_why(reference: str, reason: str) -> None:
    loop = {"components": {"schemas": {"Loop": {"$ref": "#/components/schemas/Loop"}}}}
    operation = describe_body({"type": "object", "properties": {"pet": {"$ref": reference}}}, **loop)
    assert operation.fields[0].kind == "json"
    assert [note.where for note in operation.notes if reason in note.reason] == ["pet"]


TREE = {
    "components": {
        "schemas": {
            "Tree": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "parent": {"$ref": "#/components/schemas/Tree"},
                    "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                },
            },
            "Filter": {
                "$recursiveAnchor": True,
                "type": "object",
                "required": ["filters"],
                "properties": {"filters": {"type": "array", "items": {"$recursiveRef": "#"}}},
            },
        }
    }
}


def test_records_that_contain_themselves_are_json_that_is_still_checked() -> None:
    operation = describe_body({"$ref": "#/components/schemas/Tree"}, **TREE)
    name, parent, children = operation.fields
    assert (name.kind, parent.kind, children.kind) == ("text", "json", "json")
    assert parent.reason == "an object that contains itself"
    assert parent.schema is not None
    schema = standalone_schema(parent.schema)
    assert set(schema["$defs"]) == {"d0"}


def test_recursive_references_mean_the_schema_around_them() -> None:
    loaded = Document.load(document({}, **TREE))
    schema = standalone_schema(read_schema(loaded, {"$ref": "#/components/schemas/Filter"}))
    assert schema["$defs"]["d0"]["properties"]["filters"]["items"] == {"$ref": "#/$defs/d0"}


def test_path_items_share_parameters_and_operations_override_them() -> None:
    shared = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 10}},
    ]
    own = [{"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 99}}]
    (operation,) = describe({"/things/{id}": {"parameters": shared, "get": {"parameters": own}}}).values()
    assert [(one.attribute, one.maximum) for one in operation.fields] == [("id", None), ("limit", 99)]


def test_a_placeholder_without_a_parameter_is_a_text_and_is_told() -> None:
    operation = describe_one({}, path="/things/{thing_id}")
    assert [(one.attribute, one.required) for one in operation.fields] == [("thing_id", True)]
    assert "not among the parameters" in operation.notes[0].reason


def test_a_fragment_is_no_part_of_the_path_and_a_constant_query_is() -> None:
    upload, beta = describe({"/files#upload": {"post": {}}, "/files?beta=true": {"get": {}}}).values()
    assert upload.path == "/files"
    assert beta.path == "/files?beta=true"


@pytest.mark.parametrize(
    "broken",
    [
        {"parameters": "none", "responses": []},
        {"parameters": [None, 3, {"name": "x"}], "requestBody": 5},
        {"requestBody": {"content": {"application/json": None}}, "responses": {"200": None}},
        {"requestBody": {"content": {"application/json": {"schema": {"properties": {"a": None}, "required": 3}}}}},
        {"requestBody": {"content": {"application/json": {"schema": {"oneOf": [], "enum": "x", "allOf": {}}}}}},
        {"tags": 7, "security": "none", "operationId": 9},
    ],
)
def test_no_operation_is_dropped_whatever_it_holds(broken: dict[str, Any]) -> None:
    summary = summarize(describe({"/broken": {"post": broken}, "/whole": {"get": {}}}))
    assert len(summary.operations) == 2
    assert summary.operations[1].extent == "fields"


def test_servers_of_an_operation_and_relative_ones_are_absolute() -> None:
    paths = {"/a": {"get": {}}, "/b": {"get": {"servers": [{"url": "https://upload.example/"}]}}}
    loaded = Document.load(document(paths, servers=[{"url": "/v2"}]), address="https://api.example/openapi.json")
    first, second = Descriptions(loaded).values()
    assert loaded.servers()[0]["url"] == "https://api.example/v2"
    assert first.servers == ()
    assert second.servers[0]["url"] == "https://upload.example"
