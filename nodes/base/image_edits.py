"""The JSON form of image edits, where no multipart form can be sent."""

from collections.abc import Mapping
from typing import Any

__all__ = ["edit_as_json"]


_DRAWN = ("mask", "markup")
"""Images that say where or how to edit."""


def edit_as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload of an edit as one JSON object, with its files as data urls.

    Source: https://platform.openai.com/docs/api-reference/images/createEdit
    """
    image = values["image"]
    body = {name: value for name, value in values.items() if name not in ("image", *_DRAWN)}
    body["images"] = [{"image_url": file.data_url} for file in (image if isinstance(image, list) else [image])]
    return body | {name: {"image_url": values[name].data_url} for name in _DRAWN if name in values}
