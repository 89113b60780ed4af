"""The lines of batch files: one request, one response."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from ....nodes.base import Response
from ..cache.cache_key import CacheKey
from .dialects import PREFIX

__all__ = ["encode_line", "read_line"]

_CUSTOM_ID = re.compile(r"([0-9a-f]{32})-(\d{1,18})")


NULL = b"null"


class _Line(msgspec.Struct):
    """A line of an output or error file; what is in `response` is a response, or as some write it, its bare body."""

    custom_id: str
    response: msgspec.Raw = msgspec.Raw(NULL)
    error: msgspec.Raw = msgspec.Raw(NULL)


class _LineResponse(msgspec.Struct):
    status_code: int | None = None
    request_id: str | None = None
    body: msgspec.Raw = msgspec.Raw(b"")


def encode_line(key: CacheKey, path: str, body: Mapping[str, Any], *, model_on_job: bool) -> bytes:
    """Return the line of a request, with its end; its custom id is the cache key, so that no other line has it.

    Args:
        key: cache key of the request.
        path: of the operation, below the base url.
        body: the request's.
        model_on_job: whether the batch says path and model.
    """
    # Services take ids of up to 64 letters, digits, hyphens and underscores.
    line: dict[str, Any] = {"custom_id": f"{key.digest.hex()}-{key.occurrence}"}
    if not model_on_job:
        line |= {"method": "POST", "url": PREFIX + path}
    return msgspec.json.encode({**line, "body": body}) + b"\n"


def read_line(content: bytes) -> tuple[CacheKey, Response] | None:
    """Return the response that a line holds, with the key of its request; None if it holds none."""
    try:
        line = msgspec.json.decode(content, type=_Line)
        found = _CUSTOM_ID.fullmatch(line.custom_id)
        if not found:
            return None
        response = _response(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return (CacheKey(bytes.fromhex(found[1]), int(found[2])), response) if response else None


def _response(line: _Line) -> Response | None:
    headers = {"content-type": "application/json"}
    if bytes(line.response) == NULL:
        error = bytes(line.error)
        return None if error == NULL else Response(0, headers, b'{"error": ' + error + b"}")
    told = msgspec.json.decode(line.response, type=_LineResponse)
    if told.status_code is None:
        return Response(200, headers, bytes(told.body or line.response))
    if told.request_id:
        headers["x-request-id"] = told.request_id
    return Response(told.status_code, headers, bytes(told.body))
