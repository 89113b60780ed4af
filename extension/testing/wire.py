"""What was sent: requests read back from their bytes, and a raw server that records them."""

import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ...nodes.base import Request
from ...port_types.fields import Field, FieldKind
from ...port_types.files import File

__all__ = ["Recorder", "Sent", "encoded", "folded", "holds", "recording_server"]


@dataclass(frozen=True)
class Sent:
    """A request as the service reads it: its parts by wire name, those in the path included; texts stay texts."""

    method: str
    path: str
    parts: Mapping[str, Any]


def read(method: str, target: str, headers: Mapping[str, str], body: bytes, templates: Iterable[str] = ()) -> Sent:
    """Return what a request says; its path is the one of `templates` that it follows, if any."""
    url = urlsplit(target)
    path, parts = _path(url.path, templates)
    for name, value in parse_qsl(url.query, keep_blank_values=True):
        if name.endswith("[]"):
            parts.setdefault(name.removesuffix("[]"), []).append(value)
        else:
            parts[name] = value
    content_type = headers.get("Content-Type", "")
    if content_type.startswith("application/json"):
        parts |= json.loads(body)
    elif content_type:
        parts |= _form(content_type, body)
    return Sent(method, path, parts)


def _path(path: str, templates: Iterable[str]) -> tuple[str, dict[str, Any]]:
    for template in templates:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
        if "{" in template and (found := re.fullmatch(pattern, path)):
            return template, {name: unquote(value) for name, value in found.groupdict().items()}
    return path, {}


def encoded(request: Request) -> Sent:
    """Return what the bytes of a request say."""
    headers, chunks = request.encode()
    return read(request.route.method, request.path, headers, b"".join(chunks), [request.route.path])


def _form(content_type: str, body: bytes) -> dict[str, Any]:
    return folded(_form_parts(content_type, body))


def folded(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return `parts` with those of one record, "name[member]", as that record."""
    found: dict[str, Any] = {}
    for name, value in parts.items():
        if member := re.fullmatch(r"(\w+)\[(\w+)\]", name):
            found.setdefault(member[1], {})[member[2]] = value
        else:
            found[name] = value
    return found


def _form_parts(content_type: str, body: bytes) -> dict[str, Any]:
    boundary = content_type.partition("boundary=")[2].encode()
    first, *sections, last = body.split(b"--" + boundary)
    assert (first, last) == (b"", b"--\r\n")
    parts: dict[str, Any] = {}
    for section in sections:
        head, _, content = section.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(r' name="(.*?)"', head.decode())[1]  # type: ignore[index]
        value: Any = content.decode() if b"filename=" not in head else _file(head.decode(), content)
        if name.endswith("[]"):
            parts.setdefault(name.removesuffix("[]"), []).append(value)
        else:
            assert name not in parts, f"{name} is sent twice"
            parts[name] = value
    return parts


def _file(head: str, content: bytes) -> File:
    name, mime = re.search(r'filename="(.*?)"', head), re.search(r"Content-Type: (\S+)", head)
    assert name, head
    assert mime, head
    return File(content, name[1], mime[1])


def holds(declared: Field, given: Any, found: Any) -> bool:
    """Return whether a part holds the value that was given to its field."""
    if declared.many and isinstance(given, list):
        return isinstance(found, list) and len(found) == len(given) and all(map(_same(declared), given, found))
    return bool(_same(declared)(given, found))


def _same(declared: Field) -> Any:
    def same(given: Any, found: Any) -> bool:
        if isinstance(given, File):
            return isinstance(found, File) and given.data == found.data
        if isinstance(found, str) and not isinstance(given, str):
            return bool(json.loads(found) == given)
        return bool(given == found)

    def of_json(given: Any, found: Any) -> bool:
        return same(json.loads(given) if isinstance(given, str) else given, found)

    return of_json if declared.kind is FieldKind.JSON else same


@dataclass
class Recorder:
    """A server that records every request and gives each the same answer.

    Attributes:
        templates: paths with placeholders, whose values are parts of what was sent.
    """

    status: int = 400
    body: bytes = b'{"error": {"message": "Only recorded."}}'
    media_type: str = "application/json"
    url: str = ""
    templates: Iterable[str] = ()
    requests: list[Sent] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)


@contextmanager
def recording_server(recorder: Recorder) -> Iterator[Recorder]:
    """Serve `recorder` on the loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline()
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            recorder.headers.append(dict(self.headers))
            target = self.path.removeprefix("/v1")
            recorder.requests.append(read(self.command, target, dict(self.headers), body, recorder.templates))
            self.send_response(recorder.status)
            self.send_header("Content-Type", recorder.media_type)
            self.send_header("Content-Length", str(len(recorder.body)))
            self.end_headers()
            self.wfile.write(recorder.body)

        def log_message(self, *_: Any) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        recorder.url = f"http://127.0.0.1:{server.server_port}/v1"
        try:
            yield recorder
        finally:
            server.shutdown()
            thread.join()
