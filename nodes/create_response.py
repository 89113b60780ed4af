"""Create Response."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from .base import Job, Route, Rule, optional
from .base.generation import Generation
from .base.model_responses import ModelResponses
from .base.prompt_node import PROMPT_IMAGES, check_with_tools
from .base.response_input import INPUT_RULES, ResponseInput


class CreateResponse(Generation, ResponseInput):
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
            rules=(*INPUT_RULES, Rule("max_tool_calls", check=check_with_tools)),
        ),
    )
    response = ModelResponses()
    job = Job("/responses/{id}", finished=("completed", "incomplete"), failed=("failed", "cancelled"))
    search_terms = ("gpt", "chatgpt", "llm", "language model", "ai", "prompt", "agent")

    max_output_tokens: int | None = optional(
        "Max answer tokens", "Most tokens of an answer, reasoning included.", minimum=16, since="0.2.0", example=1000
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
    include: list[str] | None = optional(
        "Include in the answer",
        "What the response holds beside its usual parts.",
        suggestions=("message.output_text.logprobs", "file_search_call.results", "reasoning.encrypted_content"),
        advanced=True,
        since="0.2.0",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.result_schema()

    def result_schema(self) -> ModelResponses:
        return self._responses

    @cached_property
    def _responses(self) -> ModelResponses:
        return ModelResponses(self.asked_schema, self.reserved_columns())

    def job_of(self, values: Mapping[str, Any]) -> Job | None:
        return self.job if values.get("background") else None
