"""The sandbox as the service that a document describes."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from openapi_documents import document

import endpoint_nodes as en
from endpoint_nodes.extension.sandbox import SandboxOptions, create_app

TEXT = {"type": "string"}
PET = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string", "nullable": True},
        "age": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        "parent": {"$ref": "#/components/schemas/Pet"},
    },
}
BODY = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}
LIST = {
    "type": "object",
    "properties": {
        "pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
        "has_more": {"type": "boolean"},
        "next_cursor": TEXT,
    },
}


def answer(schema: Any = None, kind: str = "application/json", **media: Any) -> dict[str, Any]:
    return {"200": {"description": "", "content": {kind: {**({"schema": schema} if schema else {}), **media}}}}


DESCRIBED = document(
    {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "parameters": [
                    {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer"}},
                    {"name": "cursor", "in": "query", "schema": TEXT},
                ],
                "responses": answer(LIST),
            },
            "post": {"operationId": "addPet", "requestBody": BODY, "responses": answer(PET, example={"id": 7})},
        },
        "/pets/{pet-id}": {
            "parameters": [{"name": "pet-id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {"operationId": "getPet", "responses": answer({"$ref": "#/components/schemas/Pet"})},
            "delete": {"operationId": "removePet", "responses": {"204": {"description": ""}}},
        },
        "/pets/first": {"get": {"responses": answer(TEXT, example="first")}},
        "/photo": {"get": {"operationId": "getPhoto", "responses": answer(kind="image/png")}},
    },
    components={"schemas": {"Pet": PET}},
)


@pytest.fixture
def service() -> Any:
    app = create_app(SandboxOptions(), DESCRIBED)
    transport = httpx.ASGITransport(app)

    async def ask(method: str, path: str, **options: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost/v1") as client:
            return await client.request(method, path, **options)

    def asked(method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(ask(method, path, **options))

    return asked


def test_answers_are_examples_or_made_of_schemas(service: Any) -> None:
    assert service("POST", "/pets", json={"name": None}).json() == {"id": 7}
    pet = service("GET", "/pets/3").json()
    assert isinstance(pet["id"], int)
    assert pet == service("GET", "/pets/3").json()
    assert service("GET", "/pets/first").json() == "first"
    assert service("DELETE", "/pets/3").status_code == 204
    assert service("GET", "/photo").content.startswith(b"\x89PNG")


def test_lists_have_one_page(service: Any) -> None:
    listed = service("GET", "/pets", params={"limit": 2}).json()
    assert len(listed["pets"]) == 2
    assert (listed["has_more"], listed["next_cursor"]) == (False, "")


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "message"),
    [
        ("GET", "/pets", {}, 400, "Missing required parameter: 'limit'"),
        ("GET", "/pets", {"params": {"limit": "x"}}, 400, "expected integer"),
        ("GET", "/pets", {"params": {"limit": 1, "other": 1}}, 400, "Unknown query parameter: 'other'"),
        ("GET", "/pets/x", {}, 400, "Invalid 'pet-id'"),
        ("POST", "/pets", {}, 400, "body is missing"),
        ("POST", "/pets", {"json": {"age": 0, "name": "a"}}, 400, "age: 0"),
        ("POST", "/pets", {"json": {"age": 1}}, 400, "'name' is a required property"),
        ("POST", "/pets", {"json": {"name": "a", "parent": {"name": 3}}}, 400, "parent.name"),
        ("POST", "/pets", {"content": b"{", "headers": {"content-type": "application/json"}}, 400, "not JSON"),
        ("POST", "/pets", {"content": b"a", "headers": {"content-type": "text/plain"}}, 415, "content type"),
        ("GET", "/nowhere", {}, 404, "Invalid URL"),
    ],
)
def test_requests_are_checked_by_the_document(
    service: Any, *, method: str, path: str, options: Any, status: int, message: str
) -> None:
    refused = service(method, path, **options)
    assert refused.status_code == status
    assert message in refused.json()["error"]["message"]


def test_nodes_of_a_pack_rehearse_on_their_own_service(tmp_path: Any) -> None:
    path = tmp_path / "pets.json"
    described = {**DESCRIBED, "info": {"title": "Rehearsed Pets", "version": "1"}}
    path.write_text(json.dumps(described), encoding="utf-8")
    pack = en.load_pack(str(path))
    sandbox = en.Configuration(base_url="sandbox:?seed=3", cache="off")
    listed = en.run(pack["list_pets"](limit=2, all_pages=True), configuration=sandbox, progress=False)
    assert len(listed.to_pandas()) == 2
    added = en.run(pack["add_pet"](name="Tiger"), configuration=sandbox, progress=False)
    assert added.to_pandas()["id"].to_list() == [7]


def test_operations_of_one_path_are_told_apart_by_what_they_allow() -> None:
    both = {
        "/files#text": {
            "post": {"requestBody": {"content": {"text/plain": {}}}, "responses": answer(TEXT, example="t")}
        },
        "/files#json": {"post": {"requestBody": BODY, "responses": answer(TEXT, example="j")}},
        "/files?beta=true": {"get": {"responses": answer(TEXT, example="b")}},
    }
    app = create_app(SandboxOptions(), document(both, components={"schemas": {"Pet": PET}}))

    async def ask() -> list[Any]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost/v1") as client:
            text = await client.post("/files", content="a", headers={"content-type": "text/plain"})
            data = await client.post("/files", json={"name": "a"})
            beta = await client.get("/files?beta=true")
            return [text.json(), data.json(), beta.json()]

    assert asyncio.run(ask()) == ["t", "j", "b"]
