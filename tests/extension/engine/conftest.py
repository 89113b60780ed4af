"""A service that misbehaves as told, byte by byte, on a real socket."""

from __future__ import annotations

import asyncio
import base64
import gzip
import io
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from PIL import Image
from serving import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def picture(number: int = 0) -> bytes:
    """A small PNG that no other number gives."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (number % 256, number // 256 % 256, 7)).save(buffer, "PNG")
    return buffer.getvalue()


def reply(body: bytes | Any, status: int = 200, **headers: Any) -> bytes:
    """An HTTP response with the right length, whatever else is said."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content-type": "application/json", "content-length": len(content)} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    return f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode() + content


def images(*data: bytes) -> dict[str, Any]:
    return {"created": 1, "data": [{"b64_json": base64.b64encode(item).decode()} for item in data]}


def error(status: int, code: str = "some_code", **headers: Any) -> bytes:
    return reply({"error": {"message": f"Told to say {status}.", "code": code}}, status, **headers)


def named(url: str) -> bytes:
    return reply({"created": 1, "data": [{"url": url}]})


GOOD = reply(images(picture()))
HALF_GZIP = gzip.compress(GOOD.partition(b"\r\n\r\n")[2])[:-30]

FAULTS: dict[str, Any] = {
    # name: bytes to answer, or None to close at once, or seconds of silence
    "the connection closes without an answer": None,
    "no answer within the timeout": 30,
    "the answer stops in the middle": GOOD[:-40],
    "the content length is too small": GOOD.replace(b"content-length: ", b"content-length: 1\r\nx-was: ", 1),
    "gzip that breaks": reply(HALF_GZIP, content_encoding="gzip"),
    "no HTTP at all": b"220 mail.example ESMTP\r\n\r\n",
    **{f"status {status}": error(status) for status in (408, 409, 500, 502, 503, 504, 529)},
    "status 429 with retry-after-ms": error(429, retry_after_ms=20),
    "status 429 with retry-after in seconds": error(429, retry_after="0.02"),
    "status 429 with retry-after as a date": error(429, retry_after="Sat, 21 Nov 2020 07:28:00 GMT"),
    "status 429 with x-ratelimit-reset-requests": error(429, x_ratelimit_reset_requests="20ms"),
    "status 429 that asks for an hour": error(429, retry_after=3600),
    "status 400 with x-should-retry: true": error(400, x_should_retry="true"),
    "status 500 with x-should-retry: false": error(500, x_should_retry="false"),
    "status 400": error(400),
    "status 403": error(403),
    "status 400, content policy": error(400, "content_policy_violation"),
    "status 200 with an HTML page": reply(b"<html>Welcome</html>", content_type="text/html"),
    "status 200 with an error of the service": reply({"error": {"message": "Overloaded.", "type": "server_error"}}),
    "status 200 with an error of the request": reply(
        {"error": {"message": "No such size.", "type": "invalid_request_error"}}
    ),
    "status 200 with null": reply(None),
    "status 200 with a list": reply([1, 2]),
    "status 200 with nothing": reply(b""),
    "status 200 with half a JSON text": reply(b'{"created": 1, "data": [{"b64'),
    "status 204": reply(b"", 204),
    "no list of images": reply({"created": 1, "data": "none"}),
    "fewer images than asked for": reply(images()),
    "broken base64": reply({"created": 1, "data": [{"b64_json": "%%%"}]}),
    "bytes that are not an image": reply(images(b"hello")),
    "a body of 2 GB": reply(b"", content_length=2_000_000_000),
    "a redirect (301)": reply(b"", 301, location="/v1/elsewhere"),
    "a redirect (307)": reply(b"", 307, location="http://127.0.0.1:9/v1"),
    "a result url that answers 500 once": named("/v1/files/flaky"),
    "a relative result url": named("files/good"),
    "a result url that answers 403": named("/v1/files/forbidden"),
    "a result url that is a web page": named("/v1/files/page"),
    "a result url that redirects for ever": named("/v1/files/loop"),
    "a result url that redirects to a private address": named("/v1/files/inwards"),
    "a result url at a private address": named("http://10.0.0.1/secret.png"),
    "a result url of a cloud's metadata": named("http://169.254.169.254/latest/meta-data"),
    "a result url that is a file": named("file:///etc/passwd"),
    "a result url that is a path on the server's disk": named("/root/.xinference/image/1.png"),
}

FILES = {
    "good": reply(picture(), content_type="image/png"),
    "forbidden": reply(b"expired", 403),
    "page": reply(b"<html>", content_type="text/html"),
    "loop": reply(b"", 302, location="/v1/files/loop"),
    "inwards": reply(b"", 302, location="http://10.0.0.1/secret.png"),
}


@dataclass
class FaultyService:
    """Answers requests by what `answer` makes of the user field and of how often it was seen.

    Attributes:
        answer: given the value of the field "user" and the number of its requests so far (from 1).
        seen: number of requests by user.
        requests: heads of all requests.
        hold_open: whether connections stay open after an answer that is not as long as it says.
    """

    answer: Callable[[str, int], Any] = lambda _user, _number: GOOD
    seen: Counter[str] = field(default_factory=Counter)
    requests: list[str] = field(default_factory=list)
    base_url: str = ""
    hold_open: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(length[1]) if length else 0)
        self.requests.append(head)
        path = urlsplit(head.split()[1]).path
        if path.startswith("/v1/files/"):
            name = path.rpartition("/")[2]
            self.seen[path] += 1
            answer = FILES[name] if name in FILES else reply(b"", 500) if self.seen[path] % 2 else FILES["good"]
        else:
            found = re.search(rb'name="user"\r\n\r\n(.*?)\r\n', body)
            user = found[1].decode() if found else ""
            self.seen[user] += 1
            answer = self.answer(user, self.seen[user])
        if isinstance(answer, int | float):
            await asyncio.sleep(answer)
            return False
        if answer is None:
            return False
        writer.write(answer)
        await writer.drain()
        # An answer that is not as long as it says ends with its connection, as with a broken service.
        said, _, sent = answer.partition(b"\r\n\r\n")
        return self.hold_open or f"content-length: {len(sent)}\r\n".encode() in said + b"\r\n"


@pytest.fixture
def faulty_service() -> Iterator[FaultyService]:
    """A service on a loopback socket; set its `answer`."""
    service = FaultyService()
    with serving(service.serve, limit=2**20) as service.base_url:
        yield service
