"""Requests of operations as bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...port_types.files import File
from ..base.request import Request, encode_multipart
from .requests import BuiltRequest, Part

__all__ = ["OperationRequest"]


@dataclass(frozen=True)
class OperationRequest(Request):
    """The request of an operation: its path, headers and body depend on the values.

    Attributes:
        built: what the values became.
    """

    built: BuiltRequest

    @property
    def path(self) -> str:
        return self.built.path

    def _encode(self) -> tuple[dict[str, str], list[bytes]]:
        headers, chunks = _encode_body(self.built.body, self.built.media_type)
        return {**self.built.headers, **headers}, chunks


def _encode_body(body: Any, media_type: str) -> tuple[dict[str, str], list[bytes]]:
    if not media_type:
        return {}, []
    if media_type.startswith("multipart/"):
        return encode_multipart(_parts(body))
    if isinstance(body, File):
        content = body.data
    elif isinstance(body, str) and "json" not in media_type:
        content = body.encode()
    else:
        import msgspec

        content = msgspec.json.encode(body)
    return {"Content-Type": media_type, "Content-Length": str(len(content))}, [content]


def _parts(parts: Sequence[Part]) -> Iterator[tuple[str, bytes]]:
    for part in parts:
        head = f'Content-Disposition: form-data; name="{_quoted(part.name)}"'
        if isinstance(part.value, File):
            mime = part.value.mime or "application/octet-stream"
            yield f'{head}; filename="{_quoted(part.value.name)}"\r\nContent-Type: {mime}', part.value.data
        else:
            yield f"{head}\r\nContent-Type: {part.media_type}" if part.media_type else head, part.value.encode()


def _quoted(name: str) -> str:
    # As HTML forms write it: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
