"""Create Image."""

from typing import Literal

from .base import Operation, optional
from .base.image_generation import ImageGenerationNode


class CreateImage(ImageGenerationNode):
    """Makes images from a prompt.

    Each row of the input table is one prompt and one request; each image that comes back is one row of the result.
    """

    operation = Operation("POST", "/images/generations")

    moderation: Literal["low", "auto"] | None = optional(
        "Moderation", "How strictly the service filters what GPT Image models draw.", advanced=True
    )
    style: Literal["vivid", "natural"] | None = optional(
        "Style", "Look of the images: hyper-real or calm; GPT Image models are told in the prompt instead."
    )
