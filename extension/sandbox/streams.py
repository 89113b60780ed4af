"""Responses that come in pieces: server-sent events and audio."""

import re
from collections.abc import Iterable

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

__all__ = ["ChunkedResponse", "event", "event_stream", "tokens_of"]

DONE = b"data: [DONE]\n\n"


class ChunkedResponse(Response):
    """A response without a length, sent piece by piece.

    Args:
        chunks: The pieces of the body.
        media_type: Of the whole.
    """

    def __init__(self, chunks: Iterable[bytes], media_type: str) -> None:
        super().__init__(media_type=media_type)
        self.chunks = tuple(chunks)
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces, each as a message of its own."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for chunk in self.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def event(content: dict[str, object], *, named: bool = True) -> bytes:
    """Return one server-sent event.

    Args:
        content: Its JSON data.
        named: Whether the event is also named after the data's `type`; chat chunks have no name.
    """
    name = f"event: {content['type']}\n".encode() if named else b""
    return name + b"data: " + msgspec.json.encode(content) + b"\n\n"


def event_stream(events: Iterable[bytes], *, done: bool = False) -> ChunkedResponse:
    """Return a stream of events.

    Args:
        events: Encoded by `event`.
        done: Whether the stream ends with `[DONE]`, as that of chat does.
    """
    return ChunkedResponse([*events, *([DONE] if done else [])], "text/event-stream; charset=utf-8")


def tokens_of(text: str) -> list[str]:
    """Return the pieces in which a text is streamed: words, each with the space before it."""
    return re.findall(r"\s*\S+|\s+$", text)
