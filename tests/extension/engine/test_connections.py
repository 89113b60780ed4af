"""Certificates, proxies, redirects: whom the engine talks to, and whom it does not."""

import datetime as dt
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import trustme

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.nodes.create_speech import CreateSpeech
from endpoint_nodes.port_types.configuration import NO_CACHE, Configuration
from endpoint_nodes.port_types.errors import EndpointError, InvalidSetting, RequestFailed, RunStopped, StopReason

from .conftest import GOOD, FaultyService, picture, reply

NODE = CreateImageVariation(route="variations")
FRAME = pd.DataFrame({"image": [picture()]})


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def https(certificate: trustme.LeafCert) -> Iterator[str]:
    """A service behind TLS that always gives one image."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.wfile.write(GOOD)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"https://localhost:{server.server_address[1]}/v1"
        server.shutdown()
        thread.join()


@contextmanager
def ending_with_the_connection(certificate: trustme.LeafCert, kind: str, *bodies: bytes) -> Iterator[str]:
    """A service behind TLS whose answers have no length; the first is cut off, the last is closed as TLS wants it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)

    def serve(listener: socket.socket) -> None:
        for body in bodies:
            connection = context.wrap_socket(listener.accept()[0], server_side=True)
            received = connection.recv(65_536)
            while not received.endswith(b"}"):
                received += connection.recv(65_536)
            head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {kind}\r\n\r\n"
            connection.sendall(head.encode() + body)
            if body is bodies[-1]:
                with suppress(OSError):
                    connection.unwrap().close()
            else:
                os.close(connection.detach())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        thread = threading.Thread(target=serve, args=[listener])
        thread.start()
        yield f"https://localhost:{listener.getsockname()[1]}/v1"
        thread.join()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    return str(tmp_path / "authority.pem")


def run(base_url: str, **fields: object) -> None:
    execute(NODE, Configuration(base_url=base_url, max_attempts=2, **fields), FRAME)  # type: ignore[arg-type]


def test_the_authority_of_a_bundle_is_trusted(authority: trustme.CA, bundle: str) -> None:
    with https(authority.issue_cert("localhost")) as base_url:
        run(base_url, ca_bundle=bundle)


def test_a_recording_that_is_cut_off_without_a_word_of_tls_is_asked_for_again(
    authority: trustme.CA, bundle: str
) -> None:
    certificate = authority.issue_cert("localhost")
    with ending_with_the_connection(certificate, "audio/pcm", b"half a ", b"whole recording.") as base_url:
        node = CreateSpeech(model="m", voice="alloy", input="Hello", response_format="pcm")
        table, _ = execute(node, Configuration(base_url=base_url, ca_bundle=bundle, cache=NO_CACHE))
    assert table["audio"].to_pylist() == [b"whole recording."]


def test_an_answer_that_shows_its_end_is_taken_however_its_connection_is_closed(
    authority: trustme.CA, bundle: str
) -> None:
    answer = b'{"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}}]}'
    with ending_with_the_connection(authority.issue_cert("localhost"), "application/json", answer, answer) as base_url:
        where = Configuration(base_url=base_url, ca_bundle=bundle, cache=NO_CACHE)
        for _ in range(2):
            table, _ = execute(CreateChatCompletion(model="m", prompt="Hello"), where)
            assert table["content"].to_pylist() == ["Hi"]


def test_an_unknown_authority_ends_the_run_with_the_reason(authority: trustme.CA) -> None:
    with (
        https(authority.issue_cert("localhost")) as base_url,
        pytest.raises(
            RunStopped, match=r"certificate of localhost:\d+ is not trusted: .*issuer certificate"
        ) as stopped,
    ):
        run(base_url)
    assert stopped.value.reason is StopReason.CERTIFICATE


def test_another_host_s_certificate_ends_the_run(authority: trustme.CA, bundle: str) -> None:
    with (
        https(authority.issue_cert("other.example")) as base_url,
        pytest.raises(RunStopped, match=r"is not trusted: Hostname mismatch"),
    ):
        run(base_url, ca_bundle=bundle)


def test_an_expired_certificate_ends_the_run(authority: trustme.CA, bundle: str) -> None:
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    expired = authority.issue_cert("localhost", not_before=yesterday, not_after=yesterday)
    with https(expired) as base_url, pytest.raises(RunStopped, match=r"is not trusted: certificate has expired"):
        run(base_url, ca_bundle=bundle)


def test_a_bundle_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "bundle.pem").write_text("no certificate")
    with pytest.raises(InvalidSetting, match=r"ca_bundle is .* which cannot be read as certificates"):
        run("https://localhost:1/v1", ca_bundle=str(tmp_path / "bundle.pem"))


def test_a_proxy_is_used_unless_the_host_is_exempt(
    faulty_service: FaultyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = faulty_service.base_url.removesuffix("/v1")
    monkeypatch.setenv("HTTP_PROXY", proxy)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    where = Configuration(base_url="http://api.example/v1", allow_http=["api.example"], max_attempts=1, cache=NO_CACHE)
    execute(NODE, where, FRAME)
    assert faulty_service.requests[0].startswith("POST http://api.example/v1/images/variations ")
    monkeypatch.setenv("NO_PROXY", "api.example")
    with pytest.raises(RequestFailed, match=r"api.example cannot be reached: its name is not known"):
        execute(NODE, where, FRAME)
    assert len(faulty_service.requests) == 1


def test_an_https_proxy_is_asked_to_connect(faulty_service: FaultyService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", faulty_service.base_url.removesuffix("/v1"))
    faulty_service.answer = lambda *_: reply(b"", 502)
    with pytest.raises(RequestFailed, match=r"api.example cannot be reached: the proxy answered 502"):
        run("https://api.example/v1")
    assert faulty_service.requests[0].startswith("CONNECT api.example:443 ")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed_with_the_key(
    faulty_service: FaultyService, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-1")
    elsewhere = faulty_service.base_url.replace("127.0.0.1", "localhost")
    faulty_service.answer = lambda *_: reply(b"", status, location=f"{elsewhere}/images/variations")
    with pytest.raises(RequestFailed, match=rf"redirects to {elsewhere}/images/variations, which is not followed"):
        run(faulty_service.base_url, credential="env:SOME_KEY")
    assert len(faulty_service.requests) == 1


def test_a_source_url_is_fetched_without_the_key(
    faulty_service: FaultyService, sandbox_server: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-1")
    frame = pd.DataFrame({"image": [f"{faulty_service.base_url}/files/good"]})
    execute(NODE, Configuration(base_url=sandbox_server(), credential="env:SOME_KEY"), frame)
    assert "authorization" not in faulty_service.requests[0].lower()


@pytest.mark.parametrize("path", ["/%0d", "/%00", "/a b", "/v1?a=%0d%0a"])
def test_an_address_with_escaped_control_characters_is_sent_as_it_is_written(
    recorder: Callable[..., Any], path: str
) -> None:
    service = recorder(status=404)
    where = Configuration(base_url=service.url.removesuffix("/v1") + path, cache="off", max_attempts=1)
    with pytest.raises(EndpointError, match="404"):
        execute(CreateChatCompletion(model="m", prompt="x"), where)
    assert len(service.requests) == 1
