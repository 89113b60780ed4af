"""Small copies of images, so that a page with thousands of them stays light."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...nodes.base.media.images import MAX_PIXELS

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["thumbnail"]

LONGEST_SIDE = 320
"""Pixels."""

MOST_BYTES = 8_500
"""A thousand rows of a source and four results then stay below sixty megabytes, embedded as base64."""

_STEPS = ((LONGEST_SIDE, 80), (LONGEST_SIDE, 50), (240, 50), (240, 25), (160, 25))
"""Longest side and WebP quality, tried in turn until the bytes are few enough; drawings stop at the first."""


@dataclass(frozen=True)
class Thumbnail:
    """A WebP image, its size and that of the image it was made from; sizes are (width, height) in pixels.

    Attributes:
        mime: Media type of the image it was made from, as its bytes show.
    """

    webp: bytes
    size: tuple[int, int]
    original_size: tuple[int, int]
    transparent: bool
    mime: str


def thumbnail(data: bytes) -> Thumbnail | None:
    """Scale an encoded image down to `LONGEST_SIDE`, the right way up; None where it cannot be decoded."""
    from PIL import ExifTags, Image, ImageOps

    try:
        with Image.open(io.BytesIO(data)) as original:
            width, height = original.size
            if width * height > MAX_PIXELS:
                return None
            mime = Image.MIME.get(original.format or "", "")
            lies_on_its_side = original.getexif().get(ExifTags.Base.Orientation, 1) >= 5
            original.draft("RGB", (2 * LONGEST_SIDE, 2 * LONGEST_SIDE))
            image = ImageOps.exif_transpose(original)
        image = _plain(image)
        for side, quality in _STEPS:
            image.thumbnail((side, side))
            webp = io.BytesIO()
            image.save(webp, "WEBP", quality=quality, method=2)
            if webp.tell() <= MOST_BYTES:
                break
    except Exception:  # noqa: BLE001 - decoders raise errors of every kind on damaged bytes
        return None
    return Thumbnail(
        webp.getvalue(),
        image.size,
        (height, width) if lies_on_its_side else (width, height),
        transparent=image.mode == "RGBA",
        mime=mime,
    )


def _plain(image: "Image.Image") -> "Image.Image":
    """The same picture in eight bits a channel: RGBA where it has transparency, otherwise RGB."""
    if image.mode.startswith("I"):  # 16 bits of grey, which a plain conversion would clip to white
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")
