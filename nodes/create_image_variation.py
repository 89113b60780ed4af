"""Create Image Variation."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from .base import (
    Body,
    Column,
    ColumnKind,
    FileRules,
    Route,
    Rule,
    SourceImage,
    SquareFit,
    is_gpt_image,
    optional,
    required,
    setting,
    square_fit_setting,
)
from .base.image_edits import edit_as_json
from .base.image_node import ImageNode
from .base.media.images import Fit
from .base.model_rules import GPT_IMAGE_ALIASES, IMAGE_RULES


def _check_not_gpt_image(model: Any, _: Mapping[str, Any]) -> str | None:
    return "must not be a GPT Image model" if is_gpt_image(model) else None


VARIATIONS = Route(
    "variations",
    "POST",
    "/images/variations",
    Body.MULTIPART,
    files={"image": FileRules(("image/png",), 4_000_000, square=True)},
    rules=(
        Rule("model", check=_check_not_gpt_image, hint="choose the edits route, or auto"),
        Rule(
            "size",
            allowed=("256x256", "512x512", "1024x1024"),
            hint="for other sizes choose the edits route and a GPT Image model",
        ),
        Rule("quality", hint="choose the edits route or switch Quality off"),
        Rule("style", hint="choose the edits route or switch Style off"),
        Rule("prompt", hint="choose the edits route or switch Prompt off"),
        *IMAGE_RULES,
    ),
)
EDITS = Route(
    "edits",
    "POST",
    "/images/edits",
    Body.MULTIPART,
    files={"image": FileRules(("image/png", "image/webp", "image/jpeg"), 50_000_000)},
    rules=IMAGE_RULES,
    aliases=GPT_IMAGE_ALIASES,
    json_body=edit_as_json,
)

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
BY_EDIT = ("route", ("auto", "edits"))
"""Where an edit may make the variation, which takes more fields than a variation."""


class CreateImageVariation(ImageNode):
    """Makes variations of an image: pictures of the same subject that differ in detail.

    Each row of the input table is one image and one request; each variation that comes back is one row of the result.
    OpenAI itself retired the operation in May 2026, other services still have it. So the node has a route:
    *variations* sends `POST /images/variations`; *edits* sends an image edit with a prompt that asks for a
    variation; *auto* takes edits for GPT Image models and for what only edits can express (quality, style, a prompt of
    your own), and variations for everything else; when a service turns out not to have it, the run moves on
    to edits, once and with a warning.
    """

    search_terms = ("dall-e", "gpt-image", "image to image", "similar images")
    routes = (VARIATIONS, EDITS)

    image: SourceImage | None = required(
        "Image",
        "The image to vary: a file, a url or base64 text. The variations route takes square PNG images under 4 MB.",
    )
    quality: Literal["standard", "hd", "low", "medium", "high", "xhigh", "max", "auto"] | None = optional(
        "Quality",
        "Quality of the variations, on the edits route only; which values there are depends on the model.",
        advanced=True,
        initial="auto",
        only_with=BY_EDIT,
    )
    style: Literal["vivid", "natural"] | None = optional(
        "Style",
        "Look of the variations; it is added to the prompt of the edits route.",
        advanced=True,
        only_with=BY_EDIT,
    )
    prompt: str | None = optional(
        "Prompt",
        "Prompt for the edits route, instead of the one that comes with the strength.",
        multiline=True,
        advanced=True,
        only_with=BY_EDIT,
    )
    route: Literal["auto", "variations", "edits"] = setting(
        "Variation route", "Which operation makes the variations.", "auto", advanced=True
    )
    strength: Literal["subtle", "balanced", "bold"] = setting(
        "Variation strength",
        "How far a variation may go on the edits route. subtle: another take of the same picture; balanced: a sibling "
        "of it; bold: a free reinterpretation.",
        "balanced",
        only_with=BY_EDIT,
    )
    fit: SquareFit = square_fit_setting()

    def choose_routes(self, values: Mapping[str, Any]) -> Sequence[Route]:
        if self.route != "auto":
            return (VARIATIONS,) if self.route == "variations" else (EDITS,)
        only_edits = is_gpt_image(values.get("model")) or values.keys() & {"quality", "style", "prompt"}
        return (EDITS,) if only_edits else (VARIATIONS, EDITS)

    def payload(self, values: Mapping[str, Any], route: Route) -> dict[str, Any]:
        payload = super().payload(values, route)
        if route is EDITS:
            words = [values.get("prompt") or PROMPTS[self.strength], STYLES.get(payload.pop("style", ""), "")]
            payload["prompt"] = " ".join(filter(None, words))
        return payload

    def fit_mode(self) -> Fit:
        return self.fit

    def provenance_columns(self) -> tuple[Column, ...]:
        return (
            Column("route", ColumnKind.TEXT, "The route that made the variation."),
            Column("repaired", ColumnKind.TEXT, "What was changed on the source image to make it fit."),
        )
