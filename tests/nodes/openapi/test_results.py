"""Answers become items and columns."""

from typing import Any

import pytest
from openapi_documents import describe_answer, describe_one

from endpoint_nodes.nodes.openapi.descriptions import OperationDescription

TEXT = {"type": "string"}
INTEGER = {"type": "integer"}
ITEM = {"type": "object", "properties": {"id": TEXT, "size": INTEGER}}
LIST = {"type": "array", "items": ITEM}


def record(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def found(operation: OperationDescription) -> tuple[str, tuple[str, ...], list[str]]:
    answer = operation.answer
    return answer.shape, answer.path, [column.name for column in answer.columns]


@pytest.mark.parametrize(
    ("path", "schema", "expected"),
    [
        ("/files", LIST, ("items", (), ["id", "size"])),
        ("/files", record(object=TEXT, data=LIST, has_more={"type": "boolean"}), ("items", ("data",), ["id", "size"])),
        ("/files", record(id=TEXT, files=LIST), ("items", ("files",), ["id", "size"])),
        ("/Messages.json", record(messages=LIST, page=INTEGER), ("items", ("messages",), ["id", "size"])),
        ("/users.list", record(ok={"type": "boolean"}, members=LIST), ("items", ("members",), ["id", "size"])),
        (
            "/points/scroll",
            record(result=record(points=LIST, next=TEXT)),
            ("items", ("result", "points"), ["id", "size"]),
        ),
        ("/points", record(result=ITEM, status=TEXT, time=INTEGER), ("record", ("result",), ["id", "size"])),
        ("/names", record(names={"type": "array", "items": TEXT}), ("items", ("names",), ["value"])),
        # The tools of an assistant and the labels of an issue are lists, but not the answer.
        ("/assistants/{id}", record(id=TEXT, tools=LIST), ("record", (), ["id", "tools"])),
        ("/issues/{id}", record(title=TEXT, labels=LIST), ("record", (), ["title", "labels"])),
        ("/count", INTEGER, ("scalar", (), ["value"])),
        ("/languages", {"type": "object", "additionalProperties": INTEGER}, ("scalar", (), ["value"])),
    ],
)
def test_the_items_of_an_answer_are_found(path: str, schema: dict[str, Any], expected: Any) -> None:
    assert found(describe_answer(schema, path)) == expected


def test_small_records_become_columns_and_large_ones_json() -> None:
    small = record(a=TEXT, b=record(c=INTEGER))
    large = record(**{f"p{number}": TEXT for number in range(9)})
    operation = describe_answer(record(small=small, large=large, many=LIST, title=TEXT))
    assert {column.name: column.kind for column in operation.answer.columns} == {
        "small.a": "text",
        "small.b.c": "integer",
        "large": "json",
        "many": "json",
        "title": "text",
    }


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        (TEXT, "text"),
        ({"type": "string", "format": "date-time"}, "time"),
        ({"type": "integer", "format": "unixtime"}, "time"),
        ({"type": "integer", "description": "Unix timestamp (in seconds)."}, "time"),
        ({"type": "integer", "description": "Unix time in milliseconds."}, "integer"),
        ({"type": ["integer", "null"]}, "integer"),
        ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, "number"),
        ({"anyOf": [TEXT, {"type": "integer"}]}, "text"),
        ({"type": "boolean"}, "boolean"),
        ({"type": "array", "items": TEXT}, "json"),
        ({}, "json"),
    ],
)
def test_columns_have_the_kind_of_their_schema(schema: dict[str, Any], kind: str) -> None:
    (_, column) = describe_answer(record(id=TEXT, value=schema)).answer.columns
    assert column.kind == kind


def test_columns_of_several_forms_are_united() -> None:
    forms = [record(type=TEXT, a=TEXT, n=INTEGER), record(type=TEXT, b=TEXT, n=TEXT)]
    operation = describe_answer({"type": "array", "items": {"oneOf": forms}})
    assert {column.name: column.kind for column in operation.answer.columns} == {
        "type": "text",
        "a": "text",
        "n": "text",
        "b": "text",
    }


@pytest.mark.parametrize(
    ("content", "shape", "columns"),
    [
        ({}, "empty", []),
        ({"image/png": {}, "image/jpeg": {}}, "file", ["image"]),
        ({"audio/mpeg": {"schema": {"type": "string", "format": "binary"}}}, "file", ["audio"]),
        ({"application/pdf": {}}, "file", ["file"]),
        ({"application/octet-stream": {}}, "file", ["file"]),
        ({"application/json": {"schema": {"type": "string", "format": "binary"}}}, "file", ["file"]),
        ({"text/csv": {}}, "text", ["text"]),
        ({"text/event-stream": {}}, "text", ["text"]),
        ({"text/event-stream": {}, "application/json": {"schema": ITEM}}, "record", ["id", "size"]),
        ({"application/problem+json; charset=utf-8": {"schema": ITEM}}, "record", ["id", "size"]),
    ],
)
def test_the_media_type_decides(content: dict[str, Any], shape: str, columns: list[str]) -> None:
    operation = describe_one({"responses": {"200": {"description": "", "content": content}}})
    assert (operation.answer.shape, [column.name for column in operation.answer.columns]) == (shape, columns)


def test_the_first_good_answer_with_a_body_counts_and_errors_do_not() -> None:
    body = {"description": "", "content": {"application/json": {"schema": ITEM}}}
    operation = describe_one({"responses": {"400": body, "204": {"description": ""}, "201": body, "default": body}})
    assert operation.answer.statuses == ("201", "204")
    assert operation.answer.shape == "record"
    only_default = describe_one({"responses": {"default": body}})
    assert only_default.answer.shape == "record"


def test_the_structured_format_has_all_that_is_around_the_items() -> None:
    answer = describe_answer(record(data=LIST, has_more={"type": "boolean"})).answer
    assert [(column.name, column.kind) for column in answer.envelope] == [("data", "json"), ("has_more", "boolean")]
