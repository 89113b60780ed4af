"""A chat completion as chunks, as `stream` asks for."""

from collections.abc import Iterator
from itertools import chain, zip_longest
from typing import Any

from .streams import ChunkedResponse, event, event_stream, tokens_of

__all__ = ["completion_stream"]


def completion_stream(completion: dict[str, Any], *, include_usage: bool) -> ChunkedResponse:
    """Return the chunks of a completion: the choices in turns, then the usage where it is asked for.

    Args:
        completion: The body of the answer that is not streamed.
        include_usage: Whether a last chunk without choices has the usage, and the others say that they have none.
    """
    shared = {key: completion[key] for key in ("id", "created", "model", "service_tier", "system_fingerprint")}
    shared["object"] = "chat.completion.chunk"
    usage = {"usage": None} if include_usage else {}
    turns = chain.from_iterable(zip_longest(*map(_choice_chunks, completion["choices"])))
    chunks = [shared | {"choices": [choice]} | usage for choice in turns if choice]
    if include_usage:
        chunks.append(shared | {"choices": [], "usage": completion["usage"]})
    return event_stream((event(chunk, named=False) for chunk in chunks), done=True)


def _choice_chunks(choice: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the choice of each chunk: the role, the tokens, the reason of the end."""
    index, message = choice["index"], choice["message"]

    def chunk(delta: dict[str, Any], finish: str | None = None, logprobs: Any = None) -> dict[str, Any]:
        return {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}

    if calls := message.get("tool_calls"):
        call = calls[0]
        named = {"index": 0, **call, "function": {"name": call["function"]["name"], "arguments": ""}}
        yield chunk({"role": "assistant", "content": None, "tool_calls": [named]})
        for token in tokens_of(call["function"]["arguments"]):
            yield chunk({"tool_calls": [{"index": 0, "function": {"arguments": token}}]})
    else:
        yield chunk({"role": "assistant", "content": "", "refusal": None})
        logprobs = choice["logprobs"]["content"] if choice["logprobs"] else ()
        for token, logprob in zip_longest(tokens_of(message["content"]), logprobs):
            if token is not None:
                scores = {"content": [logprob], "refusal": None} if logprob else None
                yield chunk({"content": token}, logprobs=scores)
    yield chunk({}, choice["finish_reason"])
