"""What the nodes that draw images from a prompt have in common."""

from typing import Literal

from ...port_types.fields import optional, required
from .image_node import ImageNode
from .safety import safety_identifier_field

__all__ = ["ImageGenerationNode"]


class ImageGenerationNode(ImageNode):
    """Base of Create Image and Create Image Edit."""

    prompt: str | None = required(
        "Prompt",
        "What the images should show, up to 32,000 characters.",
        multiline=True,
        pattern=r"(?s).{1,32000}",
        pattern_help="a text of 1 to 32,000 characters",
        example="A poster of two plums",
    )
    quality: Literal["low", "medium", "high", "xhigh", "max", "auto", "standard", "hd"] | None = optional(
        "Quality", "How carefully the images are drawn; better takes longer and costs more.", initial="auto"
    )
    background: Literal["transparent", "opaque", "auto"] | None = optional(
        "Background", "Background of the images; transparent needs png or webp.", initial="auto"
    )
    output_format: Literal["png", "jpeg", "webp", "svg", "gif"] | None = optional(
        "File format", "File format of the images; svg and gif are new in gpt-image-2.6."
    )
    output_compression: int | None = optional(
        "Compression quality (%)",
        "Quality of jpeg and webp files in percent; lower gives smaller files.",
        minimum=0,
        maximum=100,
        advanced=True,
        example=80,
        initial=100,
    )
    frame_count: int | None = optional(
        "Frames", "How many frames a gif has; 9 if it is off.", minimum=2, maximum=16, advanced=True, since="0.2.0"
    )
    frame_duration_ms: int | None = optional(
        "Frame duration (ms)",
        "Milliseconds that each frame of a gif is shown; 200 if it is off.",
        minimum=1,
        maximum=655_350,
        advanced=True,
        example=100,
        since="0.2.0",
    )
    safety_identifier: str | None = safety_identifier_field(since="0.2.0")
    complexity: Literal["low", "medium", "high"] | None = optional(
        "Complexity", "How detailed a drawing may be; new in gpt-image-2.6.", advanced=True, initial="medium"
    )
