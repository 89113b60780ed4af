"""Create Image Edit."""

from collections.abc import Mapping, Sequence
from typing import Literal

from ..port_types.errors import InvalidInput
from ..port_types.files import File
from .base import Body, FileRules, ImageFit, Route, Rule, SourceImage, image_fit_setting, optional, required, setting
from .base.image_edits import edit_as_json
from .base.image_generation import ImageGenerationNode
from .base.media.images import Fit, alpha_from_white, inspect_image
from .base.model_rules import DRAWN_RULES, FRAME_RULES, GPT_IMAGE_ALIASES, IMAGE_RULES

EDITS = Route(
    "edits",
    "POST",
    "/images/edits",
    Body.MULTIPART,
    files={
        "image": FileRules(("image/png", "image/webp", "image/jpeg"), 50_000_000),
        "mask": FileRules(("image/png",), 4_000_000),
        "markup": FileRules(("image/png",), 50_000_000),
    },
    rules=(
        *IMAGE_RULES,
        *FRAME_RULES,
        *DRAWN_RULES,
        Rule(
            "input_fidelity",
            ("gpt-image-1-mini*", "gpt-image-[2-9]*"),
            hint="switch it off; only gpt-image-1.5 has the choice",
        ),
    ),
    aliases=GPT_IMAGE_ALIASES,
    json_body=edit_as_json,
)


_DRAWN = {
    "mask": (
        "nothing would be redrawn",
        "make areas transparent, or say `mask_polarity=white` for a mask drawn in black and white",
    ),
    "markup": ("it would hide the image", "make it transparent where nothing is drawn"),
}
"""Images that are laid on the first one: what comes of one without an alpha channel, and the way out."""


class CreateImageEdit(ImageGenerationNode):
    """Makes new images from existing ones and a prompt, everywhere or only where a mask allows.

    Each row of the input table is one request: a prompt with 1 to 16 images; each image that comes back is one row
    of the result. Several images of a row are a list cell, or text that is a JSON list of paths or urls.
    """

    search_terms = ("dall-e", "gpt-image", "inpainting", "retouch")
    routes = (EDITS,)

    image: list[SourceImage] | None = required(
        "Image",
        "The images to start from: files, urls or base64 text.",
        minimum=1,
        maximum=16,
    )
    mask: SourceImage | None = optional(
        "Mask",
        "Where the first image may change: a PNG of the same size with an alpha channel, in which transparent "
        "pixels (alpha 0) are redrawn and opaque ones kept.",
        primary=True,
    )
    markup: SourceImage | None = optional(
        "Markup",
        "Drawn on the first image to show what to change: a PNG of the same size, transparent where nothing is drawn; "
        "new in gpt-image-2.5.",
        advanced=True,
        since="0.2.0",
    )
    input_fidelity: Literal["high", "low"] | None = optional(
        "Input fidelity",
        "How closely faces and details of the images are kept; only gpt-image-1.5 lets you choose.",
        initial="low",
    )
    mask_polarity: Literal["transparent", "white"] = setting(
        "Mask polarity",
        "transparent: the mask is sent as it is; white: the white areas of a drawn mask are redrawn and "
        "the black ones kept, so white is turned into transparency before the mask is sent.",
        "transparent",
        advanced=True,
    )
    fit: ImageFit = image_fit_setting()

    def fit_mode(self) -> Fit:
        return self.fit

    def fit_file(self, name: str, file: File, rules: FileRules) -> tuple[File, list[str]]:
        if name == "mask" and self.mask_polarity == "white":
            file = alpha_from_white(file)
        return super().fit_file(name, file, rules)

    def check_files(self, files: Mapping[str, Sequence[File]]) -> None:
        if "image" not in files:
            return
        for name, (without_alpha, way_out) in _DRAWN.items():
            for file in files.get(name, ()):
                self._check_drawn(name, file, files["image"][0], f"{without_alpha}; {way_out}")

    def _check_drawn(self, name: str, file: File, image: File, without_alpha: str) -> None:
        first, drawn = inspect_image(image.data), inspect_image(file.data)
        if (drawn.width, drawn.height) != (first.width, first.height):
            raise InvalidInput(
                f"{name}: {file.name} has {drawn.width} x {drawn.height} pixels, but must have the "
                f"{first.width} x {first.height} of the first image."
            )
        if "A" not in drawn.mode:
            raise InvalidInput(f"{name}: {file.name} has no alpha channel, so {without_alpha}.")
