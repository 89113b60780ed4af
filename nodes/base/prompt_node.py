"""What nodes that give a model a prompt have in common: images, tools, and typed answers."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from ...port_types.fields import Entries, optional, required, setting
from ...port_types.files import FileRules, SourceImage
from .image_fit import ImageFit, image_fit_setting
from .media.images import Fit
from .model_patterns import CHAT_MODELS, NOT_CHAT_MODELS, models_that
from .node import Node
from .structured_output import ANSWER_TYPES, answer_schema

__all__ = ["PROMPT_IMAGES", "PromptNode", "check_with_tools"]

PROMPT_IMAGES = FileRules(("image/png", "image/jpeg", "image/webp", "image/gif"), 50_000_000)
"""Images that models take beside a prompt."""


def check_with_tools(_: Any, values: Mapping[str, Any]) -> str | None:
    """Return what a field needs that makes sense with tools only."""
    return None if "tools" in values else "needs tools"


class PromptNode(Node):
    """Base of nodes whose request is a prompt."""

    openai = True

    prompt: str | None = required("Prompt", "The user's message.", multiline=True, unless="messages")
    system: str | None = optional(
        "System message",
        "Instructions that come before the prompt, such as the model's role.",
        multiline=True,
        primary=True,
    )
    images: list[SourceImage] | None = optional(
        "Images",
        "Images that go with the prompt: files, urls or base64 text.",
        primary=True,
    )
    model: str | None = required(
        "Model", "The model to use.", primary=False, suggestions=models_that(CHAT_MODELS, NOT_CHAT_MODELS)
    )
    answer_columns: dict[str, Any] = setting(
        "Answer columns",
        'Columns to get as the answer: a JSON object of names and types, such as {"city": "text", "people": "integer"} '
        f"({', '.join(ANSWER_TYPES)}), or a JSON schema.",
        {},
        entries=Entries("Columns that the answers are asked for in.", "Column", "Type", choices=ANSWER_TYPES),
    )
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = optional(
        "Reasoning effort", "How long a reasoning model thinks before it answers.", initial="medium"
    )
    verbosity: Literal["low", "medium", "high"] | None = optional(
        "Verbosity", "How detailed the answers are.", advanced=True, initial="medium"
    )
    tools: list[dict[str, Any]] | None = optional(
        "Tools",
        "JSON list of functions that the model may call.",
        maximum=128,
        advanced=True,
        example=[{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}],
    )
    tool_choice: str | None = optional(
        "Tool choice",
        "Which tool the model calls: none, auto, required, or the name of a function.",
        suggestions=("auto", "none", "required"),
        advanced=True,
    )
    parallel_tool_calls: bool | None = optional(
        "Parallel tool calls", "Whether one answer may call several tools.", advanced=True, example=False
    )
    image_detail: Literal["auto", "low", "high"] = setting(
        "Image detail", "How closely the model looks at the images; high uses more tokens.", "auto", advanced=True
    )
    fit: ImageFit = image_fit_setting(advanced=True)

    def fit_mode(self) -> Fit:
        return self.fit

    @cached_property
    def asked_schema(self) -> dict[str, Any] | None:
        """The JSON schema that *Answer columns* asks for, None if the answers are free text."""
        return answer_schema(self.answer_columns) if self.answer_columns else None
