"""Create Image."""

from typing import Literal

from .base import Route, Rule, optional
from .base.image_generation import ImageGenerationNode
from .base.model_patterns import GPT_IMAGE
from .base.model_rules import FRAME_RULES, GPT_IMAGE_ALIASES, IMAGE_RULES


class CreateImage(ImageGenerationNode):
    """Makes images from a prompt.

    Each row of the input table is one prompt and one request; each image that comes back is one row of the result.
    """

    search_terms = ("dall-e", "gpt-image", "text to image", "ai", "draw")
    routes = (
        Route(
            "generations",
            "POST",
            "/images/generations",
            rules=(*IMAGE_RULES, *FRAME_RULES, Rule("style", GPT_IMAGE, hint="put the style into the prompt")),
            aliases=GPT_IMAGE_ALIASES,
        ),
    )

    moderation: Literal["low", "auto"] | None = optional(
        "Moderation", "How strictly the service filters what GPT Image models draw.", advanced=True, initial="auto"
    )
    style: Literal["vivid", "natural"] | None = optional(
        "Style", "Look of the images: hyper-real or calm. With GPT Image models, describe it in the prompt instead."
    )
