"""The response of every operation that makes images."""

import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from ...port_types.errors import BadResponse
from ...port_types.fields.values import preview
from ...port_types.files import Remote
from ...port_types.table import Column, ColumnKind
from .response import Response
from .result_schema import JsonResultSchema, extract_columns, parse_object, spread

__all__ = ["Images"]

_ITEM = (
    Column("image", ColumnKind.IMAGE, "The image, encoded as the service sent it."),
    Column(
        "url", ColumnKind.TEXT, "Where the image was fetched from, if the service gave a url; it expires.", detail=True
    ),
    Column("revised_prompt", ColumnKind.TEXT, "The prompt as the service rewrote it."),
    Column("index", ColumnKind.INTEGER, "Number of the image within its response, from 0."),
)
_RESPONSE = (
    Column("created", ColumnKind.TIME, "When the response was made.", detail=True),
    Column("data", ColumnKind.JSON, "The list of images as the service sent it, urls or base64."),
    Column("background", ColumnKind.TEXT, "Background of the images: transparent or opaque.", detail=True),
    Column("output_format", ColumnKind.TEXT, "Format of the images.", detail=True),
    Column("size", ColumnKind.TEXT, "Size of the images in pixels.", detail=True),
    Column("quality", ColumnKind.TEXT, "Quality of the images.", detail=True),
    Column(
        "usage",
        ColumnKind.JSON,
        "Tokens used, as the service counts them; on the first row of a response.",
        detail=True,
    ),
)
_COMMON = tuple(column for column in _RESPONSE if column.name != "data")


class Images(JsonResultSchema):
    """A list of images as base64 or urls, with what they cost."""

    structured_columns = _RESPONSE

    def simplified(self) -> tuple[Column, ...]:
        return _ITEM + _COMMON

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        slim, texts = response.split_images
        body = parse_object(slim)
        data = body.get("data")
        if not isinstance(data, list):
            raise BadResponse(f"the service answered without a list of images (data is {preview(data)})")
        wanted = values.get("n") or 1
        few = f"the service answered with {len(data)} of {wanted} images"
        if not data:
            raise BadResponse(few)
        common = extract_columns(body, _COMMON)
        rows = spread(common, [_item(index, item, texts) for index, item in enumerate(data)])
        if len(data) >= wanted:
            return rows
        # Those that came are paid for; each that lacks is a row that says so.
        lacking = ({"index": index, "error": few} for index in range(len(data), wanted))
        return [*({**row, "error": None} for row in rows), *lacking]

    def usage(self, response: Response) -> Mapping[str, int]:
        return super().usage(response.split_images[0])


def _item(index: int, item: Any, texts: list[memoryview]) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise BadResponse(f"image {index} of the answer is {preview(item)} instead of an object")
    text, url, prompt = item.get("b64_json"), item.get("url"), item.get("revised_prompt")
    row = {"index": index, "url": None, "revised_prompt": prompt if isinstance(prompt, str) else None}
    if type(text) is int and 0 <= text < len(texts):
        text = texts[text]
    if isinstance(text, str | memoryview) and text:
        return {**row, "image": _decoded(index, text)}
    if isinstance(url, str) and url:
        if url.startswith("data:"):
            return {**row, "image": _decoded(index, url.partition(",")[2])}
        return {**row, "url": url, "image": Remote(url)}
    raise BadResponse(f"image {index} of the answer has neither base64 text nor a url")


def _decoded(index: int, text: str | memoryview) -> bytes:
    import pybase64

    try:
        return pybase64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        start = text if isinstance(text, str) else bytes(text[:80]).decode("utf-8", "replace")
        raise BadResponse(f"image {index} of the answer is broken base64: {preview(start)}") from None
