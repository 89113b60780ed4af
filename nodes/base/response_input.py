"""The input of the Responses API: what a model is given, whether it answers or its tokens are only counted."""

from collections.abc import Mapping
from typing import Any, Literal

from ...port_types.errors import InvalidSetting
from ...port_types.fields import optional, required
from .model_rules import RESPONSE_RULES
from .prompt_node import PromptNode, check_with_tools
from .route import Route
from .rules import Rule
from .structured_output import answer_format

__all__ = ["INPUT_RULES", "ResponseInput"]


def _check_without_items(_: Any, values: Mapping[str, Any]) -> str | None:
    return "cannot go with input_items" if "input_items" in values else None


def _check_without_previous(_: Any, values: Mapping[str, Any]) -> str | None:
    return "cannot go with previous_response_id" if "previous_response_id" in values else None


INPUT_RULES = (
    *RESPONSE_RULES,
    *(Rule(field, check=_check_without_items, hint="make it one of the items") for field in ("prompt", "images")),
    Rule("conversation", check=_check_without_previous),
    Rule("tool_choice", check=check_with_tools),
    Rule("parallel_tool_calls", check=check_with_tools),
)
"""What routes of the Responses API take of the fields below."""


class ResponseInput(PromptNode):
    """Base of Create Response and Count Input Tokens."""

    prompt: str | None = required("Prompt", "The user's message.", multiline=True, unless="input_items", since="0.2.0")
    input_items: list[dict[str, Any]] | None = optional(
        "Input items",
        "A whole conversation in place of prompt and images: JSON list of messages, calls and their results.",
        advanced=True,
        primary=True,
        since="0.2.0",
        example=[{"role": "user", "content": "Name two plums."}],
    )
    reasoning_summary: Literal["auto", "concise", "detailed"] | None = optional(
        "Reasoning summary", "Asks a reasoning model to say how it came to its answer.", advanced=True, since="0.2.0"
    )
    previous_response_id: str | None = optional(
        "Previous response",
        "Id of a stored response that this one follows.",
        pattern=r"resp_\w{1,200}",
        pattern_help="the id of a response, such as resp_123",
        advanced=True,
        example="resp_sandbox_1",
        since="0.2.0",
    )
    conversation: str | None = optional(
        "Conversation",
        "Id of a conversation that the service keeps: its items come first, and the answer is added to it.",
        pattern=r"conv_\w{1,200}",
        pattern_help="the id of a conversation, such as conv_123",
        advanced=True,
        example="conv_sandbox",
        since="0.2.0",
    )
    tools: list[dict[str, Any]] | None = optional(
        "Tools",
        "JSON list of tools of the service, and of functions that the model may want called.",
        maximum=128,
        advanced=True,
        example=[{"type": "function", "name": "look_up", "strict": False, "parameters": {"type": "object"}}],
        since="0.2.0",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.answer_columns and "text" in self.extra_fields:
            raise InvalidSetting(
                "answer_columns and extra_fields.text are both set, but only one can shape the answers."
            )

    def payload(self, values: Mapping[str, Any], route: Route) -> dict[str, Any]:
        payload = super().payload(values, route)
        prompt, system, images = (payload.pop(name, None) for name in ("prompt", "system", "images"))
        payload["input"] = payload.pop("input_items", None) or self._input(prompt, images)
        if system is not None:
            payload["instructions"] = system
        text = {"verbosity": payload.pop("verbosity", None), "format": self._format()}
        reasoning = {"effort": payload.pop("reasoning_effort", None), "summary": payload.pop("reasoning_summary", None)}
        for name, members in (("text", text), ("reasoning", reasoning)):
            if given := {member: value for member, value in members.items() if value is not None}:
                payload[name] = given
        if (choice := payload.get("tool_choice")) not in (None, "none", "auto", "required"):
            payload["tool_choice"] = {"type": "function", "name": choice}
        return payload

    def _format(self) -> dict[str, Any] | None:
        return {"type": "json_schema", **answer_format(self.asked_schema)["json_schema"]} if self.asked_schema else None

    def _input(self, prompt: str | None, images: list[Any] | None) -> Any:
        if not images:
            return prompt
        pictures = [
            {"type": "input_image", "image_url": image.data_url, "detail": self.image_detail} for image in images
        ]
        return [{"role": "user", "content": [{"type": "input_text", "text": prompt}, *pictures]}]
