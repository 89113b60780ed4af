"""Refusals in the shape of the OpenAI API: `{"error": {"message", "type", "param", "code"}}`."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

__all__ = ["ApiError", "error_body", "json_response"]


class ApiError(Exception):
    """A request is refused with this status and error object."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = error_body(message, kind, param, code)
        self.headers = headers


def error_body(
    message: str, kind: str, param: str | None = None, code: str | None = None
) -> dict[str, dict[str, str | None]]:
    """Return the error object that official clients read."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def json_response(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response, encoded by msgspec because image bodies are megabytes long."""
    return Response(msgspec.json.encode(content), status, headers, "application/json")
