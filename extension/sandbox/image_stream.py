"""Images as a stream: blurred states of each, then the whole."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import pybase64
from PIL import Image, ImageFilter

from .image_reply import usage_of
from .operation import Call
from .streams import ChunkedResponse, event, event_stream

__all__ = ["image_stream"]


def image_stream(
    call: Call,
    images: Sequence[Image.Image],
    encode: Callable[[Image.Image], bytes],
    *,
    kind: str,
    sources: int,
    settings: Mapping[str, str],
) -> ChunkedResponse:
    """Return the events of every image.

    Args:
        call: The request; its `partial_images` says how many states come before the whole.
        images: The finished images.
        encode: Makes a file of one.
        kind: What the events are named after: `image_generation` or `image_edit`.
        sources: Number of source images, for counting tokens.
        settings: Those that the events repeat.
    """
    body = call.body

    def events() -> Iterator[bytes]:
        for image in images:
            facts = {"created_at": int(time.time()), **settings, "size": f"{image.width}x{image.height}"}
            for index in range(body.partial_images or 0):
                blurred = image.filter(ImageFilter.GaussianBlur(max(image.size) / 16 / 2**index))
                partial = {"b64_json": _base64(encode(blurred)), **facts, "partial_image_index": index}
                yield event({"type": f"{kind}.partial_image", **partial})
            usage = usage_of(body.prompt, sources, 1, image.size, settings["quality"])
            yield event({"type": f"{kind}.completed", "b64_json": _base64(encode(image)), **facts, "usage": usage})

    return event_stream(events())


def _base64(data: bytes) -> str:
    return pybase64.b64encode(data).decode()
