"""Create Image Variation."""

from typing import Any, Literal

from .base import (
    Body,
    Column,
    ColumnKind,
    FileRules,
    Images,
    Node,
    Operation,
    SourceImage,
    is_gpt_image,
    models_that,
    optional,
    required,
    setting,
)

VARIATIONS = Operation("POST", "/images/variations", Body.MULTIPART)
EDITS = Operation("POST", "/images/edits", Body.MULTIPART)

PROMPTS = {
    "subtle": "Create a subtle variation of this image. Keep the subject, composition, style and colours; "
    "change only small details, so that it looks like another take of the same picture.",
    "balanced": "Create a variation of this image. Keep the subject and the overall style; "
    "vary details, lighting and composition, so that it looks like a sibling of the picture.",
    "bold": "Create a bold variation of this image. Keep the subject recognisable; "
    "reinterpret composition, lighting, colours and setting freely.",
}
STYLES = {
    "vivid": "Make it vivid: hyper-real and dramatic.",
    "natural": "Keep it natural: realistic and unexaggerated.",
}


class CreateImageVariation(Node):
    """Makes variations of an image: pictures of the same subject that differ in detail.

    Each row of the input table is one image and one request; each variation that comes back is one row of the result.
    OpenAI itself retired the operation in May 2026, other services still have it. So the node has a route:
    *variations* sends `POST /images/variations`; *edits* sends an image edit with a prompt that asks for a
    variation; *auto* takes edits for GPT Image models and for what only edits can express (quality, style, a prompt of
    your own), and variations for everything else; when a service turns out not to have it, the run moves on
    to edits, once and with a warning.
    """

    operation = VARIATIONS
    response = Images()

    image: SourceImage | None = required(
        "Image",
        "The image to vary: a file, a url or base64 text. The variations route takes square PNG images under 4 MB.",
        files={
            "variations": FileRules(("image/png",), 4_000_000, square=True),
            "edits": FileRules(("image/png", "image/webp", "image/jpeg"), 50_000_000),
        },
    )
    model: str | None = optional("Model", "The model to use.", suggestions=models_that("make images"))
    n: int | None = optional("N", "How many variations to make of each image.", minimum=1, maximum=10, example=4)
    size: str | None = optional(
        "Size",
        "Width and height of the variations in pixels. GPT Image models from gpt-image-2 on take any multiples of 16.",
        suggestions=("256x256", "512x512", "1024x1024", "1536x1024", "1024x1536", "auto"),
        pattern=r"auto|[1-9]\d*x[1-9]\d*",
        pattern_help="auto or WIDTHxHEIGHT such as 512x512",
        example="512x512",
    )
    response_format: Literal["url", "b64_json"] | None = optional(
        "Response format",
        "How the service hands out images; the result holds the images themselves either way.",
        advanced=True,
    )
    quality: Literal["standard", "hd", "low", "medium", "high", "xhigh", "max", "auto"] | None = optional(
        "Quality", "Quality of the variations; only on the edits route, and which ones depends on the model."
    )
    style: Literal["vivid", "natural"] | None = optional(
        "Style", "Look of the variations; becomes words of the edit's prompt, so only on the edits route."
    )
    prompt: str | None = optional(
        "Prompt",
        "Your own words for the edits route, in place of the strength's.",
        multiline=True,
        advanced=True,
    )
    user: str | None = optional("User", "An id of your end user, for the service's abuse monitoring.", advanced=True)
    route: Literal["auto", "variations", "edits"] = setting("Route", "Which operation makes the variations.", "auto")
    strength: Literal["subtle", "balanced", "bold"] = setting(
        "Strength", "How far a variation may go on the edits route.", "balanced"
    )
    fit: Literal["refuse", "pad", "crop"] = setting(
        "Fit",
        "What to do with an image that does not fit the route: refuse it, or make it square by padding or cropping; "
        "pad and crop also re-encode as PNG and scale down where needed.",
        "refuse",
    )

    def routes(self) -> tuple[Operation, ...]:
        if self.route != "auto":
            return (VARIATIONS,) if self.route == "variations" else (EDITS,)
        only_edits = is_gpt_image(self.model) or any((self.quality, self.style, self.prompt))
        return (EDITS,) if only_edits else (VARIATIONS, EDITS)

    def payload(self, route: Operation) -> dict[str, Any]:
        values = super().payload(route)
        if route is EDITS:
            words = [self.prompt or PROMPTS[self.strength], STYLES.get(values.pop("style", ""), "")]
            values["prompt"] = " ".join(filter(None, words))
        return values

    def notes(self) -> tuple[Column, ...]:
        return (
            Column("route", ColumnKind.TEXT, "The route that made the variation."),
            Column("repaired", ColumnKind.TEXT, "What was changed on the source image to make it fit."),
        )
