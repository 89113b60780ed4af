"""What all nodes that make images have in common."""

from typing import Literal

from ...port_types.fields import optional
from .images import Images
from .model_patterns import IMAGE_MODELS, models_that
from .node import Node

__all__ = ["ImageNode"]


class ImageNode(Node):
    """Base of Create Image, Create Image Edit and Create Image Variation."""

    response = Images()
    openai = True

    model: str | None = optional("Model", "The model to use.", suggestions=models_that(IMAGE_MODELS))
    n: int | None = optional(
        "Number of images", "How many images to make for each row.", minimum=1, maximum=10, example=4, initial=1
    )
    size: str | None = optional(
        "Size",
        "Width and height in pixels, or auto. GPT Image models from gpt-image-2 on take any multiples of 16.",
        suggestions=("1024x1024", "1536x1024", "1024x1536", "auto", "512x512", "256x256"),
        pattern=r"auto|[1-9]\d*x[1-9]\d*",
        pattern_help="auto or WIDTHxHEIGHT such as 1536x1024",
        example="512x512",
    )
    response_format: Literal["url", "b64_json"] | None = optional(
        "Image delivery",
        "How the service delivers images; the result holds the images themselves either way.",
        advanced=True,
    )
    user: str | None = optional(
        "End user", "An id of your end user, for the service's abuse monitoring.", advanced=True
    )
