"""Create Moderation."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..port_types.errors import BadResponse
from ..port_types.fields.values import preview
from .base import (
    Column,
    ColumnKind,
    FileRules,
    ImageFit,
    JsonResultSchema,
    Node,
    Response,
    Route,
    SourceImage,
    image_fit_setting,
    models_that,
    optional,
    required,
)
from .base.media.images import Fit
from .base.model_patterns import MODERATION_MODELS
from .base.result_schema import extract_columns, parse_object

RESULT = (
    Column("flagged", ColumnKind.BOOLEAN, "Whether any category applies."),
    Column("categories", ColumnKind.JSON, "Each category, and whether it applies."),
    Column("category_scores", ColumnKind.JSON, "Each category with a score from 0 to 1."),
    Column("category_applied_input_types", ColumnKind.JSON, "Each category, and whether text or image was judged."),
)
RESPONSE = (
    Column("id", ColumnKind.TEXT, "The service's id of the moderation.", detail=True),
    Column("model", ColumnKind.TEXT, "The model that judged.", detail=True),
    Column("results", ColumnKind.JSON, "The list of results as the service sent it."),
)


class ModerationResults(JsonResultSchema):
    """Which categories apply to an input."""

    structured_columns = RESPONSE
    headline = ("flagged",)

    def simplified(self) -> tuple[Column, ...]:
        return (*RESULT, *RESPONSE[:2])

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        body = parse_object(response)
        results = body.get("results")
        if not isinstance(results, list) or not results or not all(isinstance(item, dict) for item in results):
            raise BadResponse(f"the service answered without results (results is {preview(results)})")
        return [{**extract_columns(item, RESULT), **extract_columns(body, RESPONSE[:2])} for item in results]


class CreateModeration(Node):
    """Judges whether texts and images are harmful, and in which way.

    Each row of the input table is one request: a text, an image, or both judged together; it gives one row.
    """

    routes = (
        Route(
            "moderations",
            "POST",
            "/moderations",
            files={"image": FileRules(("image/png", "image/jpeg", "image/webp", "image/gif"), 20_000_000)},
        ),
    )
    response = ModerationResults()
    openai = True
    search_terms = ("safety", "hate speech", "content filter")

    input: str | None = required(
        "Text", "The text to judge.", multiline=True, unless="image", example="Two plums, please."
    )
    image: SourceImage | None = optional(
        "Image",
        "The image to judge, alone or together with the text: a file, a url or base64 text.",
        primary=True,
    )
    model: str | None = optional("Model", "The model to use.", suggestions=models_that(MODERATION_MODELS))
    fit: ImageFit = image_fit_setting(advanced=True)

    def fit_mode(self) -> Fit:
        return self.fit

    def payload(self, values: Mapping[str, Any], route: Route) -> dict[str, Any]:
        payload = super().payload(values, route)
        if image := payload.pop("image", None):
            text = [{"type": "text", "text": payload["input"]}] if "input" in payload else []
            payload["input"] = [*text, {"type": "image_url", "image_url": {"url": image.data_url}}]
        return payload
