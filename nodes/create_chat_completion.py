"""Create Chat Completion."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from ..port_types.errors import InvalidSetting
from .base import Route, Rule, optional, setting
from .base.chat import Choices
from .base.generation import Generation
from .base.model_rules import CHAT_ALIASES, CHAT_RULES
from .base.prompt_node import PROMPT_IMAGES, PromptNode, check_with_tools
from .base.structured_output import answer_format, answer_schema
from .base.voices import VOICES


def _check_without_messages(_: Any, values: Mapping[str, Any]) -> str | None:
    return "cannot go with messages" if "messages" in values else None


def _check_with_logprobs(_: Any, values: Mapping[str, Any]) -> str | None:
    return None if values.get("logprobs") else "needs logprobs to be on"


COMPLETIONS = Route(
    "completions",
    "POST",
    "/chat/completions",
    files={"images": PROMPT_IMAGES},
    rules=(
        *CHAT_RULES,
        *(
            Rule(field, check=_check_without_messages, hint="make it one of the messages")
            for field in ("prompt", "system", "images")
        ),
        Rule("tool_choice", check=check_with_tools),
        Rule("parallel_tool_calls", check=check_with_tools),
        Rule("top_logprobs", check=_check_with_logprobs),
    ),
    aliases=CHAT_ALIASES,
)


class CreateChatCompletion(Generation, PromptNode):
    """Asks a chat model about each row, with a prompt, a system message and images, or with whole messages.

    Each row of the input table is one request; each choice that comes back is one row of the result. *Answer
    columns* asks for structured answers and turns them into typed columns; an answer that does not fit is that row's
    error, and its text is kept.
    """

    short_name = "chat"
    routes = (COMPLETIONS,)
    response = Choices()
    search_terms = ("gpt", "chatgpt", "llm", "language model", "ai", "prompt")

    messages: list[dict[str, Any]] | None = optional(
        "Messages",
        "A whole conversation instead of prompt, system message and images: a JSON list of messages.",
        advanced=True,
        primary=True,
        example=[{"role": "user", "content": "Name two plums."}],
    )
    max_completion_tokens: int | None = optional(
        "Max answer tokens",
        "Maximum length of an answer in tokens, reasoning included; sent to older models as max_tokens.",
        minimum=1,
        example=1000,
    )
    n: int | None = optional(
        "Number of answers",
        "How many answers to ask for, for each row.",
        minimum=1,
        maximum=128,
        advanced=True,
        example=2,
        initial=1,
    )
    seed: int | None = optional(
        "Seed",
        "The same seed gives the same answers, as far as a service can.",
        minimum=-(2**53),
        maximum=2**53,
        advanced=True,
        example=42,
    )
    stop: list[str] | None = optional("Stop sequences", "Texts at which an answer ends.", maximum=4, advanced=True)
    frequency_penalty: float | None = optional(
        "Frequency penalty",
        "Above 0, words become less likely the more often they have been used.",
        minimum=-2,
        maximum=2,
        advanced=True,
        example=0.5,
        initial=0.0,
    )
    presence_penalty: float | None = optional(
        "Presence penalty",
        "Above 0, words become less likely once they have been used.",
        minimum=-2,
        maximum=2,
        advanced=True,
        example=0.5,
        initial=0.0,
    )
    logit_bias: dict[str, Any] | None = optional(
        "Logit bias",
        "JSON object of token ids with the value from -100 to 100 that is added to their likelihood.",
        advanced=True,
        example={"1734": -100},
    )
    logprobs: bool | None = optional(
        "Log probabilities", "Adds the log probability of each token of the answer.", advanced=True
    )
    response_format: dict[str, Any] | None = optional(
        "Answer format",
        "JSON object as in the API; a constant JSON schema gives typed columns, as Answer columns does.",
        advanced=True,
        example={"type": "text"},
    )
    web_search_options: dict[str, Any] | None = optional(
        "Web search", "JSON object with the options of a search model.", advanced=True
    )
    prediction: dict[str, Any] | None = optional(
        "Prediction",
        "JSON object with text that most of the answer will repeat, which makes it faster.",
        advanced=True,
    )

    audio_voice: str | None = optional(
        "Voice of spoken answers",
        "The voice in which the answers are spoken as well; needs a model that speaks.",
        suggestions=VOICES,
        advanced=True,
        since="0.2.0",
    )
    audio_format: Literal["mp3", "wav", "flac", "opus", "aac", "pcm16"] = setting(
        "Format of spoken answers",
        "Format of the recordings; pcm16 is raw samples.",
        "mp3",
        advanced=True,
        since="0.2.0",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.answer_columns and (self.response_format or "response_format" in self.columns):
            raise InvalidSetting("answer_columns and response_format are both set, but only one can shape the answers.")
        self.result_schema()

    def result_schema(self) -> Choices:
        return self._choices

    @cached_property
    def _choices(self) -> Choices:
        spoken = self.audio_voice is not None or "audio_voice" in self.columns
        return Choices(self._answer_schema, self.reserved_columns(), spoken=spoken)

    @cached_property
    def _answer_schema(self) -> dict[str, Any] | None:
        """The JSON schema of the answers, None if they are free text or their schema comes from a column."""
        if self.asked_schema:
            return self.asked_schema
        constant = None if "response_format" in self.columns else self.response_format
        wanted = constant.get("json_schema") if isinstance(constant, dict) else None
        schema = (wanted or {}).get("schema")
        return answer_schema(schema) if isinstance(schema, dict) and schema.get("properties") else None

    def payload(self, values: Mapping[str, Any], route: Route) -> dict[str, Any]:
        payload = super().payload(values, route)
        prompt, system, images = (payload.pop(name, None) for name in ("prompt", "system", "images"))
        # A column of a table gives every message the keys of all of them.
        payload["messages"] = _without_nulls(payload.get("messages")) or self._messages(prompt, system, images)
        if self.asked_schema:
            payload["response_format"] = answer_format(self.asked_schema)
        if voice := payload.pop("audio_voice", None):
            payload |= {"modalities": ["text", "audio"], "audio": {"voice": voice, "format": self.audio_format}}
        if (choice := payload.get("tool_choice")) not in (None, "none", "auto", "required"):
            payload["tool_choice"] = {"type": "function", "function": {"name": choice}}
        return payload

    def _messages(self, prompt: str | None, system: str | None, images: list[Any] | None) -> list[dict[str, Any]]:
        content: Any = prompt
        if images:
            detail = {} if self.image_detail == "auto" else {"detail": self.image_detail}
            pictures = [{"type": "image_url", "image_url": {"url": image.data_url, **detail}} for image in images]
            content = [{"type": "text", "text": prompt}, *pictures]
        instructions = [{"role": "system", "content": system}] if system is not None else []
        return [*instructions, {"role": "user", "content": content}]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return value
