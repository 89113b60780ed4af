"""What came back from a service."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

__all__ = ["Response"]

_BASE64_KEY = b'"b64_json"'
"""Never within a text: quotation marks are escaped there."""

_OPENING = re.compile(rb'\s*:\s*"')

_LONG_TEXT = 1000


@dataclass(frozen=True)
class Response:
    """A whole answer of a service.

    Attributes:
        status: HTTP status.
        headers: names in lower case.
        body: decoded from any transfer or content encoding.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        """The MIME type without parameters, "" if there is none."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @cached_property
    def split_images(self) -> "tuple[Response, list[memoryview]]":
        """The answer with each long base64 text replaced by its number, and these texts.

        A JSON reader builds every text before anybody decodes it: for images that is most of the work.
        """
        texts: list[memoryview] = []
        parts: list[bytes | memoryview] = []
        body, view, at, end = self.body, memoryview(self.body), 0, 0
        while (key := body.find(_BASE64_KEY, end)) >= 0:
            end = key + len(_BASE64_KEY)
            opening = _OPENING.match(body, end)
            if not opening:
                continue
            start, end = opening.end(), body.find(b'"', opening.end())
            if end - start > _LONG_TEXT and body.find(b"\\", start, end) < 0:
                parts += [view[at : start - 1], str(len(texts)).encode()]
                texts.append(view[start:end])
                at = end + 1
            elif end < 0:
                break
        parts.append(view[at:])
        return Response(self.status, self.headers, b"".join(parts)), texts

    @property
    def json(self) -> Any:
        """The body as JSON, decoded once.

        Raises:
            ValueError: it is not JSON.
        """
        # Not a cached_property, which takes a lock until Python 3.12, for every row.
        if "_json" not in self.__dict__:
            self.__dict__["_json"] = self._decode()
        return self.__dict__["_json"]

    def _decode(self) -> Any:
        import msgspec

        try:
            return msgspec.json.decode(self.body)
        except msgspec.MsgspecError:
            # Python's reader takes what is not JSON and yet written by some: a byte order mark, NaN, lone surrogates.
            return _without_surrogates(json.loads(self.body))
        except RecursionError as error:
            raise ValueError(str(error)) from None


def _without_surrogates(value: Any) -> Any:
    """Return a JSON value with a replacement character for each half of a surrogate pair, which no text can hold."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(item) for name, item in value.items()}
    return value
