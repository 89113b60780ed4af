"""Keys go out as the Configuration says, and no response shows them; seen by a real service on a socket."""

import base64
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from openapi_documents import document

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.openapi import Document
from endpoint_nodes.nodes.openapi.pack import Pack
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidSetting, RunStopped

KEY = "test-secret-key"


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked, and gives tokens that it takes for a number of requests."""

    protocol_version = "HTTP/1.1"
    tokens = 0
    good_for = 100
    used = 0

    def do_GET(self) -> None:
        cls = type(self)
        if cls.tokens:
            cls.used += 1
            if self.headers["Authorization"] != f"Bearer token-number-{cls.tokens}" or cls.used > cls.good_for:
                cls.used = 0
                self.reply(401, {"error": {"message": "token expired"}})
                return
        self.reply(200, {"path": self.path, "headers": dict(self.headers)})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        expected = base64.b64encode(f"id:{KEY}".encode()).decode()
        if self.headers["Authorization"] != f"Basic {expected}" or body != "grant_type=client_credentials&scope=read":
            self.reply(400, {"error": "invalid_client"})
            return
        type(self).tokens += 1
        self.reply(200, {"access_token": f"token-number-{self.tokens}", "expires_in": 3600})

    def reply(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TEST_KEY", KEY)
    Echo.tokens, Echo.used, Echo.good_for = 0, 0, 100
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def ask(service: str, rows: int = 1, **settings: Any) -> list[dict[str, Any]]:
    answer = {"content": {"application/json": {"schema": {"properties": {"path": {"type": "string"}, "headers": {}}}}}}
    parameter = {"name": "row", "in": "query", "schema": {"type": "string"}}
    operation = {"operationId": "echo", "parameters": [parameter], "responses": {"200": answer}}
    node = Pack("test", Document.load(document({"/echo": {"get": operation}})))["echo"]
    configuration = Configuration(base_url=service, credential="env:TEST_KEY", cache="off", concurrency=1, **settings)
    source = [{"row": str(number)} for number in range(rows)]
    table, _ = execute(node(columns={"row": "row"}), configuration, source)
    return [{**row, "headers": json.loads(row["headers"])} for row in table.to_pylist()]


@pytest.mark.parametrize(
    ("settings", "header", "value"),
    [
        ({}, "Authorization", "Bearer [hidden]"),
        ({"authentication": "bearer"}, "Authorization", "Bearer [hidden]"),
        ({"authentication": "basic"}, "Authorization", "Basic [hidden]"),
        ({"authentication": "header", "authentication_name": "X-Key"}, "X-Key", "[hidden]"),
        ({"authentication": "cookie", "authentication_name": "sid"}, "Cookie", "sid=[hidden]"),
    ],
)
def test_the_key_goes_in_its_header_and_is_hidden(
    service: str, settings: dict[str, Any], header: str, value: str
) -> None:
    (row,) = ask(service, **settings)
    assert row["headers"][header] == value
    assert KEY not in json.dumps(row)


def test_the_key_goes_in_the_query_and_is_hidden(service: str) -> None:
    (row,) = ask(service, authentication="query", authentication_name="api key")
    assert row["path"] == "/echo?row=0&api%20key=[hidden]"


def test_tokens_are_asked_for_once_and_renewed_when_they_end(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", f"id:{KEY}")
    Echo.good_for = 3
    rows = ask(service, 5, authentication="oauth2", token_url=f"{service}/token", scopes=["read"])
    assert [row["headers"]["Authorization"] for row in rows] == ["Bearer [hidden]"] * 5
    assert Echo.tokens == 2


def test_a_refused_client_ends_the_run_in_a_sentence(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", "id:wrong-secret")
    with pytest.raises(RunStopped, match="answered 400 to the request for a token") as stopped:
        ask(service, authentication="oauth2", token_url=f"{service}/token", scopes=["read"])
    assert "wrong-secret" not in str(stopped.value)


@pytest.mark.parametrize("kind", ["header", "query", "cookie", "oauth2"])
def test_what_is_missing_is_said(kind: Any) -> None:
    with pytest.raises(InvalidSetting, match="which needs `"):
        Configuration(authentication=kind)
