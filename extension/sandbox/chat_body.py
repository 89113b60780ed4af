"""The JSON body of POST /chat/completions."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from .checks import Body
from .speech import CustomVoice

__all__ = [
    "ChatRequest",
    "Function",
    "Json",
    "JsonObject",
    "JsonSchema",
    "NamedTool",
    "Picture",
    "PlainText",
    "SpokenAnswer",
    "Text",
    "ToolResult",
    "User",
    "flat_text",
    "images_of",
]

Json = msgspec.json.Encoder()
Penalty = Annotated[float, Meta(ge=-2, le=2)] | None
Count = Annotated[int, Meta(ge=1)] | None


class Text(Struct, tag_field="type", tag="text", forbid_unknown_fields=True):
    """A text part."""

    text: str
    prompt_cache_breakpoint: Any = None


class Refusal(Struct, tag_field="type", tag="refusal", forbid_unknown_fields=True):
    """A refusal the assistant gave earlier."""

    refusal: str


class ImageUrl(Struct, forbid_unknown_fields=True):
    """Where a picture is."""

    url: str
    detail: Literal["auto", "low", "high", "original"] | None = None


class Picture(Struct, tag_field="type", tag="image_url", forbid_unknown_fields=True):
    """An image part."""

    image_url: ImageUrl
    prompt_cache_breakpoint: Any = None


class Audio(Struct, tag_field="type", tag="input_audio", forbid_unknown_fields=True):
    """An audio part."""

    input_audio: dict[str, Any]
    prompt_cache_breakpoint: Any = None


class File(Struct, tag_field="type", tag="file", forbid_unknown_fields=True):
    """A file part."""

    file: dict[str, Any]
    prompt_cache_breakpoint: Any = None


Texts = Annotated[list[Text], Meta(min_length=1)]


class System(Struct, tag_field="role", tag="system", forbid_unknown_fields=True):
    """A system message."""

    content: str | Texts
    name: str | None = None


class Developer(System, tag="developer"):
    """A developer message."""


class User(Struct, tag_field="role", tag="user", forbid_unknown_fields=True):
    """A user message."""

    content: str | Annotated[list[Text | Picture | Audio | File], Meta(min_length=1)]
    name: str | None = None


class Assistant(Struct, tag_field="role", tag="assistant", forbid_unknown_fields=True):
    """An earlier answer."""

    content: str | list[Text | Refusal] | None = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    audio: dict[str, Any] | None = None
    annotations: list[Any] | None = None


class ToolResult(Struct, tag_field="role", tag="tool", forbid_unknown_fields=True):
    """What a tool returned."""

    content: str | Texts
    tool_call_id: str


Message = System | Developer | User | Assistant | ToolResult


class PlainText(Struct, tag_field="type", tag="text", forbid_unknown_fields=True):
    """The default response format."""


class JsonObject(Struct, tag_field="type", tag="json_object", forbid_unknown_fields=True):
    """Any JSON object."""


class NamedSchema(Struct, forbid_unknown_fields=True):
    """A JSON schema with its name."""

    name: Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    description: str | None = None
    schema: dict[str, Any] | None = None
    strict: bool | None = None


class JsonSchema(Struct, tag_field="type", tag="json_schema", forbid_unknown_fields=True):
    """JSON of this schema."""

    json_schema: NamedSchema


class Function(Struct, forbid_unknown_fields=True):
    """A function the answer may call."""

    name: Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Tool(Struct, tag_field="type", tag="function", forbid_unknown_fields=True):
    """A tool; the sandbox has functions only."""

    function: Function


class FunctionName(Struct, forbid_unknown_fields=True):
    """A function by name."""

    name: str


class NamedTool(Struct, tag_field="type", tag="function", forbid_unknown_fields=True):
    """The tool that must be called."""

    function: FunctionName


class StreamOptions(Struct, forbid_unknown_fields=True):
    """What a stream has besides the answer."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class SpokenAnswer(Struct, forbid_unknown_fields=True):
    """How answers are spoken."""

    voice: str | CustomVoice
    format: Literal["wav", "aac", "mp3", "flac", "opus", "pcm16"]


class ChatRequest(Body, kw_only=True):
    """Every field of the operation; those without a meaning here, such as `store`, are only checked."""

    messages: Annotated[list[Message], Meta(min_length=1)]
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    frequency_penalty: Penalty = None
    presence_penalty: Penalty = None
    max_tokens: Count = None
    max_completion_tokens: Count = None
    stop: str | Annotated[list[str], Meta(min_length=1, max_length=4)] | None = None
    seed: int | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    logit_bias: dict[str, Annotated[float, Meta(ge=-100, le=100)]] | None = None
    response_format: PlainText | JsonObject | JsonSchema | None = None
    tools: Annotated[list[Tool], Meta(max_length=128)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast"] | None = None
    modalities: list[Literal["text", "audio"]] | None = None
    audio: SpokenAnswer | None = None
    metadata: Annotated[dict[str, str], Meta(max_length=16)] | None = None
    prediction: dict[str, Any] | None = None
    moderation: dict[str, Any] | None = None
    web_search_options: dict[str, Any] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    prompt_cache_options: dict[str, Any] | None = None
    safety_identifier: Annotated[str, Meta(max_length=64)] | None = None
    store: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: str | None = None


def flat_text(content: Any) -> str:
    """Return the text of a message's content, whether a string or parts."""
    if isinstance(content, str):
        return content
    return "\n".join(part.text for part in content or () if isinstance(part, Text))


def images_of(messages: Sequence[Message]) -> list[str]:
    """Return the urls of every image part."""
    return [
        part.image_url.url
        for message in messages
        if isinstance(message, User) and not isinstance(message.content, str)
        for part in message.content
        if isinstance(part, Picture)
    ]
