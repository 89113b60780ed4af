"""The JSON bodies of POST /responses and /responses/input_tokens."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from .chat_body import JsonObject, PlainText
from .checks import Body

__all__ = ["FunctionChoice", "InputImage", "InputItem", "ResponseInput", "ResponseRequest", "TextSchema", "item_text"]

Name = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


class InputText(Struct, tag_field="type", tag="input_text", forbid_unknown_fields=True):
    """A text part."""

    text: str
    prompt_cache_breakpoint: Any = None


class InputImage(Struct, tag_field="type", tag="input_image", forbid_unknown_fields=True):
    """An image part, by url or by the id of an uploaded file."""

    image_url: str | None = None
    file_id: str | None = None
    detail: Literal["auto", "low", "high", "original"] | None = None
    prompt_cache_breakpoint: Any = None


class InputFile(Struct, tag_field="type", tag="input_file", forbid_unknown_fields=True):
    """A file part."""

    file_id: str | None = None
    filename: str | None = None
    file_data: str | None = None
    file_url: str | None = None
    detail: str | None = None
    prompt_cache_breakpoint: Any = None


class OutputText(Struct, tag_field="type", tag="output_text", forbid_unknown_fields=True):
    """Text of an earlier answer."""

    text: str
    annotations: list[Any] | None = None
    logprobs: list[Any] | None = None


class Refusal(Struct, tag_field="type", tag="refusal", forbid_unknown_fields=True):
    """A refusal the assistant gave earlier."""

    refusal: str


Part = InputText | InputImage | InputFile | OutputText | Refusal


class InputItem(Struct, forbid_unknown_fields=True):
    """A message, or what an earlier answer consisted of; a message need not say that it is one."""

    type: Literal["message", "function_call", "function_call_output", "reasoning", "item_reference"] = "message"
    role: Literal["user", "assistant", "system", "developer"] | None = None
    content: str | list[Part] | None = None
    id: str | None = None
    status: Literal["in_progress", "completed", "incomplete"] | None = None
    phase: Literal["commentary", "final_answer"] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: str | list[Part] | None = None
    summary: list[Any] | None = None
    encrypted_content: str | None = None


class TextSchema(Struct, tag_field="type", tag="json_schema", forbid_unknown_fields=True):
    """Text that is JSON of this schema."""

    name: Name
    schema: dict[str, Any]
    description: str | None = None
    strict: bool | None = None


class TextOptions(Struct, forbid_unknown_fields=True):
    """What the text is like."""

    format: PlainText | JsonObject | TextSchema | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class FunctionTool(Struct, tag_field="type", tag="function", forbid_unknown_fields=True):
    """A function the answer may call; the sandbox has no other tools."""

    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class FunctionChoice(Struct, tag_field="type", tag="function", forbid_unknown_fields=True):
    """The function that must be called."""

    name: str


class StreamOptions(Struct, forbid_unknown_fields=True):
    """What a stream has besides the answer."""

    include_obfuscation: bool | None = None


class ResponseInput(Body, kw_only=True):
    """The fields that say what a model reads."""

    input: str | Annotated[list[InputItem], Meta(min_length=1)]
    instructions: str | None = None
    text: TextOptions | None = None
    tools: Annotated[list[FunctionTool], Meta(max_length=128)] | None = None
    tool_choice: Literal["none", "auto", "required"] | FunctionChoice | None = None
    parallel_tool_calls: bool | None = None
    reasoning: dict[str, Any] | None = None
    previous_response_id: str | None = None
    conversation: Annotated[str, Meta(pattern=r"^conv_\w+$")] | None = None
    truncation: Literal["auto", "disabled"] | None = None


class ResponseRequest(ResponseInput, kw_only=True):
    """Every field of the operation that a service without memory can serve."""

    max_output_tokens: Annotated[int, Meta(ge=16)] | None = None
    max_tool_calls: Annotated[int, Meta(ge=1)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    include: list[str] | None = None
    metadata: Annotated[dict[str, str], Meta(max_length=16)] | None = None
    background: bool | None = None
    store: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast"] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    prompt_cache_options: dict[str, Any] | None = None
    safety_identifier: Annotated[str, Meta(max_length=64)] | None = None
    user: str | None = None


def item_text(item: InputItem) -> str:
    """Return the text of an item, whether a string or parts."""
    content = item.output if item.type == "function_call_output" else item.content
    if isinstance(content, str):
        return content
    return "\n".join(part.text for part in content or () if isinstance(part, InputText | OutputText))
