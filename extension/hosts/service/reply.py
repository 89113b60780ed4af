"""Responses of the service: JSON of what it declares, and sentences for what went wrong."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from .models import Problem

__all__ = ["problem", "reply"]


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return `value` as JSON."""
    return Response(msgspec.json.encode(value), status, dict(headers or {}), "application/json")


def problem(sentence: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return a sentence that says why something was not done."""
    return reply(Problem(sentence), status, headers)
