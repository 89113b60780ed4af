"""One logical request: its values, and the bytes that say them."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from ...port_types.files import File
from .route import Body, Route
from .urls import fill_path, path_fields, query_string, scalar_text

__all__ = ["Request", "encode_multipart"]


@dataclass(frozen=True)
class Request:
    """One logical request, ready to be encoded.

    Attributes:
        route: where it goes.
        values: wire name to value; a `File` or a list of `File` becomes parts of a multipart body.
    """

    route: Route
    values: Mapping[str, Any]

    @property
    def path(self) -> str:
        """Path below the base url, with a query if there is one."""
        # Most routes have one path for all rows: nothing need be kept for each of them.
        is_constant = self.route.body is not Body.QUERY and not path_fields(self.route.path)
        return self.route.path if is_constant else self._filled_path

    @cached_property
    def _filled_path(self) -> str:
        names = path_fields(self.route.path)
        path = fill_path(self.route.path, {name: quote(scalar_text(self.values.get(name)), safe="") for name in names})
        query = query_string(self._content) if self.route.body is Body.QUERY else ""
        return f"{path}?{query}" if query else path

    @property
    def _content(self) -> Mapping[str, Any]:
        """The values that the path does not hold."""
        names = path_fields(self.route.path)
        return {name: value for name, value in self.values.items() if name not in names} if names else self.values

    def encode(self) -> tuple[dict[str, str], list[bytes]]:
        """Return content headers and the body in chunks; files are referred to, not copied."""
        # Not a cached_property, which takes a lock until Python 3.12: for every row that costs more than encoding it.
        encoded: tuple[dict[str, str], list[bytes]] | None = self.__dict__.get("_encoded")
        if encoded is None:
            encoded = self.__dict__["_encoded"] = self._encode()
        return encoded

    def _encode(self) -> tuple[dict[str, str], list[bytes]]:
        if self.route.body in (Body.NONE, Body.QUERY):
            return {}, []
        if self.route.body is Body.JSON:
            import msgspec

            content = msgspec.json.encode(self._content)
            return {"Content-Type": "application/json", "Content-Length": str(len(content))}, [content]
        return encode_multipart(part for name, value in self._content.items() for part in _parts(name, value))

    @cached_property
    def json_values(self) -> Mapping[str, Any] | None:
        """The values as one JSON object, for a batch file; None if the route has no such form."""
        if self.route.body is Body.MULTIPART:
            return self.route.json_body(self.values) if self.route.json_body else None
        return self.values


def encode_multipart(given: Iterable[tuple[str, bytes]]) -> tuple[dict[str, str], list[bytes]]:
    """Return content headers and body of a form with these parts, each its headers and its content."""
    # The boundary is a digest of the content: equal requests have equal bytes, and no content can contain it.
    parts = list(given)
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
        for item in value:
            yield from _parts(f"{name}[]", item)
    elif isinstance(value, File):
        safe_name = "".join("_" if char in '"\\\r\n' else char for char in value.name)
        disposition = f'Content-Disposition: form-data; name="{name}"; filename="{safe_name}"'
        yield f"{disposition}\r\nContent-Type: {value.mime}", value.data
    else:
        yield f'Content-Disposition: form-data; name="{name}"', scalar_text(value).encode()
