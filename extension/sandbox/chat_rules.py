"""Rules of a chat request that concern several fields at once, as OpenAI words its refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .chat_body import JsonObject, JsonSchema, NamedTool, flat_text
from .errors import ApiError

if TYPE_CHECKING:
    from .chat_body import ChatRequest, Function

__all__ = ["called_tool", "check_chat"]

REASONING = ("gpt-5", "o1", "o3", "o4")  # beginnings of the models that take max_completion_tokens only


def check_chat(body: ChatRequest, model: str) -> None:
    """Refuse what the fields together make impossible.

    Raises:
        ApiError: 400 naming the parameter.
    """
    if body.modalities and "audio" in body.modalities:
        raise _refusal("modalities", "The sandbox answers in text only.", "unsupported_value")
    if body.max_tokens and model.startswith(REASONING):
        raise _refusal(
            "max_tokens",
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "unsupported_parameter",
        )
    if body.max_tokens and body.max_completion_tokens:
        raise _refusal(
            "max_tokens",
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        )
    if body.stream_options and not body.stream:
        raise _refusal("stream_options", "The 'stream_options' parameter is only allowed when 'stream' is enabled.")
    if body.top_logprobs is not None and not body.logprobs:
        raise _refusal("top_logprobs", "'top_logprobs' is only allowed when 'logprobs' is enabled.")
    if body.tool_choice not in (None, "none") and not body.tools:
        raise _refusal("tool_choice", "'tool_choice' is only allowed when 'tools' are specified.")
    if isinstance(body.response_format, JsonObject) and not any(
        "json" in flat_text(each.content).lower() for each in body.messages
    ):
        raise _refusal(
            "messages",
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
        )
    if isinstance(body.response_format, JsonSchema):
        named = body.response_format.json_schema
        try:
            _check_schema(named.schema or {}, f"response_format '{named.name}'", strict=bool(named.strict))
        except (AttributeError, TypeError):
            raise _refusal("response_format", "Invalid schema: its keywords have values that are not theirs.") from None


def called_tool(body: ChatRequest, text: str) -> Function | None:
    """The called function: the named one, the first where required, else one the user's text names."""
    functions = [tool.function for tool in body.tools or ()]
    choice = body.tool_choice
    if isinstance(choice, NamedTool):
        found = next((each for each in functions if each.name == choice.function.name), None)
        if found is None:
            raise _refusal("tool_choice", f"Tool '{choice.function.name}' not found in 'tools' parameter.")
        return found
    if choice == "required":
        return functions[0]
    if choice == "none":
        return None
    return next((each for each in functions if each.name in text), None)


def _check_schema(schema: Any, name: str, *, strict: bool, at: tuple[str, ...] = ()) -> None:
    """A strict schema lists every property as required and allows no others, at every depth."""
    if not isinstance(schema, dict) or not strict:
        return
    properties = schema.get("properties") or {}
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            raise _schema(name, at, "'additionalProperties' is required to be supplied and to be false.")
        missing = [each for each in properties if each not in schema.get("required", ())]
        if missing:
            raise _schema(name, at, f"'required' must include every key in properties. Missing '{missing[0]}'.")
    inner = {**properties, **(schema.get("$defs") or {})}
    for key, each in inner.items():
        _check_schema(each, name, strict=strict, at=(*at, "properties", key))
    _check_schema(schema.get("items"), name, strict=strict, at=(*at, "items"))
    for each in schema.get("anyOf", ()):
        _check_schema(each, name, strict=strict, at=(*at, "anyOf"))


def _schema(name: str, at: tuple[str, ...], problem: str) -> ApiError:
    return _refusal("response_format", f"Invalid schema for {name}: In context={at}, {problem}", "invalid_schema")


def _refusal(param: str, message: str, code: str | None = None) -> ApiError:
    return ApiError(message, param=param, code=code or "invalid_value")
