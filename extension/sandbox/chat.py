"""POST /chat/completions: answers by plain rules, and says so."""

import time
from itertools import takewhile
from random import Random
from typing import Any

import pybase64
from starlette.responses import Response

from .chat_body import (
    ChatRequest,
    JsonObject,
    JsonSchema,
    NamedTool,
    SpokenAnswer,
    ToolResult,
    User,
    flat_text,
    images_of,
)
from .chat_rules import check_chat
from .chat_stream import completion_stream
from .errors import json_response
from .image_source import describe_image
from .operation import JSON, Call, Operation
from .replies import IMAGE_TOKENS, call_function, cut, logprob, reply, reply_key
from .speech import speak

__all__ = ["OPERATIONS"]


def create_chat_completion(call: Call) -> Response:
    """Return choices that repeat what was asked, or whatever a schema or a tool wants."""
    body: ChatRequest = call.body
    check_chat(body, call.model)
    asked = next((message for message in reversed(body.messages) if isinstance(message, User)), body.messages[-1])
    text = flat_text(asked.content)
    pictures = [describe_image(url) for url in images_of(body.messages)]
    key = reply_key(call.service.options.seed, body.seed, text)
    choices = [_choice(body, text, pictures, key, index) for index in range(body.n or 1)]
    prompt = sum(3 + len(flat_text(message.content).split()) for message in body.messages)
    prompt += IMAGE_TOKENS * len(pictures)
    completion = sum(tokens for _, tokens in choices)
    answer = {
        "id": f"chatcmpl-sandbox-{key}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": call.model,
        "choices": [choice for choice, _ in choices],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": "sandbox",
    }
    if body.stream:
        options = body.stream_options
        return completion_stream(answer, include_usage=bool(options and options.include_usage))
    return json_response(answer)


def _choice(body: ChatRequest, text: str, pictures: list[str], key: str, index: int) -> tuple[dict[str, Any], int]:
    """Return one choice and its completion tokens; a word is a token here."""
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    chance = Random(f"{key}:{index}")  # noqa: S311  # repeatable by design
    named = body.tool_choice.function.name if isinstance(body.tool_choice, NamedTool) else None
    choice = body.tool_choice if isinstance(body.tool_choice, str) else None
    functions = [tool.function for tool in body.tools or ()]
    ended = takewhile(lambda message: isinstance(message, ToolResult), reversed(body.messages))
    results = [flat_text(message.content) for message in ended][::-1]
    call = call_function(functions, choice, named, text=text, results=results, chance=chance)
    if call:
        name, arguments = call
        message["tool_calls"] = [
            {
                "id": f"call_sandbox_{key}_{index}",
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
        ]
        return _wrap(message, index, "stop" if named else "tool_calls", None), len(arguments.split())
    form = body.response_format
    schema = (form.json_schema.schema or {}) if isinstance(form, JsonSchema) else None
    whole = reply(
        text, pictures, chance, index=index, results=results, schema=schema, as_object=isinstance(form, JsonObject)
    )
    stops = [body.stop] if isinstance(body.stop, str) else body.stop or ()
    message["content"], finish = cut(whole, stops, body.max_completion_tokens or body.max_tokens)
    tokens = message["content"].split()
    if body.audio:
        message |= {"content": None, "audio": _spoken(message["content"], body.audio, f"{key}_{index}")}
    logprobs = {"content": [logprob(token) for token in tokens], "refusal": None} if body.logprobs else None
    return _wrap(message, index, finish, logprobs), len(tokens)


def _spoken(text: str, how: SpokenAnswer, key: str) -> dict[str, Any]:
    """Return a text as a spoken answer."""
    _, data = speak(text or " ", how.voice, how.format.removesuffix("16"), param="audio.format")
    return {
        "id": f"audio_sandbox_{key}",
        "data": pybase64.b64encode(data).decode(),
        "expires_at": int(time.time()) + 3600,
        "transcript": text,
    }


def _wrap(message: dict[str, Any], index: int, finish: str, logprobs: Any) -> dict[str, Any]:
    return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": finish}


OPERATIONS = (Operation("POST", "/chat/completions", create_chat_completion, {JSON: ChatRequest}),)
