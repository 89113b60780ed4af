"""From drawn images to the body of an image response."""

import io
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pybase64
from PIL import Image, ImageEnhance
from PIL.PngImagePlugin import PngInfo
from starlette.responses import Response

from .catalogue import is_gpt_image
from .errors import json_response
from .operation import Call

__all__ = ["encode", "encode_gif", "flatten", "image_response", "usage_of"]

SOFTWARE = "Endpoint Nodes sandbox (no model)"
EXTENSIONS = {"png": "png", "jpeg": "jpg", "webp": "webp", "gif": "gif", "svg": "svg"}
TOKENS = {"low": 272, "medium": 1056, "high": 4160, "xhigh": 6240, "max": 8320}  # of 1024 x 1024 pixels


def encode_gif(image: Image.Image, frames: int, duration: int) -> bytes:
    """Return a GIF that grows brighter from frame to frame, each shown for `duration` milliseconds."""
    stream = io.BytesIO()
    lit = [ImageEnhance.Brightness(image).enhance(0.7 + 0.6 * at / frames) for at in range(frames)]
    lit[0].save(stream, "GIF", save_all=True, append_images=lit[1:], duration=duration, loop=0)
    return stream.getvalue()


def encode(image: Image.Image, output: str, compression: int | None = None) -> bytes:
    """Return the image as a file.

    Args:
        image: RGB or RGBA; flattened on white where the format has no alpha.
        output: png, jpeg, webp or svg (a page that holds a PNG).
        compression: JPEG and WebP quality, 0 to 100.
    """
    if output == "svg":
        text = pybase64.b64encode(encode(image, "png")).decode()
        size = f'width="{image.width}" height="{image.height}"'
        link = f'<image {size} href="data:image/png;base64,{text}"/>'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><desc>{SOFTWARE}</desc>{link}</svg>'.encode()
    stream = io.BytesIO()
    if output == "png":
        about = PngInfo()
        about.add_text("Software", SOFTWARE)
        image.save(stream, "PNG", compress_level=1, pnginfo=about)
    else:
        quality = 90 if compression is None else compression
        picture = flatten(image) if output == "jpeg" else image
        picture.save(stream, output.upper(), quality=quality, **({"method": 0} if output == "webp" else {}))
    return stream.getvalue()


def flatten(image: Image.Image) -> Image.Image:
    """Return the image on white, without alpha."""
    if image.mode != "RGBA":
        return image
    page = Image.new("RGB", image.size, "#ffffff")
    page.paste(image, mask=image.getchannel("A"))
    return page


def image_response(
    call: Call,
    images: Sequence[bytes],
    size: tuple[int, int],
    *,
    prompt: str = "",
    sources: int = 0,
    settings: Mapping[str, str] | None = None,
) -> Response:
    """Return the body of an image response, with urls or base64 as asked.

    Args:
        call: The request; its `response_format` decides, else what its model does.
        images: Encoded results.
        size: Pixels of a result.
        prompt: The prompt, for counting tokens.
        sources: Number of source images, for counting tokens.
        settings: Those the answer repeats (`background`, `output_format`, `quality`).
    """
    settings = settings or {}
    gpt = is_gpt_image(call.model)
    response_format = call.body.response_format or ("b64_json" if gpt else "url")
    output = settings.get("output_format", "png")
    data: list[dict[str, str]] = []
    for image in images:
        if response_format == "b64_json":
            data.append({"b64_json": pybase64.b64encode(image).decode()})
        else:
            media_type = {"svg": "image/svg+xml"}.get(output, f"image/{output}")
            name = call.service.image_files.put(image, media_type, EXTENSIONS[output])
            base = str(call.request.base_url).rstrip("/")
            data.append({"url": f"{base}{call.service.prefix}/images/files/{name}"})
    if prompt and not gpt:
        for entry in data:
            entry["revised_prompt"] = f"{prompt} (as the sandbox read it: word for word)"
    body: dict[str, Any] = {"created": int(time.time()), "data": data}
    if settings:
        body |= {**settings, "size": f"{size[0]}x{size[1]}"}
    body["usage"] = usage_of(prompt, sources, len(images), size, settings.get("quality", "medium"))
    return json_response(body)


def usage_of(prompt: str, sources: int, results: int, size: tuple[int, int], quality: str) -> dict[str, Any]:
    """Return the `usage` of image operations.

    Args:
        prompt: Four characters are a token.
        sources: Number of source images.
        results: Number of results.
        size: Pixels of a result.
        quality: Decides with the size how many tokens a result is.
    """
    text = (len(prompt) + 3) // 4
    pictures = 1024 * sources
    out = results * max(1, TOKENS.get(quality, TOKENS["medium"]) * size[0] * size[1] // 1024**2)
    return {
        "input_tokens": text + pictures,
        "input_tokens_details": {"text_tokens": text, "image_tokens": pictures},
        "output_tokens": out,
        "output_tokens_details": {"text_tokens": 0, "image_tokens": out},
        "total_tokens": text + pictures + out,
    }
