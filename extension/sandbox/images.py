"""The image operations: variations, edits, generations, and the urls they hand out."""

import re
from functools import partial
from hashlib import blake2b
from typing import Annotated, Literal

import msgspec
from PIL import Image, ImageChops
from starlette.responses import Response

from .checks import Body, Upload
from .errors import ApiError
from .image_reply import encode, encode_gif, flatten, image_response
from .image_rules import check_image_fields, parse_size
from .image_source import from_data_url, open_image, open_mask
from .image_stream import image_stream
from .operation import FORM, JSON, Call, Operation
from .poster import draw_poster
from .recipes import vary

__all__ = ["OPERATIONS"]

N = Annotated[int, msgspec.Meta(ge=1, le=10)] | None
Prompt = Annotated[str, msgspec.Meta(min_length=1, max_length=32_000)]
EDITABLE = ("image/png", "image/jpeg", "image/webp")
MAX_URL = 20_971_520  # characters of a data url
AUTO_MAX = 2048  # the longest side of a result whose size follows its source
STRENGTHS = {"subtle": 0.35, "balanced": 0.7, "bold": 1.0}


class Variation(Body, kw_only=True):
    """Multipart body of POST /images/variations."""

    image: Upload
    n: N = None
    response_format: Literal["url", "b64_json"] | None = None
    size: Literal["256x256", "512x512", "1024x1024"] | None = None
    user: str | None = None


class Drawing(Body, kw_only=True):
    """What edits and generations share."""

    prompt: Prompt
    n: N = None
    size: str | None = None
    response_format: Literal["url", "b64_json"] | None = None
    output_format: Literal["png", "jpeg", "webp", "svg", "gif"] | None = None
    output_compression: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    background: Literal["transparent", "opaque", "auto"] | None = None
    quality: Literal["standard", "hd", "low", "medium", "high", "xhigh", "max", "auto"] | None = None
    complexity: Literal["low", "medium", "high"] | None = None
    frame_count: Annotated[int, msgspec.Meta(ge=2, le=16)] | None = None
    frame_duration_ms: Annotated[int, msgspec.Meta(ge=1, le=655_350)] | None = None
    safety_identifier: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    stream: bool | None = None
    partial_images: Annotated[int, msgspec.Meta(ge=0, le=3)] | None = None
    user: str | None = None


class Generation(Drawing, kw_only=True):
    """JSON body of POST /images/generations."""

    moderation: Literal["low", "auto"] | None = None
    style: Literal["vivid", "natural"] | None = None


class Edit(Drawing, kw_only=True):
    """Multipart body of POST /images/edits."""

    image: Annotated[list[Upload], msgspec.Meta(min_length=1, max_length=16)]
    mask: Upload | None = None
    markup: Upload | None = None
    input_fidelity: Literal["high", "low"] | None = None


class ImageReference(msgspec.Struct, forbid_unknown_fields=True):
    """An image named in a JSON body."""

    image_url: str | None = None
    file_id: str | None = None


class EditJson(Drawing, kw_only=True):
    """JSON body of POST /images/edits."""

    images: Annotated[list[ImageReference], msgspec.Meta(min_length=1, max_length=16)]
    mask: ImageReference | None = None
    markup: ImageReference | None = None
    input_fidelity: Literal["high", "low"] | None = None
    moderation: Literal["low", "auto"] | None = None


def create_variation(call: Call) -> Response:
    """Return variations of a square PNG."""
    body: Variation = call.body
    source = open_image(body.image, "image", ("image/png",), 4_000_000)
    if source.width != source.height:
        raise ApiError(
            f"Uploaded image must be square; it is {source.width} x {source.height}.",
            param="image",
            code="image_not_square",
        )
    size = parse_size(body.size, (1024, 1024))
    key = _key(call, body.image.data)
    fitted = source.resize(size, Image.Resampling.BILINEAR)
    results = [encode(vary(fitted, key, index, STRENGTHS["balanced"]), "png") for index in range(body.n or 1)]
    return image_response(call, results, size, sources=1)


def create_edit(call: Call) -> Response:
    """Return variations of the first image, gentle or strong as the prompt says, inside the mask if there is one."""
    body: Edit | EditJson = call.body
    _check(call)
    uploads, given_mask, given_markup = _edit_files(call, body)
    sources = [open_image(upload, "image", EDITABLE, 50_000_000) for upload in uploads]
    first = sources[0]
    alpha = open_mask(given_mask, first.size) if given_mask else None
    if given_markup:
        first = _mark(first, given_markup)
    size = parse_size(body.size, _auto(first.size))
    fitted = first.resize(size, Image.Resampling.BILINEAR)
    words = re.findall(r"\w+", body.prompt.lower())
    strength = next((STRENGTHS[word] for word in words if word in STRENGTHS), STRENGTHS["balanced"])
    key = _key(call, *(upload.data for upload in uploads), body.prompt.encode())
    edits = []
    for index in range(body.n or 1):
        edited = vary(fitted, key, index, strength)
        edits.append(Image.composite(fitted, edited, alpha.resize(size)) if alpha else edited)
    return _respond(call, edits, kind="image_edit", sources=len(sources))


def create_image(call: Call) -> Response:
    """Return posters for the prompt."""
    body: Generation = call.body
    _check(call)
    size = parse_size(body.size, (1024, 1024))
    key = _key(call, body.prompt.encode())
    clear = body.background == "transparent"
    posters = [draw_poster(body.prompt, f"{key}:{index}", size, transparent=clear) for index in range(body.n or 1)]
    return _respond(call, posters, kind="image_generation")


def image_file(call: Call) -> Response:
    """Return a handed-out image, until its hour is over."""
    image = call.service.image_files.get(call.request.path_params["name"])
    if image is None:
        raise ApiError("There is no such image, or it has expired.", status=404, code="image_expired")
    return Response(image.data, media_type=image.media_type)


def _respond(call: Call, images: list[Image.Image], *, kind: str, sources: int = 0) -> Response:
    """Return the response of an edit or a generation, streamed where that is asked for."""
    body: Drawing = call.body
    encode_one = partial(_finish, body=body)
    if body.stream:
        return image_stream(call, images, encode_one, kind=kind, sources=sources, settings=_settings(body))
    results = [encode_one(image) for image in images]
    return image_response(call, results, images[0].size, prompt=body.prompt, sources=sources, settings=_settings(body))


def _check(call: Call) -> None:
    if call.body.partial_images and not call.body.stream:
        raise ApiError(
            "The 'partial_images' parameter is only allowed when 'stream' is enabled.",
            param="partial_images",
            code="invalid_value",
        )
    check_image_fields(call.body, call.model, base64_only=call.service.options.like == "openai")


def _key(call: Call, *content: bytes) -> str:
    """Return what decides everything drawn by chance: the sandbox's seed and what was sent."""
    digest = blake2b(str(call.service.options.seed).encode(), digest_size=16)
    for part in content:
        digest.update(part)
    return digest.hexdigest()


def _mark(image: Image.Image, given: Upload) -> Image.Image:
    """Return the image with what is drawn on it."""
    markup = open_image(given, "markup", ("image/png",), 50_000_000).convert("RGBA")
    if markup.size != image.size:
        raise ApiError("The markup must have the size of the first image.", param="markup", code="invalid_value")
    return Image.alpha_composite(image.convert("RGBA"), markup).convert(image.mode)


def _edit_files(call: Call, body: Edit | EditJson) -> tuple[list[Upload], Upload | None, Upload | None]:
    if isinstance(body, Edit):
        return body.image, body.mask, body.markup
    images = [_referenced(call, image, f"images[{index}]") for index, image in enumerate(body.images)]
    mask, markup = (
        _referenced(call, given, name) if given else None
        for name, given in (("mask", body.mask), ("markup", body.markup))
    )
    return images, mask, markup


def _referenced(call: Call, image: ImageReference, param: str) -> Upload:
    """Return the file that a JSON body refers to.

    Raises:
        ApiError: 400 where it names none or two, or one too long; 404 for a file that is not there.
    """
    if (image.image_url is None) == (image.file_id is None):
        raise ApiError(f"Give '{param}' either 'image_url' or 'file_id'.", param=param, code="invalid_value")
    if image.image_url is None:
        return call.service.file_store.get(image.file_id or "").as_upload()
    if len(image.image_url) > MAX_URL:
        raise ApiError(
            f"Invalid value for '{param}.image_url': it must have at most {MAX_URL} characters.",
            param=f"{param}.image_url",
            code="string_above_max_length",
        )
    return from_data_url(image.image_url, f"{param}.image_url")


def _auto(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, AUTO_MAX / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _finish(image: Image.Image, body: Drawing) -> bytes:
    if body.background == "opaque":
        image = flatten(image)
    elif body.background == "transparent" and image.mode == "RGB":
        image = _cut_out(image)
    if body.output_format == "gif":
        return encode_gif(image, body.frame_count or 9, body.frame_duration_ms or 200)
    return encode(image, body.output_format or "png", body.output_compression)


def _cut_out(image: Image.Image) -> Image.Image:
    """Return the image with what resembles its corner made transparent."""
    corner = Image.new("RGB", image.size, image.getpixel((0, 0)))
    distance = ImageChops.difference(image, corner).convert("L")
    result = image.copy()
    result.putalpha(distance.point([0] * 24 + [255] * 232))
    return result


def _settings(body: Drawing) -> dict[str, str]:
    """Return the settings that a response repeats, with `auto` decided."""
    background = {"transparent": "transparent"}.get(body.background or "", "opaque")
    quality = "medium" if body.quality in (None, "auto") else body.quality
    return {"background": background, "output_format": body.output_format or "png", "quality": quality or ""}


OPERATIONS = (
    Operation("POST", "/images/variations", create_variation, {FORM: Variation}, heavy=True),
    Operation("POST", "/images/edits", create_edit, {FORM: Edit, JSON: EditJson}, heavy=True),
    Operation("POST", "/images/generations", create_image, {JSON: Generation}, heavy=True),
    Operation("GET", "/images/files/{name}", image_file, public=True),
)
