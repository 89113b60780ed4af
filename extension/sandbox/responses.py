"""The Responses API: the same plain rules as chat, in the newer shape.

The sandbox remembers no other response; one that follows another of its own is answered as if it stood alone.
"""

import time
import uuid
from itertools import takewhile
from random import Random
from typing import Any

import msgspec
from starlette.responses import Response

from .chat_body import Function, JsonObject, PlainText
from .chat_rules import check_schema
from .errors import ApiError, json_response
from .image_source import describe_file, describe_image
from .operation import JSON, Call, Operation
from .replies import IMAGE_TOKENS, call_function, cut, logprob, reply, reply_key
from .responses_body import FunctionChoice, InputImage, InputItem, ResponseInput, ResponseRequest, TextSchema, item_text
from .responses_stream import response_stream

__all__ = ["OPERATIONS"]

OWN_ID = "resp_sandbox_"
"""How the ids of its responses begin."""

LOGPROBS = "message.output_text.logprobs"


def create_response(call: Call) -> Response:
    """Return a message that repeats what was asked, or whatever a schema or a tool wants."""
    body: ResponseRequest = call.body
    items = _items(body)
    _check(body, items)
    if body.background and (body.store is False or body.stream):
        raise _refusal("background", "Background responses are stored and, in the sandbox, not streamed.")
    if body.stream_options and not body.stream:
        raise _refusal("stream_options", "The 'stream_options' parameter is only allowed when 'stream' is enabled.")
    text = item_text(next((item for item in reversed(items) if item.role == "user"), items[-1]))
    pictures = [_describe(call, part) for item in items for part in item.content or () if isinstance(part, InputImage)]
    key = reply_key(call.service.options.seed, None, text)
    output, tokens, complete = _output(body, items, text, pictures, key)
    given, now = _count_tokens(body, items), int(time.time())
    answer = {
        "id": f"{OWN_ID}{key}",
        "object": "response",
        "created_at": now,
        "completed_at": now if complete else None,
        "status": "completed" if complete else "incomplete",
        "model": call.model,
        "error": None,
        "incomplete_details": None if complete else {"reason": "max_output_tokens"},
        "output": output,
        "usage": {
            "input_tokens": given,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": given + tokens,
        },
        **_settings(body),
    }
    if body.background:
        # Equal requests are jobs of their own.
        answer["id"] = f"{OWN_ID}{uuid.uuid4().hex}"
        call.service.jobs.create(answer["id"], answer)
        return json_response(answer | {"status": "queued", "output": [], "usage": None})
    return response_stream(answer) if body.stream else json_response(answer)


def retrieve_response(call: Call) -> Response:
    """Return a response in the background as far as it is."""
    found = call.request.path_params["id"]
    answer = call.service.jobs.poll(found)
    return json_response(answer or {"id": found, "object": "response", "status": "in_progress", "output": []})


def count_input_tokens(call: Call) -> Response:
    """Return how many tokens `create_response` would count as its input."""
    body: ResponseInput = call.body
    items = _items(body)
    _check(body, items)
    return json_response({"object": "response.input_tokens", "input_tokens": _count_tokens(body, items)})


def _items(body: ResponseInput) -> list[InputItem]:
    return [InputItem(role="user", content=body.input)] if isinstance(body.input, str) else body.input


def _count_tokens(body: ResponseInput, items: list[InputItem]) -> int:
    """Return the tokens of an input: a word each, with some for each item, image, tool and schema."""
    pictures = [part for item in items for part in item.content or () if isinstance(part, InputImage)]
    words = sum(3 + len(item_text(item).split()) for item in items) + len((body.instructions or "").split())
    schema = body.text.format if body.text and isinstance(body.text.format, TextSchema) else None
    declared = [*(body.tools or ()), *([schema] if schema else [])]
    return words + IMAGE_TOKENS * len(pictures) + sum(len(msgspec.json.encode(one)) // 4 for one in declared)


def _check(body: ResponseInput, items: list[InputItem]) -> None:
    """Refuse what the fields together make impossible.

    Raises:
        ApiError: 400 naming the parameter.
    """
    if body.previous_response_id and not body.previous_response_id.startswith(OWN_ID):
        raise ApiError(
            f"Previous response with id '{body.previous_response_id}' not found.",
            param="previous_response_id",
            code="previous_response_not_found",
        )
    if body.previous_response_id and body.conversation:
        raise _refusal("conversation", "'previous_response_id' and 'conversation' cannot be used together.")
    for index, item in enumerate(items):
        needed = {"message": ("role", "content"), "function_call_output": ("call_id", "output")}.get(item.type, ())
        for name in needed:
            if getattr(item, name) is None:
                param = f"input[{index}].{name}"
                raise ApiError(
                    f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter"
                )
    if body.tool_choice not in (None, "none", "auto") and not body.tools:
        raise _refusal("tool_choice", "Tool choice 'required' must be specified with 'tools' parameter.")
    form = body.text and body.text.format
    words = " ".join([body.instructions or "", *map(item_text, items)]).lower()
    if isinstance(form, JsonObject) and "json" not in words:
        raise _refusal(
            "input", "'input' must contain the word 'json' in some form, to use 'text.format' of type 'json_object'."
        )
    if isinstance(form, TextSchema):
        check_schema(form.schema, f"text.format '{form.name}'", "text.format.schema", strict=bool(form.strict))


def _describe(call: Call, part: InputImage) -> str:
    if part.image_url is not None:
        return describe_image(part.image_url)
    if part.file_id is None:
        raise _refusal("input", "An image part needs 'image_url' or 'file_id'.")
    return describe_file(call.service.file_store.get(part.file_id).as_upload())


def _output(
    body: ResponseRequest, items: list[InputItem], text: str, pictures: list[str], key: str
) -> tuple[list[dict[str, Any]], int, bool]:
    """Return the output items, their tokens, and whether they are complete."""
    chance = Random(f"{key}:0")  # noqa: S311  # repeatable by design
    functions = [Function(tool.name, tool.description, tool.parameters, tool.strict) for tool in body.tools or ()]
    named = body.tool_choice.name if isinstance(body.tool_choice, FunctionChoice) else None
    choice = body.tool_choice if isinstance(body.tool_choice, str) else None
    ended = takewhile(lambda item: item.type == "function_call_output", reversed(items))
    results = [item_text(item) for item in ended][::-1]
    called = call_function(functions, choice, named, text=text, results=results, chance=chance)
    if called:
        name, arguments = called
        item = {"id": f"fc_sandbox_{key}", "type": "function_call", "status": "completed"}
        call = {"call_id": f"call_sandbox_{key}", "name": name, "arguments": arguments}
        return [item | call], len(arguments.split()), True
    form = body.text and body.text.format
    schema = form.schema if isinstance(form, TextSchema) else None
    whole = reply(text, pictures, chance, results=results, schema=schema, as_object=isinstance(form, JsonObject))
    content, finish = cut(whole, (), body.max_output_tokens)
    tokens = content.split()
    logprobs = [logprob(token) for token in tokens] if LOGPROBS in (body.include or ()) else []
    message = {
        "id": f"msg_sandbox_{key}",
        "type": "message",
        "role": "assistant",
        "status": "completed" if finish == "stop" else "incomplete",
        "content": [{"type": "output_text", "text": content, "annotations": [], "logprobs": logprobs}],
    }
    return [message], len(tokens), finish == "stop"


def _settings(body: ResponseRequest) -> dict[str, Any]:
    """Return the settings that a response repeats."""
    form = (body.text and body.text.format) or PlainText()
    return {
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "max_tool_calls": body.max_tool_calls,
        "metadata": body.metadata or {},
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "previous_response_id": body.previous_response_id,
        "conversation": {"id": body.conversation} if body.conversation else None,
        "background": bool(body.background),
        "reasoning": {"effort": None, "summary": None} | (body.reasoning or {}),
        "service_tier": "default",
        "store": body.store is not False,
        "temperature": 1.0 if body.temperature is None else body.temperature,
        "top_p": 1.0 if body.top_p is None else body.top_p,
        "top_logprobs": body.top_logprobs or 0,
        "text": {"format": msgspec.to_builtins(form), "verbosity": (body.text and body.text.verbosity) or "medium"},
        "tool_choice": msgspec.to_builtins(body.tool_choice or "auto"),
        "tools": msgspec.to_builtins(body.tools or []),
        "truncation": body.truncation or "disabled",
        "safety_identifier": body.safety_identifier,
        "user": body.user,
    }


def _refusal(param: str, message: str) -> ApiError:
    return ApiError(message, param=param, code="invalid_value")


OPERATIONS = (
    Operation("POST", "/responses", create_response, {JSON: ResponseRequest}),
    Operation("POST", "/responses/input_tokens", count_input_tokens, {JSON: ResponseInput}),
    Operation("GET", "/responses/{id}", retrieve_response),
)
