"""One operation of an API: where a request goes, and what it carries."""

import enum
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ...port_types.files import File

__all__ = ["Body", "Operation", "Request"]


class Body(enum.Enum):
    """How a request's values are written."""

    JSON = "json"
    MULTIPART = "multipart"
    NONE = "none"


@dataclass(frozen=True)
class Operation:
    """Method and path of an operation; its route is named after the path's last part."""

    method: str
    path: str
    body: Body = Body.JSON

    @property
    def route(self) -> str:
        """Name of the route, for settings and results."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Request:
    """One logical request, ready to be encoded.

    Attributes:
        operation: where it goes.
        values: wire name to value; a `File` or a list of `File` becomes parts of a multipart body.
    """

    operation: Operation
    values: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> tuple[dict[str, str], list[bytes]]:
        """Return content headers and the body in chunks; files are referred to, not copied."""
        return self._encoded

    @cached_property
    def _encoded(self) -> tuple[dict[str, str], list[bytes]]:
        if self.operation.body is Body.NONE:
            return {}, []
        if self.operation.body is Body.JSON:
            import msgspec

            content = msgspec.json.encode(self.values)
            return {"Content-Type": "application/json", "Content-Length": str(len(content))}, [content]
        return _multipart(self.values)

    def fingerprint(self, base_url: str) -> str:
        """Return a digest of everything the service sees but the key; equal requests have equal digests."""
        digest = hashlib.sha256(f"{base_url} {self.operation.method} {self.operation.path}\n".encode())
        headers, chunks = self.encode()
        if self.operation.body is Body.MULTIPART:
            # The boundary is a digest of the whole content, which may be large.
            digest.update(headers["Content-Type"].encode())
        else:
            for chunk in chunks:
                digest.update(chunk)
        return digest.hexdigest()


def _multipart(values: Mapping[str, Any]) -> tuple[dict[str, str], list[bytes]]:
    # The boundary is a digest of the content: equal requests have equal bytes, and no content can contain it.
    parts = [part for name, value in values.items() for part in _parts(name, value)]
    digest = hashlib.sha256()
    for head, content in parts:
        digest.update(head.encode())
        digest.update(content)
    boundary = f"endpoint-nodes-{digest.hexdigest()[:40]}"
    chunks = []
    for head, content in parts:
        chunks += [f"--{boundary}\r\n{head}\r\n\r\n".encode(), content, b"\r\n"]
    chunks.append(f"--{boundary}--\r\n".encode())
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Content-Length": str(sum(map(len, chunks))),
    }
    return headers, chunks


def _parts(name: str, value: Any) -> Iterator[tuple[str, bytes]]:
    if isinstance(value, list):
        for each in value:
            yield from _parts(f"{name}[]", each)
    elif isinstance(value, File):
        safe_name = "".join("_" if char in '"\\\r\n' else char for char in value.name)
        disposition = f'Content-Disposition: form-data; name="{name}"; filename="{safe_name}"'
        yield f"{disposition}\r\nContent-Type: {value.mime}", value.data
    else:
        yield f'Content-Disposition: form-data; name="{name}"', _form_text(value).encode()


def _form_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        import msgspec

        return msgspec.json.encode(value).decode()
    return str(value)
