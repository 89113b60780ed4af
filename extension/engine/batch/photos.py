"""Images in the lines of a batch: as data urls, or uploaded where they are too large for that."""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any

from ....port_types.files import File
from .system import BatchSystem

__all__ = ["upload_large_images"]

MAX_DATA_URL = 20_971_520
"""Characters of an `image_url` (OpenAI's specification of August 2026)."""


async def upload_large_images(body: Mapping[str, Any], service: BatchSystem) -> tuple[Mapping[str, Any], list[str]]:
    """Return the body of an image edit with ids in place of images too large for it, and those ids.

    Raises:
        RunStopped: the service does not take an image.
    """
    ids: list[str] = []
    changed = dict(body)
    for name, place, image in list(_images(body)):
        url = image.get("image_url", "")
        if len(url) <= MAX_DATA_URL:
            continue
        mime, _, content = url.removeprefix("data:").partition(";base64,")
        photo = File(b64decode(content), f"image.{mime.rpartition('/')[2]}", mime)
        ids.append(await service.upload_photo(photo))
        reference = {"file_id": ids[-1]}
        if place is None:
            changed[name] = reference
        else:
            changed[name] = [*changed[name][:place], reference, *changed[name][place + 1 :]]
    return changed, ids


def _images(body: Mapping[str, Any]) -> Iterator[tuple[str, int | None, Mapping[str, Any]]]:
    for place, image in enumerate(body.get("images") or ()):
        yield "images", place, image
    if isinstance(mask := body.get("mask"), Mapping):
        yield "mask", None, mask
