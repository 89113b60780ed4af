"""Opening uploaded images, as strictly as OpenAI does."""

import io
from collections.abc import Sequence

import pybase64
from PIL import Image, ImageOps

from .checks import Upload
from .errors import ApiError

__all__ = ["describe_file", "describe_image", "from_data_url", "open_image", "open_mask"]

MAX_PIXELS = 50_000_000  # an upload that would unfold to more is refused unopened


def open_image(upload: Upload, param: str, media_types: Sequence[str], max_bytes: int) -> Image.Image:
    """Return the decoded image of a file part, as RGB or RGBA, upright.

    Args:
        upload: The file part.
        param: Its name, for refusals.
        media_types: What the operation takes; both the part's header and its bytes must be one of them.
        max_bytes: The file must be smaller.

    Raises:
        ApiError: 415 for the part's media type; 400 for its size or its bytes.
    """
    if upload.content_type not in media_types:
        formats = ", ".join(map(repr, media_types))
        raise ApiError(
            f"Invalid file '{param}': unsupported mimetype ('{upload.content_type}'). "
            f"Supported file formats are {formats}.",
            status=415,
            param=param,
            code="unsupported_file_mimetype",
        )
    if len(upload.data) >= max_bytes:
        raise ApiError(
            f"Invalid file '{param}': it must be less than {max_bytes // 1_000_000} MB, "
            f"but has {len(upload.data)} bytes.",
            param=param,
            code="image_too_large",
        )
    try:
        # Opening reads only the header; Pillow's own warning about bombs starts above MAX_PIXELS.
        with Image.open(io.BytesIO(upload.data)) as image:
            problem = _problem(image, media_types)
            upright = None if problem else ImageOps.exif_transpose(image)
            if upright:
                return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except Exception:  # noqa: BLE001  # Pillow's decoders raise whatever they stumble over
        problem = "it is not a valid image, or is not complete"
    raise ApiError(f"Invalid file '{param}': {problem}.", param=param, code="invalid_image_file")


def _problem(image: Image.Image, media_types: Sequence[str]) -> str | None:
    if Image.MIME.get(image.format or "") not in media_types:
        return f"its bytes are {image.format}"
    if image.width * image.height > MAX_PIXELS:
        return f"{image.width} x {image.height} pixels are too many"
    return None


def open_mask(upload: Upload, size: tuple[int, int]) -> Image.Image:
    """Return the mask's alpha channel: 0 where the image is to be edited.

    Raises:
        ApiError: 400 for a mask without alpha or not of the first image's size.
    """
    mask = open_image(upload, "mask", ("image/png",), 4_000_000)
    if mask.size != size:
        raise ApiError(
            f"Invalid mask: it is {mask.width} x {mask.height}, the first image {size[0]} x {size[1]}.",
            param="mask",
            code="invalid_mask_size",
        )
    if mask.mode != "RGBA":
        raise ApiError(
            "Invalid mask: it has no alpha channel; transparent pixels say what to edit.",
            param="mask",
            code="invalid_mask_mode",
        )
    return mask.getchannel("A")


def from_data_url(url: str, param: str) -> Upload:
    """Return the file inside a base64 data url.

    Raises:
        ApiError: 400 for any other url: the sandbox opens no connections.
    """
    head, _, text = url.partition(",")
    if not (head.startswith("data:") and head.endswith(";base64")):
        raise ApiError(
            f"Invalid value for '{param}': the sandbox downloads nothing; send a base64 data url.",
            param=param,
            code="invalid_value",
        )
    try:
        data = pybase64.b64decode(text, validate=True)
    except ValueError:
        raise ApiError(
            f"Invalid value for '{param}': its base64 is broken.", param=param, code="invalid_base64"
        ) from None
    media_type = head.removeprefix("data:").removesuffix(";base64")
    return Upload("data", media_type, data)


def describe_image(url: str) -> str:
    """Return a phrase for an image part, such as "a PNG image of 512 x 512"; a web address is not opened.

    Raises:
        ApiError: 400 for a url of another kind, or bytes that are not an image.
    """
    if url.startswith(("http://", "https://")):
        return "an image behind a url that it does not open"
    return describe_file(from_data_url(url, "image_url.url"))


def describe_file(upload: Upload) -> str:
    """Return a phrase for an image file.

    Raises:
        ApiError: 400 for bytes that are not an image.
    """
    try:
        with Image.open(io.BytesIO(upload.data)) as image:
            return f"a {image.format} image of {image.width} x {image.height}"
    except Exception:  # noqa: BLE001  # Pillow's decoders raise whatever they stumble over
        raise ApiError(
            "You uploaded an unsupported image. Please make sure your image is valid.",
            param="image_url.url",
            code="invalid_image_format",
        ) from None
