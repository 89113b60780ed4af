"""What holds for every request, known route or not: size limit, request id, timing, and the request log."""

import time
import uuid
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import error_body, json_response
from .request_bodies import BodyRoom, BodyTooLarge, NoRoom, receive_body

__all__ = ["Envelope", "LoggedRequest", "RequestLog"]

SOCKET_BUFFER = 65_536  # bytes of a body that fit the socket's buffer, so that sending it is having sent it


@dataclass
class LoggedRequest:
    """One received request.

    Attributes:
        status: None until the response has begun.
        finished: The whole response was sent to a client still there.
    """

    method: str
    path: str
    idempotency_key: str | None
    status: int | None = None
    finished: bool = False


class RequestLog:
    """The last requests received, and counts of all of them."""

    def __init__(self, size: int) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=size)
        self._statuses: Counter[str] = Counter()
        self._total = 0

    def begin(self, headers: Headers, scope: Scope) -> LoggedRequest:
        """Note that a request has arrived."""
        entry = LoggedRequest(scope["method"], scope["path"], headers.get("idempotency-key"))
        self._requests.append(entry)
        self._total += 1
        return entry

    def answered(self, entry: LoggedRequest, status: int) -> None:
        """Note that the response of a request has begun."""
        entry.status = status
        self._statuses[str(status)] += 1

    def summary(self) -> dict[str, Any]:
        """Return the body of GET /sandbox/requests."""
        return {
            "total": self._total,
            "by_status": dict(self._statuses),
            "requests": [asdict(entry) for entry in self._requests],
        }


class Envelope:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, log: RequestLog, max_body: int) -> None:
        self._app = app
        self._log = log
        self._room = BodyRoom(max_body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith("/sandbox/"):
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        entry = self._log.begin(Headers(scope=scope), scope)

        async def reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._log.answered(entry, message["status"])
                own = {
                    "x-request-id": f"req_{uuid.uuid4().hex}",
                    "openai-processing-ms": str(round((time.perf_counter() - started) * 1000)),
                    "x-endpoint-nodes-sandbox": "1",
                }
                message["headers"] += [(name.encode(), value.encode()) for name, value in own.items()]
                await send(message)
                return
            content, more = message.get("body", b""), message.get("more_body", False)
            if more:
                await send(message)
                return
            if len(content) > SOCKET_BUFFER:
                # The empty message waits until the socket has taken the content; a client that left shows.
                await send({"type": "http.response.body", "body": content, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": True})
                content = b""
            entry.finished = not await Request(scope, receive).is_disconnected()
            await send({"type": "http.response.body", "body": content})

        try:
            async with receive_body(receive, self._room) as (replay, size):
                scope["body_size"] = size
                await self._app(scope, replay, reply)
        except ClientDisconnect:
            return
        except BodyTooLarge:
            text = f"The request body is larger than the {self._room.max_body} bytes this sandbox accepts."
            refusal = json_response(error_body(text, "invalid_request_error", None, "request_too_large"), 413)
            await refusal(scope, receive, reply)
        except NoRoom:
            text = f"The sandbox keeps at most {self._room.capacity} bytes of unanswered requests. Please try again."
            refusal = json_response(error_body(text, "server_error"), 503, {"retry-after": "1"})
            await refusal(scope, receive, reply)
