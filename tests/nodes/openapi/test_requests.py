"""Values become requests, in the styles of the specification."""

from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_documents import describe_body, describe_one

from endpoint_nodes.nodes.openapi.descriptions import Parameter
from endpoint_nodes.nodes.openapi.requests import BuiltRequest, Part, build_request
from endpoint_nodes.nodes.openapi.styles import write_header, write_path, write_query
from endpoint_nodes.port_types.errors import InvalidInput
from endpoint_nodes.port_types.files import File

TEXT = {"type": "string"}
ARRAY = ["blue", "black", "brown"]
OBJECT = {"R": 100, "G": 200, "B": 150}

# https://spec.openapis.org/oas/v3.1.1.html#style-examples
IN_PATHS = [
    ("matrix", False, ";color", ";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"),
    ("matrix", True, ";color", ";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"),
    ("label", False, ".", ".blue", ".blue,black,brown", ".R,100,G,200,B,150"),
    ("label", True, ".", ".blue", ".blue.black.brown", ".R=100.G=200.B=150"),
    ("simple", False, "", "blue", "blue,black,brown", "R,100,G,200,B,150"),
    ("simple", True, "", "blue", "blue,black,brown", "R=100,G=200,B=150"),
]
IN_QUERIES = [
    ("form", False, "color=", "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"),
    ("form", True, "color=", "color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"),
    ("spaceDelimited", False, None, None, "color=blue%20black%20brown", "color=R%20100%20G%20200%20B%20150"),
    ("pipeDelimited", False, None, None, "color=blue%7Cblack%7Cbrown", "color=R%7C100%7CG%7C200%7CB%7C150"),
    ("deepObject", True, None, None, None, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
]


@pytest.mark.parametrize(("style", "explode", "empty", "text", "array", "record"), IN_PATHS)
def test_paths_are_written_as_the_specification_shows(
    style: str, *, explode: bool, empty: str, text: str, array: str, record: str
) -> None:
    parameter = Parameter("color", "path", style, explode)
    assert [write_path(parameter, value) for value in ("", "blue", ARRAY, OBJECT)] == [empty, text, array, record]


@pytest.mark.parametrize(("style", "explode", "empty", "text", "array", "record"), IN_QUERIES)
def test_queries_are_written_as_the_specification_shows(
    style: str, *, explode: bool, empty: str | None, text: str | None, array: str | None, record: str
) -> None:
    parameter = Parameter("color", "query", style, explode)
    for value, expected in (("", empty), ("blue", text), (ARRAY, array), (OBJECT, record)):
        if expected is not None:
            assert "&".join(write_query(parameter, value)) == expected


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts, st.lists(texts, min_size=1), st.booleans())
def test_any_text_survives_a_query(name: str, values: list[str], reserved: bool) -> None:
    parameter = Parameter(name or "n", "query", "form", explode=True, allow_reserved=reserved)
    query = "&".join(write_query(parameter, values))
    assert parse_qsl(query, keep_blank_values=True) == [(name or "n", value) for value in values]


@given(
    st.lists(texts, min_size=1), st.sampled_from([("form", ","), ("spaceDelimited", "%20"), ("pipeDelimited", "%7C")])
)
def test_a_separator_within_a_value_is_told_from_one_between_values(values: list[str], style: tuple[str, str]) -> None:
    (written,) = write_query(Parameter("n", "query", style[0], explode=False), values)
    joined = written.removeprefix("n=")
    if style[0] == "form":  # the others have no way to say it, in the specification either
        assert [unquote(part) for part in joined.split(style[1])] == values
    else:
        assert unquote(joined) == unquote(style[1]).join(values)


@given(texts)
def test_any_text_stays_one_segment_of_a_path(value: str) -> None:
    written = write_path(Parameter("n", "path", "simple", explode=False), value)
    assert not set(written) & set("/?# ")
    assert unquote(written) == value


@given(st.dictionaries(texts.filter(bool), st.lists(texts), min_size=1))
def test_deep_objects_survive_a_query(value: dict[str, list[str]]) -> None:
    written = write_query(Parameter("f", "query", "deepObject", explode=True), value)
    expected = [(f"f[{key}]", item) for key, items in value.items() for item in items]
    assert parse_qsl("&".join(written), keep_blank_values=True) == expected


@given(texts)
def test_no_text_breaks_out_of_a_header(value: str) -> None:
    written = write_header(Parameter("X", "header", "simple", explode=False), value)
    assert not set(written) & set("\r\n")


def request(operation: dict[str, Any], values: dict[str, Any], path: str = "/things", **rest: Any) -> BuiltRequest:
    return build_request(describe_one(operation, path, **rest), values)


def sent(schema: dict[str, Any], **values: Any) -> Any:
    return build_request(describe_body(schema), values).body


def record(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or []}


def test_parameters_go_where_they_belong() -> None:
    parameters = [
        {"name": "id", "in": "path", "schema": TEXT},
        {"name": "tags", "in": "query", "schema": {"type": "array", "items": TEXT}},
        {"name": "filter", "in": "query", "style": "deepObject", "schema": record(a=TEXT, b={"type": "integer"})},
        {"name": "where", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
        {"name": "X-Trace", "in": "header", "schema": {"type": "boolean"}},
        {"name": "session", "in": "cookie", "schema": TEXT},
        {"name": "version", "in": "query", "required": True, "schema": {"const": 2}},
    ]
    values = {"id": "a/b", "tags": ["x", "y"], "filter_b": 3, "where": {"n": 1}, "x_trace": True, "session": "s 1"}
    built = request({"parameters": parameters}, values, "/things/{id}?beta=true")
    assert built.path == "/things/a%2Fb?beta=true&tags=x&tags=y&filter%5Bb%5D=3&where=%7B%22n%22%3A1%7D&version=2"
    assert built.headers == {"X-Trace": "true", "Cookie": "session=s%201"}
    assert built.body is None


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_path_never_becomes_another_operations(value: str) -> None:
    with pytest.raises(InvalidInput, match="cannot stand in the path"):
        request({}, {"id": value}, "/things/{id}")


def test_flattened_fields_become_records_again() -> None:
    schema = record(["model"], model=TEXT, reasoning=record(["kind"], kind={"const": "r"}, effort=TEXT))
    assert sent(schema, model="m") == {"model": "m"}
    assert sent(schema, model="m", reasoning_effort="low") == {
        "model": "m",
        "reasoning": {"kind": "r", "effort": "low"},
    }


def test_a_required_record_is_sent_though_it_is_empty() -> None:
    assert sent(record(["options"], options=record(a=TEXT))) == {"options": {}}


def test_null_is_sent_for_a_required_value_that_is_off() -> None:
    schema = record(["a"], a={"type": ["string", "null"]}, b=record(["c"], c={"type": ["string", "null"]}, d=TEXT))
    assert sent(schema) == {"a": None}
    assert sent(schema, a="x", b_d="y") == {"a": "x", "b": {"d": "y", "c": None}}


CAT = record(["kind", "lives", "v"], kind={"const": "cat"}, lives={"type": "integer"}, v={"const": 1})
DOG = record(["kind", "tricks", "v"], kind={"const": "dog"}, tricks=TEXT, v={"const": 2})


def test_the_form_that_is_chosen_is_sent_with_its_constants() -> None:
    schema = record(pet={"oneOf": [CAT, DOG]})
    assert sent(schema, pet_kind="dog", pet_tricks="sit") == {"pet": {"kind": "dog", "tricks": "sit", "v": 2}}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"pet_kind": "dog"}, "Pet.tricks is missing, which kind 'dog' needs."),
        (
            {"pet_kind": "cat", "pet_lives": 9, "pet_tricks": "sit"},
            "Pet.tricks is set, but it goes with kind 'dog' only",
        ),
        ({"pet_tricks": "sit"}, "Pet.kind is missing, which goes together with Pet.tricks."),
    ],
)
def test_values_that_do_not_go_together_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        sent(record(pet={"oneOf": [CAT, DOG]}), **values)
    assert str(refusal.value).startswith(message)


def test_a_missing_value_is_refused_unless_its_other_form_is_there() -> None:
    schema = record(["input"], input={"oneOf": [TEXT, {"type": "array", "items": record(a=TEXT)}]})
    with pytest.raises(InvalidInput, match="Input is missing"):
        sent(schema)
    assert sent(schema, input="x") == {"input": "x"}
    assert sent(schema, input_json=[{"a": "x"}]) == {"input": [{"a": "x"}]}


def test_json_is_checked_against_its_schema_and_the_place_is_named() -> None:
    item = record(
        ["name"], name=TEXT, size={"type": "integer", "minimum": 0, "exclusiveMinimum": True, "nullable": True}
    )
    schema = record(items={"type": "array", "items": item})
    assert sent(schema, items=[{"name": "a", "size": None}]) == {"items": [{"name": "a", "size": None}]}
    with pytest.raises(InvalidInput, match=r"Items does not keep to its schema: value\[1\]\.size: .*0"):
        sent(schema, items=[{"name": "a"}, {"name": "b", "size": 0}])


@pytest.mark.parametrize(
    ("written", "expected"), [("auto", "auto"), ("5", 5), ("-1", -1), ("007", "007"), ("1.5", "1.5"), ("true", "true")]
)
def test_text_is_a_number_only_where_the_schema_has_no_such_text(written: str, expected: Any) -> None:
    assert sent(record(size={"anyOf": [{"const": "auto"}, {"type": "integer"}]}), size=written) == {"size": expected}


def test_text_stays_text_where_any_text_will_do() -> None:
    assert sent(record(size={"type": ["string", "integer"]}), size="5") == {"size": "5"}


def test_a_value_that_stands_for_a_whole_list_is_sent_without_one() -> None:
    schema = record(rights={"anyOf": [{"const": "all"}, {"type": "array", "items": {"enum": ["read", "write"]}}]})
    assert sent(schema, rights=["all"]) == {"rights": "all"}
    assert sent(schema, rights=["read"]) == {"rights": ["read"]}


def test_constants_of_a_required_record_are_sent_without_any_field() -> None:
    assert sent(record(["mark"], mark=record(["kind"], kind={"const": "k"}))) == {"mark": {"kind": "k"}}


def test_forms_repeat_lists_and_write_records_as_json() -> None:
    schema = record(name=TEXT, tags={"type": "array", "items": TEXT}, data={"type": "object"})
    operation = describe_body(schema, "application/x-www-form-urlencoded")
    built = build_request(operation, {"name": "a & b", "tags": ["x", "y"], "data": {"k": 1}})
    assert built.media_type == "application/x-www-form-urlencoded"
    assert parse_qsl(built.body) == [("name", "a & b"), ("tags", "x"), ("tags", "y"), ("data", '{"k":1}')]


def test_multipart_bodies_have_a_part_for_every_file_and_item() -> None:
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    schema = record(files=files, name=TEXT, count={"type": "integer"}, options=record(a=TEXT))
    operation = describe_body(schema, "multipart/form-data")
    first, second = (File(b"data", name, "image/png") for name in ("a.png", "b.png"))
    built = build_request(operation, {"files": [first, second], "name": "n", "count": 2, "options_a": "x"})
    assert built.body == [
        Part("files", first),
        Part("files", second),
        Part("name", "n"),
        Part("count", "2"),
        Part("options", '{"a":"x"}', "application/json"),
    ]


def test_a_whole_body_is_the_file_or_text_itself() -> None:
    file = File(b"%PDF", "a.pdf", "application/pdf")
    built = build_request(describe_body({}, "application/pdf"), {"body": file})
    assert (built.body, built.media_type) == (file, "application/pdf")
    listed = build_request(describe_body({"type": "array", "items": TEXT}), {"body": ["a", "b"]})
    assert listed.body == ["a", "b"]


def test_files_in_json_are_base64() -> None:
    file = File(b"data", "a.png", "image/png")
    assert sent(record(image={"type": "string", "format": "byte"}), image=file) == {"image": "ZGF0YQ=="}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


OPEN = describe_body(record(["data"], data={"type": "object"}))


@given(st.dictionaries(st.text(), json_values))
def test_json_of_an_open_schema_arrives_as_it_was(value: dict[str, Any]) -> None:
    assert build_request(OPEN, {"data": value}).body == {"data": value}
