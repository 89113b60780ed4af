"""Create Response."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from ..port_types.errors import InvalidSetting
from .base import Job, Route, Rule, optional, required
from .base.model_responses import ModelResponses
from .base.model_rules import RESPONSE_RULES
from .base.prompt_node import PROMPT_IMAGES, PromptNode, check_with_tools
from .base.structured_output import answer_format


def _check_without_items(_: Any, values: Mapping[str, Any]) -> str | None:
    return "cannot go with input_items" if "input_items" in values else None


class CreateResponse(PromptNode):
    """Asks a model about each row, over the Responses API: with images, tools of the service, and typed answers.

    Each row of the input table is one request and one row of the result. The service's own tools, such as web search
    and file search, work within the request. *Previous response* goes on from what the service stored of an earlier
    answer: its id is the column *id* of that result.
    """

    routes = (
        Route(
            "responses",
            "POST",
            "/responses",
            files={"images": PROMPT_IMAGES},
            rules=(
                *RESPONSE_RULES,
                *(
                    Rule(field, check=_check_without_items, hint="make it one of the items")
                    for field in ("prompt", "images")
                ),
                Rule("tool_choice", check=check_with_tools),
                Rule("parallel_tool_calls", check=check_with_tools),
                Rule("max_tool_calls", check=check_with_tools),
            ),
        ),
    )
    response = ModelResponses()
    job = Job("/responses/{id}", finished=("completed", "incomplete"), failed=("failed", "cancelled"))
    search_terms = ("gpt", "chatgpt", "llm", "language model", "ai", "prompt", "agent")

    prompt: str | None = required("Prompt", "The user's message.", multiline=True, unless="input_items", since="0.2.0")
    input_items: list[dict[str, Any]] | None = optional(
        "Input items",
        "A whole conversation in place of prompt and images: JSON list of messages, calls and their results.",
        advanced=True,
        primary=True,
        since="0.2.0",
        example=[{"role": "user", "content": "Name two plums."}],
    )
    max_output_tokens: int | None = optional(
        "Max answer tokens", "Most tokens of an answer, reasoning included.", minimum=16, since="0.2.0", example=1000
    )
    reasoning_summary: Literal["auto", "concise", "detailed"] | None = optional(
        "Reasoning summary", "Asks a reasoning model to say how it came to its answer.", advanced=True, since="0.2.0"
    )
    background: bool | None = optional(
        "Background",
        "The service works on the answer after the request has ended; the node polls until it is there, which suits "
        "answers that take minutes.",
        advanced=True,
        example=True,
        since="0.2.0",
    )
    max_tool_calls: int | None = optional(
        "Max tool calls", "Most calls of the service's own tools.", minimum=1, advanced=True, since="0.2.0", example=5
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
    tools: list[dict[str, Any]] | None = optional(
        "Tools",
        "JSON list of tools of the service, and of functions that the model may want called.",
        maximum=128,
        advanced=True,
        example=[{"type": "function", "name": "look_up", "parameters": {"type": "object"}}],
        since="0.2.0",
    )
    include: list[str] | None = optional(
        "Include in the answer",
        "What the response holds beside its usual parts.",
        suggestions=("message.output_text.logprobs", "file_search_call.results", "reasoning.encrypted_content"),
        advanced=True,
        since="0.2.0",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.answer_columns and "text" in self.extra_fields:
            raise InvalidSetting(
                "answer_columns and extra_fields.text are both set, but only one can shape the answers."
            )
        self.result_schema()

    def result_schema(self) -> ModelResponses:
        return self._responses

    @cached_property
    def _responses(self) -> ModelResponses:
        return ModelResponses(self.asked_schema, self.reserved_columns())

    def job_of(self, values: Mapping[str, Any]) -> Job | None:
        return self.job if values.get("background") else None

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
