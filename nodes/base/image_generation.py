"""What the nodes that draw images from a prompt have in common."""

from typing import Literal

from ...port_types.fields import optional, required
from .images import Images
from .model_rules import models_that
from .node import Node

__all__ = ["ImageGenerationNode"]


class ImageGenerationNode(Node):
    """Base of Create Image and Create Image Edit."""

    response = Images()

    prompt: str | None = required(
        "Prompt",
        "What the images should show, up to 32,000 characters.",
        multiline=True,
        pattern=r"(?s).{1,32000}",
        pattern_help="a text of 1 to 32,000 characters",
        example="A poster of two plums",
    )
    model: str | None = optional("Model", "The model to use.", suggestions=models_that("make images"))
    n: int | None = optional("N", "How many images to make for each row.", minimum=1, maximum=10)
    size: str | None = optional(
        "Size",
        "Width and height in pixels, or auto. GPT Image models from gpt-image-2 on take any multiples of 16.",
        suggestions=("1024x1024", "1536x1024", "1024x1536", "auto"),
        pattern=r"auto|[1-9]\d*x[1-9]\d*",
        pattern_help="auto or WIDTHxHEIGHT such as 1536x1024",
    )
    quality: Literal["low", "medium", "high", "xhigh", "max", "auto", "standard", "hd"] | None = optional(
        "Quality", "How carefully the images are drawn; better takes longer and costs more."
    )
    background: Literal["transparent", "opaque", "auto"] | None = optional(
        "Background", "Whether the images have one; transparent needs png or webp."
    )
    output_format: Literal["png", "jpeg", "webp", "svg", "gif"] | None = optional(
        "Output format", "File format of the images; svg and gif came with gpt-image-2.6."
    )
    output_compression: int | None = optional(
        "Output compression",
        "Quality of jpeg and webp files in percent; lower makes smaller files.",
        minimum=0,
        maximum=100,
        advanced=True,
    )
    complexity: Literal["low", "medium", "high"] | None = optional(
        "Complexity", "How much detail a drawing may have; came with gpt-image-2.6.", advanced=True
    )
    response_format: Literal["url", "b64_json"] | None = optional(
        "Response format",
        "How the service hands out images; the result holds the images themselves either way.",
        advanced=True,
    )
    user: str | None = optional("User", "An id of your end user, for the service's abuse monitoring.", advanced=True)
