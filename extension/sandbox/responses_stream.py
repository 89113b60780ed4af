"""A response as events, as `stream` asks for."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from .streams import ChunkedResponse, event, event_stream, tokens_of

__all__ = ["response_stream"]


def response_stream(answer: dict[str, Any]) -> ChunkedResponse:
    """Return the events of a response, numbered from 0.

    Args:
        answer: The body of the answer that is not streamed.
    """
    return event_stream(event(content | {"sequence_number": number}) for number, content in enumerate(_events(answer)))


def _events(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    begun = answer | {"status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(answer["output"]):
        nothing: dict[str, Any] = {"arguments": ""} if "arguments" in item else {"content": []}
        empty = item | nothing | {"status": "in_progress"}
        yield {"type": "response.output_item.added", "output_index": index, "item": empty}
        place = {"item_id": item["id"], "output_index": index}
        yield from _arguments(item, place) if "arguments" in item else _text(item, place)
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": f"response.{answer['status']}", "response": answer}


def _arguments(item: dict[str, Any], place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = "response.function_call_arguments"
    for token in tokens_of(item["arguments"]):
        yield {"type": f"{kind}.delta", **place, "delta": token}
    yield {"type": f"{kind}.done", **place, "name": item["name"], "arguments": item["arguments"]}


def _text(item: dict[str, Any], place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    part = item["content"][0]
    place = place | {"content_index": 0}
    yield {"type": "response.content_part.added", **place, "part": part | {"text": "", "logprobs": []}}
    for token, logprob in zip_longest(tokens_of(part["text"]), part["logprobs"]):
        if token is not None:
            scores = [logprob] if logprob else []
            yield {"type": "response.output_text.delta", **place, "delta": token, "logprobs": scores}
    yield {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": part["logprobs"]}
    yield {"type": "response.content_part.done", **place, "part": part}
