"""POST /chat/completions: answers by plain rules, and says so."""

from __future__ import annotations

import time
from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING, Any

from .chat_body import ChatRequest, Json, JsonObject, JsonSchema, NamedTool, User, flat_text, images_of
from .chat_rules import called_tool, check_chat
from .chat_stream import completion_stream
from .errors import json_response
from .image_source import describe_image
from .instances import instance_of
from .operation import JSON, Operation

if TYPE_CHECKING:
    from starlette.responses import Response

    from .operation import Call

__all__ = ["OPERATIONS"]

QUOTED = 400  # characters of the user's text an answer repeats
IMAGE_TOKENS = 85


def create_chat_completion(call: Call) -> Response:
    """Choices that repeat what was asked, or whatever a schema or a tool wants."""
    body: ChatRequest = call.body
    check_chat(body, call.model)
    asked = next((each for each in reversed(body.messages) if isinstance(each, User)), body.messages[-1])
    text = flat_text(asked.content)
    pictures = [describe_image(url) for url in images_of(body.messages)]
    key = blake2b(f"{call.service.options.seed}:{body.seed}:{text}".encode(), digest_size=12).hexdigest()
    choices = [_choice(body, text, pictures, key, index) for index in range(body.n or 1)]
    prompt = sum(3 + len(flat_text(each.content).split()) for each in body.messages)
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
    """One choice and its completion tokens; a word is a token here."""
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    chance = Random(f"{key}:{index}")  # noqa: S311  # repeatable by design
    tool = called_tool(body, text)
    if tool:
        arguments = Json.encode(instance_of(tool.parameters or {}, chance)).decode()
        message["tool_calls"] = [
            {
                "id": f"call_sandbox_{key}_{index}",
                "type": "function",
                "function": {"name": tool.name, "arguments": arguments},
            }
        ]
        finish = "stop" if isinstance(body.tool_choice, NamedTool) else "tool_calls"
        return _wrap(message, index, finish, None), len(arguments.split())
    content, finish = _cut(_content(body, text, pictures, chance, index), body)
    message["content"] = content
    tokens = content.split()
    logprobs = {"content": [_logprob(each) for each in tokens], "refusal": None} if body.logprobs else None
    return _wrap(message, index, finish, logprobs), len(tokens)


def _wrap(message: dict[str, Any], index: int, finish: str, logprobs: Any) -> dict[str, Any]:
    return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": finish}


def _content(body: ChatRequest, text: str, pictures: list[str], chance: Random, index: int) -> str:
    seen = f" It sees {', '.join(pictures)}." if pictures else ""
    shown = text if len(text) <= QUOTED else f"{text[:QUOTED]}…"
    choice = f" This is choice {index + 1}." if index else ""
    answer = f"The sandbox answers by plain rules, without a model.{choice}{seen} You wrote: {shown}"
    if isinstance(body.response_format, JsonObject):
        return Json.encode({"sandbox": True, "answer": answer}).decode()
    if isinstance(body.response_format, JsonSchema):
        return Json.encode(instance_of(body.response_format.json_schema.schema or {}, chance)).decode()
    return answer


def _cut(content: str, body: ChatRequest) -> tuple[str, str]:
    """The content up to the first stop sequence or the last allowed token, and the reason it ends."""
    stops = [body.stop] if isinstance(body.stop, str) else body.stop or []
    places = [content.index(each) for each in stops if each in content]
    content = content[: min(places)] if places else content
    limit = body.max_completion_tokens or body.max_tokens
    if limit and len(content.split()) > limit:
        return " ".join(content.split()[:limit]), "length"
    return content, "stop"


def _logprob(token: str) -> dict[str, Any]:
    """A rule is certain of its word."""
    return {"token": token, "logprob": 0.0, "bytes": list(token.encode()), "top_logprobs": []}


OPERATIONS = (Operation("POST", "/chat/completions", create_chat_completion, {JSON: ChatRequest}),)
