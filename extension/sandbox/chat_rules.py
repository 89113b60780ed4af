"""Rules of a chat request that concern several fields at once, as OpenAI words its refusals."""

from typing import Any

from .chat_body import ChatRequest, JsonObject, JsonSchema, flat_text
from .errors import ApiError

__all__ = ["check_chat", "check_schema"]

REASONING = ("gpt-5", "o1", "o3", "o4")  # beginnings of the models that take max_completion_tokens only


def check_chat(body: ChatRequest, model: str) -> None:
    """Refuse what the fields together make impossible.

    Raises:
        ApiError: 400 naming the parameter.
    """
    spoken = "audio" in (body.modalities or ())
    if spoken != bool(body.audio):
        raise _refusal("audio", "'audio' is required with modalities that have 'audio', and only then.")
    if spoken and body.stream:
        raise _refusal("stream", "The sandbox does not stream spoken answers.", "unsupported_value")
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
        "json" in flat_text(message.content).lower() for message in body.messages
    ):
        raise _refusal(
            "messages",
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
        )
    if isinstance(body.response_format, JsonSchema):
        named = body.response_format.json_schema
        check_schema(
            named.schema or {}, f"response_format '{named.name}'", "response_format", strict=bool(named.strict)
        )


def check_schema(schema: Any, name: str, param: str, *, strict: bool) -> None:
    """Refuse a strict schema that does not list every property as required, or allows others, at any depth.

    Args:
        schema: The JSON schema.
        name: What the refusal calls it.
        param: The parameter it came in.
        strict: Whether it has to.

    Raises:
        ApiError: 400 naming the place in the schema.
    """
    try:
        problem = _loose(schema, ()) if strict else None
    except (AttributeError, TypeError):
        raise _refusal(param, "Invalid schema: its keywords have values that are not theirs.") from None
    if problem:
        raise _refusal(param, f"Invalid schema for {name}: {problem}", "invalid_schema")


def _loose(schema: Any, path: tuple[str, ...]) -> str | None:
    """Return where and why a schema is not strict, or None."""
    if not isinstance(schema, dict):
        return None
    properties = schema.get("properties") or {}
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            return f"In context={path}, 'additionalProperties' is required to be supplied and to be false."
        missing = [name for name in properties if name not in schema.get("required", ())]
        if missing:
            return f"In context={path}, 'required' must include every key in properties. Missing '{missing[0]}'."
    inner = [((*path, "properties", name), part) for name, part in properties.items()]
    inner += [((*path, "$defs", name), part) for name, part in (schema.get("$defs") or {}).items()]
    inner.append(((*path, "items"), schema.get("items")))
    inner += [((*path, "anyOf", str(number)), part) for number, part in enumerate(schema.get("anyOf", ()))]
    return next((problem for place, part in inner if (problem := _loose(part, place))), None)


def _refusal(param: str, message: str, code: str | None = None) -> ApiError:
    return ApiError(message, param=param, code=code or "invalid_value")
