"""Documents become commands: added or named for one run, sent to a real service on a socket."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow.parquet as pq
import pytest
import yaml
from openapi_documents import document

import endpoint_nodes as en

COMMAND = Path(sys.executable).with_name("endpoint-nodes")
TEXT = {"type": "string"}
PET = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": TEXT,
        "status": {"enum": ["free", "sold"]},
        "owner": {"type": "object", "properties": {"name": TEXT, "city": TEXT}},
        "born": {"type": "string", "format": "date-time"},
    },
}


class PetShop(BaseHTTPRequestHandler):
    """Remembers what it was asked, and answers with pets."""

    asked: list[tuple[str, str, dict[str, str], bytes]] = []  # noqa: RUF012 - one list for all requests of a test
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append((self.command, self.path, dict(self.headers), body))
        url = urlsplit(self.path)
        if self.path.startswith("/v1/pets/") and not url.path.endswith("/photo"):
            self.one_pet(url.path.rpartition("/")[2])
        elif self.command == "POST" and url.path == "/v1/pets":
            self.reply(201, {"id": 7, **json.loads(body)})
        elif self.command == "DELETE":
            self.reply(204, None)
        elif url.path.endswith("/photo"):
            self.reply(500 if self.command == "POST" else 200, b"%PDF-1.7", "application/pdf")
        else:
            asked = {name: int(values[0]) for name, values in parse_qs(url.query).items()}
            start = asked.get("offset", 0)
            numbers = range(start, min(5, start + asked.get("limit", 2)))
            pets = [{"id": n, "name": f"Pet {n}", "status": "free", "owner": {"city": "Bern"}} for n in numbers]
            self.reply(200, {"pets": [{**pet, "born": "2026-01-31T12:00:00Z"} for pet in pets], "total": 2})

    def one_pet(self, number: str) -> None:
        if number == "404":
            self.reply(404, {"error": {"message": "no such pet"}})
        elif self.command == "DELETE":
            self.reply(204, None)
        else:
            self.reply(200, {"id": int(number), "name": "Tiger", "status": "sold"})

    def reply(self, status: int, body: Any, media_type: str = "application/json") -> None:
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the names are http.server's

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def shop() -> Iterator[str]:
    PetShop.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), PetShop)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


@pytest.fixture
def pets(shop: str, tmp_path: Path) -> Path:
    """The document of the pet shop, in two files."""
    pet = {"$ref": "schemas.json#/Pet"}
    listed = {"type": "object", "properties": {"pets": {"type": "array", "items": pet}, "total": {"type": "integer"}}}
    by_id = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    paths = {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "summary": "All pets of the shop",
                "tags": ["read"],
                "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 5}}],
                "responses": {"200": {"description": "", "content": {"application/json": {"schema": listed}}}},
            },
            "post": {
                "operationId": "addPet",
                "requestBody": {"required": True, "content": {"application/json": {"schema": pet}}},
                "responses": {"201": {"description": "", "content": {"application/json": {"schema": pet}}}},
            },
        },
        "/pets/{id}": {
            "parameters": by_id,
            "get": {
                "operationId": "getPet",
                "tags": ["read"],
                "responses": {"200": {"description": "", "content": {"application/json": {"schema": pet}}}},
            },
            "delete": {"operationId": "removePet", "responses": {"204": {"description": ""}}},
        },
        "/pets/{id}/photo": {
            "parameters": by_id,
            "get": {
                "operationId": "getPhoto",
                "responses": {"200": {"description": "", "content": {"application/pdf": {}}}},
            },
            "post": {
                "operationId": "setPhoto",
                "requestBody": {"required": True, "content": {"application/pdf": {}}},
                "responses": {"204": {"description": ""}},
            },
        },
    }
    described = document(paths, servers=[{"url": "{base}", "variables": {"base": {"default": shop}}}])
    described["info"]["title"] = "Pets API v1"
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "schemas.json").write_text(json.dumps({"Pet": PET}))
    path = tmp_path / "documents" / "pets.yaml"
    path.write_text(yaml.safe_dump(described))
    return path


def run(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    home = {"XDG_DATA_HOME": str(folder / "data"), "XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "ENDPOINT_NODES"))}
    return subprocess.run(
        [COMMAND, *map(str, arguments)], capture_output=True, text=True, env={**kept, **home}, check=False, timeout=120
    )


def table(folder: Path, *arguments: object) -> list[dict[str, Any]]:
    out = folder / "out.parquet"
    ended = run(folder, *arguments, "--out", out)
    assert ended.returncode == 0, ended.stderr
    rows: list[dict[str, Any]] = pq.read_table(out).to_pylist()
    return rows


def test_a_document_for_one_run_is_a_group_of_commands(pets: Path, tmp_path: Path) -> None:
    first, second = table(tmp_path, "--pack", pets, "pets", "list-pets", "--limit", 2)
    assert PetShop.asked[0][:2] == ("GET", "/v1/pets?limit=2")
    assert list(first) == ["id", "name", "response_status", "owner.name", "owner.city", "born"]
    assert (first["name"], first["response_status"], first["owner.city"]) == ("Pet 0", "free", "Bern")
    assert second["born"].isoformat() == "2026-01-31T12:00:00+00:00"
    assert run(tmp_path, "pets", "list-pets").returncode == 2


def test_an_added_document_stays_though_its_files_go(pets: Path, tmp_path: Path) -> None:
    added = run(tmp_path, "pack", "add", pets)
    assert added.returncode == 0, added.stderr
    assert added.stdout == "pets: 6 operations of Pets API v1. endpoint-nodes pets --help lists them.\n"
    for path in pets.parent.iterdir():
        path.unlink()
    assert table(tmp_path, "pets", "get-pet", "--id", 3)[0]["name"] == "Tiger"
    assert "All pets of the shop" in run(tmp_path, "pets", "--help").stdout
    assert "Operations of Pets API v1" in run(tmp_path, "--help").stdout
    assert "Pets API v1" in run(tmp_path, "pack", "list").stdout
    assert run(tmp_path, "pack", "remove", "pets").returncode == 0
    assert "There is no pack 'pets'" in run(tmp_path, "pack", "show", "pets").stderr


def test_each_row_of_a_table_is_a_request(pets: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id,other\n1,a\n404,b\n3,c\n")
    options = ["--on-error", "continue", "--no-keep-columns", "--out", tmp_path / "out.parquet"]
    ended = run(tmp_path, "--pack", pets, "pets", "get-pet", tmp_path / "rows.csv", *options)
    assert ended.returncode == 1, ended.stderr
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [(row["id"], row["status"]) for row in rows] == [(1, 200), (None, 404), (3, 200)]
    assert "no such pet" in rows[1]["error"]


def test_a_flattened_body_is_sent_as_the_document_has_it(pets: Path, tmp_path: Path) -> None:
    options = ["--name", "Tiger", "--owner-city", "Bern", "--status", "free"]
    (row,) = table(tmp_path, "--pack", pets, "pets", "add-pet", *options)
    method, path, headers, body = PetShop.asked[0]
    assert (method, path, headers["Content-Type"]) == ("POST", "/v1/pets", "application/json")
    assert json.loads(body) == {"name": "Tiger", "status": "free", "owner": {"city": "Bern"}}
    assert row["id"] == 7


def test_files_arrive_and_empty_answers_are_a_row_with_a_status(pets: Path, tmp_path: Path) -> None:
    assert table(tmp_path, "--pack", pets, "pets", "get-photo", "--id", 1) == [{"file": b"%PDF-1.7"}]
    remove = ["--pack", pets, "pets", "remove-pet", "--id", 1]
    assert table(tmp_path, *remove, "--allow-changes") == [{"status": 204}]


def test_what_changes_or_deletes_must_be_allowed(pets: Path, tmp_path: Path) -> None:
    ended = run(tmp_path, "--pack", pets, "pets", "remove-pet", "--id", 1, "--out", tmp_path / "out.parquet")
    assert ended.returncode == 2
    assert "Remove Pet changes or deletes what the service holds" in ended.stderr
    assert PetShop.asked == []


def test_a_script_runs_a_node_of_a_document(pets: Path) -> None:
    pack = en.load_pack(str(pets))
    assert list(pack) == ["list_pets", "add_pet", "get_pet", "remove_pet", "get_photo", "set_photo"]
    result = en.run(pack["list_pets"](limit=2), configuration=en.Configuration(cache="off"), progress=False)
    assert result.to_pandas()["name"].to_list() == ["Pet 0", "Pet 1"]


def test_what_may_have_happened_is_not_done_again(pets: Path, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    options = ["--id", 1, "--body", tmp_path / "a.pdf", "--out", tmp_path / "out.parquet"]
    ended = run(tmp_path, "--pack", pets, "pets", "set-photo", *options)
    assert ended.returncode == 1
    assert [(method, body) for method, _, _, body in PetShop.asked] == [("POST", b"%PDF-1.7")]


def test_only_what_is_selected_becomes_a_node(pets: Path, tmp_path: Path) -> None:
    added = run(tmp_path, "pack", "add", pets, "--name", "shop", "--tag", "read", "--operation", "addPet")
    assert added.stdout.startswith("shop: 3 operations")
    shown = run(tmp_path, "pack", "show", "shop", "--notes").stdout
    assert "3 with a field for every value" in shown
    assert "remove-pet" not in shown
    nothing = run(tmp_path, "pack", "add", pets, "--tag", "none")
    assert "has no operation that --tag" in nothing.stderr


def test_an_update_says_what_has_changed(pets: Path, tmp_path: Path) -> None:
    run(tmp_path, "pack", "add", pets)
    changed = yaml.safe_load(pets.read_text())
    changed["paths"]["/pets"]["get"]["operationId"] = "findPets"
    pets.write_text(yaml.safe_dump(changed))
    assert run(tmp_path, "pack", "update", "pets").stdout.splitlines()[:2] == ["+ find-pets", "- list-pets"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["pack", "add", "nowhere.yaml"], "The document nowhere.yaml cannot be read"),
        (["pack", "add", "http://127.0.0.1:9/openapi.json"], "cannot be downloaded"),
        (["pack", "remove", "pets"], "There is no pack 'pets'; there is none yet"),
        (["--pack", "nowhere.yaml", "nodes"], "The document nowhere.yaml cannot be read"),
    ],
)
def test_what_cannot_be_a_pack_is_one_clear_line(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    ended = run(tmp_path, *arguments)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_describe_shows_a_node_of_a_pack(pets: Path, tmp_path: Path) -> None:
    shown = json.loads(run(tmp_path, "--pack", pets, "describe", "pets-list-pets", "--json").stdout)
    assert (shown["method"], shown["path"], shown["label"]) == ("GET", "/pets", "List Pets")
    assert [field["option"] for field in shown["fields"]][:1] == ["--limit"]


def test_the_key_is_sent_as_the_document_says_and_only_there(
    pets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = yaml.safe_load(pets.read_text())
    changed["components"] = {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Pets"}}}
    changed["security"] = [{"key": []}]
    pets.write_text(yaml.safe_dump(changed))
    monkeypatch.setenv("PETS_KEY", "test-secret-key")
    table(tmp_path, "--pack", pets, "pets", "get-pet", "--id", 3, "--credential", "env:PETS_KEY")
    table(tmp_path, "--pack", pets, "pets", "get-pet", "--id", 3)
    with_key, without = (headers for _, _, headers, _ in PetShop.asked)
    assert with_key["X-Pets"] == "test-secret-key"
    assert "Authorization" not in with_key
    assert "X-Pets" not in without


def test_all_pages_become_rows_of_one_table(pets: Path, tmp_path: Path) -> None:
    changed = yaml.safe_load(pets.read_text())
    operation = changed["paths"]["/pets"]["get"]
    operation["parameters"].append({"name": "offset", "in": "query", "schema": {"type": "integer"}})
    pets.write_text(yaml.safe_dump(changed))
    listed = ["--pack", pets, "pets", "list-pets", "--limit", 2]
    assert len(table(tmp_path, *listed)) == 2
    PetShop.asked.clear()
    assert len(table(tmp_path, *listed, "--all-pages")) == 5
    assert [path for _, path, _, _ in PetShop.asked] == [
        "/v1/pets?limit=2",
        "/v1/pets?limit=2&offset=2",
        "/v1/pets?limit=2&offset=4",
    ]
    assert len(table(tmp_path, *listed, "--max-pages", 2)) == 4
