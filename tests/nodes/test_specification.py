"""Every node's requests and results against OpenAI's own description of its API, where there is a copy of it.

It is openai.json in the folder of ENDPOINT_NODES_OPENAPI_DOCUMENTS, or an extract beside the checkout. It may be older
than some models, so a choice may be newer than its lists; names, types and limits must agree.
"""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from endpoint_nodes.extension.testing.routes import ways
from endpoint_nodes.extension.testing.samples import samples
from endpoint_nodes.extension.testing.wire import Sent
from endpoint_nodes.nodes import node_classes
from endpoint_nodes.nodes.base import JsonResultSchema, Node
from endpoint_nodes.port_types.fields import Field, FieldKind
from endpoint_nodes.port_types.files import File

EXTRACT = Path(__file__).parents[3] / "shared" / "facts" / "openai-operations.json"
WHOLE = Path(os.environ.get("ENDPOINT_NODES_OPENAPI_DOCUMENTS") or "") / "openai.json"
DOCUMENT = WHOLE if WHOLE.is_file() else EXTRACT
if not DOCUMENT.is_file():
    pytest.skip(f"There is no copy of OpenAI's description at {DOCUMENT}.", allow_module_level=True)
# Where several alternatives fit, a discriminator decides, which JSON Schema does not know.
API = json.loads(DOCUMENT.read_text(encoding="utf-8").replace('"oneOf"', '"anyOf"'))
NEWER = {"complexity", "frame_count", "frame_duration_ms", "line_items", "markup", "safety_identifier"}
"""Fields that came after the copy was made."""
MADE_BY_CLIENTS = {"output_text"}
"""Properties of answers that only OpenAI's clients have, and services do not send."""
NODES = [
    node for node in node_classes().values() if node.openai and all(route.path in API["paths"] for route in node.routes)
]
"""The extract has the operations that version 0.1 had nodes for."""
FIELDS = [
    pytest.param(node, field, id=f"{node.id()}-{name}") for node in NODES for name, field in node.wire_fields().items()
]


def operation(sent: Sent) -> dict[str, Any]:
    return API["paths"][sent.path][sent.method.lower()]  # type: ignore[no-any-return]


def schema(sent: Sent) -> dict[str, Any]:
    """Return the schema of everything that is sent, in the path, the query or the body, files being texts."""
    described = operation(sent)
    parameters = {one["name"]: one for one in described.get("parameters", [])}
    needed = [name for name, one in parameters.items() if one.get("required")]
    properties = {name: one["schema"] for name, one in parameters.items()}
    body = _body_schema(sent, described)
    return {
        **body,
        "properties": {**properties, **body.get("properties", {})},
        "required": [*needed, *body.get("required", [])],
        "components": API["components"],
    }


def _body_schema(sent: Sent, described: dict[str, Any]) -> dict[str, Any]:
    content = described.get("requestBody", {"content": {"": {"schema": {}}}})["content"]
    form = any(isinstance(item, File) for value in sent.parts.values() for item in _list(value))
    found = content.get("multipart/form-data" if form else "application/json") or next(iter(content.values()))
    return resolved(found["schema"])


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        part = API["components"]["schemas"][part["$ref"].rsplit("/", 1)[-1]]
    if "allOf" in part:
        merged: dict[str, Any] = {"properties": {}, "required": []}
        for member in map(resolved, part["allOf"]):
            merged["properties"] |= member.get("properties", {})
            merged["required"] += member.get("required", [])
        return merged
    return part


def body(sent: Sent) -> dict[str, Any]:
    """Return the parts as JSON: a form's numbers and truths are texts on the wire, its files are base64 here."""
    properties = schema(sent).get("properties", {})
    return {name: _value(value, properties.get(name, {})) for name, value in sent.parts.items()}


def _value(value: Any, declared: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_value(item, declared) for item in value]
    if isinstance(value, dict):
        members = resolved(declared).get("properties", {})
        return {name: _value(item, members.get(name, {})) for name, item in value.items()}
    if isinstance(value, File):
        return base64.b64encode(value.data).decode()
    typed = any(schema.get("type") in {"integer", "number", "boolean", "object"} for schema in _alternatives(declared))
    if not (isinstance(value, str) and typed):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value  # one of the alternatives is a plain text


def _alternatives(declared: dict[str, Any]) -> list[dict[str, Any]]:
    declared = resolved(declared)
    return [schema for part in declared.get("anyOf", []) for schema in _alternatives(part)] or [declared]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(("node", "field"), FIELDS)
def test_a_request_is_what_the_operation_describes(node: type[Node], field: Field) -> None:
    judged = []
    for value in samples(field):
        for sent in ways(node, {field.name: value}).values():
            if not isinstance(sent, Sent) or (field.kind is FieldKind.JSON and field.example is None):
                continue
            described = schema(sent)
            assert sent.parts.keys() - NEWER <= described.get("properties", {}).keys()
            errors = list(Draft202012Validator(described).iter_errors(body(sent)))
            newer = field.kind is FieldKind.CHOICE and all(error.validator == "enum" for error in errors)
            assert not errors or newer, [error.message for error in errors]
            judged.append(not errors)
    assert any(judged) or not judged or field.kind is FieldKind.JSON


@pytest.mark.parametrize(("node", "field"), FIELDS)
def test_a_field_knows_the_limits_that_the_operation_describes(node: type[Node], field: Field) -> None:
    for sent in ways(node, {field.name: samples(field)[0]}).values():
        if not isinstance(sent, Sent) or field.kind not in (FieldKind.INTEGER, FieldKind.NUMBER):
            continue
        for declared in _alternatives(schema(sent).get("properties", {}).get(field.name, {})):
            assert "minimum" not in declared or (field.minimum is not None and field.minimum >= declared["minimum"])
            assert "maximum" not in declared or (field.maximum is not None and field.maximum <= declared["maximum"])


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.id())
def test_a_structured_result_has_every_property_of_the_answer(node: type[Node]) -> None:
    described = API["paths"][node.routes[0].path][node.routes[0].method.lower()]["responses"]["200"]["content"]
    if not isinstance(node.response, JsonResultSchema) or "application/json" not in described:
        return
    columns = {column.name for column in node(result_format="structured", request_details=True).result_columns()}
    repeated = _repeated(node.routes[0].path, node.routes[0].method)
    for answer in _alternatives(described["application/json"]["schema"]):
        assert answer.get("properties", {}).keys() - {"object", *MADE_BY_CLIENTS} <= columns | repeated


def _repeated(path: str, method: str) -> set[str]:
    """Return the names of what a request says, which its answer may repeat."""
    content = API["paths"][path][method.lower()].get("requestBody", {"content": {}})["content"]
    return {name for media in content.values() for name in resolved(media["schema"]).get("properties", {})}
