"""What the image models take, as OpenAI documents it (20 November 2026).

The sandbox's own image model takes everything the operations describe.
"""

import re
from typing import Any

from .catalogue import is_gpt_image
from .errors import ApiError

__all__ = ["check_image_fields", "parse_size"]

QUALITIES = ("low", "medium", "high", "auto")
FIXED_SIZES = {
    "gpt-image-1.5": ("1024x1024", "1536x1024", "1024x1536"),
    "sandbox-image": ("256x256", "512x512", "1024x1024", "1536x1024", "1024x1536", "1792x1024", "1024x1792"),
}
MAX_SIDE, MAX_AREA = 3840, 3840 * 2160


def parse_size(size: str | None, default: tuple[int, int]) -> tuple[int, int]:
    """Return the pixels of a checked size; `auto` and None are the default."""
    if size is None or size == "auto":
        return default
    width, _, height = size.partition("x")
    return int(width), int(height)


def check_image_fields(body: Any, model: str, *, base64_only: bool) -> None:
    """Refuse what the model does not take.

    Args:
        body: The struct of an edit or a generation.
        model: The model that answers.
        base64_only: Whether GPT Image models refuse `response_format`, as they do at OpenAI.

    Raises:
        ApiError: 400 naming the parameter.
    """
    _check_size(body.size, model)
    _check_format(body)
    if not is_gpt_image(model):
        return
    generation = re.search(r"(\d+)\.?(\d*)", model)
    version = (int(generation[1]), int(generation[2] or 0)) if generation else (0, 0)
    if base64_only and body.response_format is not None:
        raise _unknown("response_format")
    if getattr(body, "style", None) is not None:
        raise _unknown("style")
    if body.complexity is not None and version < (2, 6):
        raise _unknown("complexity")
    if getattr(body, "markup", None) is not None and version < (2, 5):
        raise _unknown("markup")
    if getattr(body, "input_fidelity", None) is not None and version != (1, 5):
        raise ApiError(
            f"The model '{model}' does not support the 'input_fidelity' parameter.",
            param="input_fidelity",
            code="invalid_input_fidelity_model",
        )
    _one_of("quality", body.quality, (*QUALITIES, *(("xhigh", "max") if version >= (2, 5) else ())))
    formats = ("png", "jpeg", "webp", *(("svg", "gif") if version >= (2, 6) else ()))
    _one_of("output_format", body.output_format, formats)


def _check_size(size: str | None, model: str) -> None:
    if size is None or size == "auto":
        return
    if model in FIXED_SIZES:
        _one_of("size", size, (*FIXED_SIZES[model], "auto"))
        return
    match = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", size)
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if (
        not match
        or width % 16
        or height % 16
        or not 1 / 3 <= width / height <= 3
        or max(width, height) > MAX_SIDE
        or width * height > MAX_AREA
    ):
        raise ApiError(
            f"Invalid value: '{size}'. Sizes are WIDTHxHEIGHT in multiples of 16, with a ratio from 1:3 to "
            "3:1, up to 3840x2160, or 'auto'.",
            param="size",
            code="invalid_value",
        )


def _check_format(body: Any) -> None:
    output = body.output_format or "png"
    if body.background == "transparent" and output == "jpeg":
        raise ApiError(
            "Transparent background is not supported for JPEG output format; use png or webp.",
            param="background",
            code="invalid_background",
        )
    for param in ("frame_count", "frame_duration_ms"):
        if getattr(body, param) is not None and output != "gif":
            raise ApiError(f"'{param}' is only supported with output_format 'gif'.", param=param, code="invalid_value")
    if getattr(body, "mask", None) and (output == "gif" or body.markup):
        raise ApiError("A mask cannot be combined with markup or GIF output.", param="mask", code="invalid_value")
    if body.output_compression not in (None, 100) and output not in ("jpeg", "webp"):
        raise ApiError(
            f"Compression less than 100 is not supported for {output.upper()} output format.",
            param="output_compression",
            code="invalid_output_compression",
        )


def _one_of(param: str, value: str | None, choices: tuple[str, ...]) -> None:
    if value is not None and value not in choices:
        supported = ", ".join(map(repr, choices))
        raise ApiError(
            f"Invalid value: '{value}'. Supported values are: {supported}.", param=param, code="invalid_value"
        )


def _unknown(param: str) -> ApiError:
    return ApiError(f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")
