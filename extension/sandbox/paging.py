"""Lists in pages, with a cursor."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from .errors import ApiError, json_response

__all__ = ["page", "whole_number"]


def page(request: Request, entries: Sequence[dict[str, Any]], default: int, most: int) -> Response:
    """Return the page that `limit` and `after` of the query name.

    Args:
        request: Its query holds both.
        entries: All entries, in the order of the list.
        default: Entries of a page without a limit.
        most: The highest limit.

    Raises:
        ApiError: 400 for a limit out of range or a cursor that is not in the list.
    """
    limit = whole_number(request, "limit", default, most)
    after = request.query_params.get("after")
    ids = [entry["id"] for entry in entries]
    if after is not None and after not in ids:
        raise ApiError(f"Invalid value for 'after': '{after}' is not in the list.", param="after", code="invalid_value")
    start = ids.index(after) + 1 if after is not None else 0
    data = entries[start : start + limit]
    return json_response(
        {
            "object": "list",
            "data": data,
            "first_id": data[0]["id"] if data else None,
            "last_id": data[-1]["id"] if data else None,
            "has_more": start + limit < len(entries),
        }
    )


def whole_number(request: Request, name: str, default: int, most: int) -> int:
    """Return a number of the query, from 1 to `most`.

    Raises:
        ApiError: 400 for anything else.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise ApiError(
            f"Invalid value for '{name}': expected a whole number from 1 to {most}, but got '{text}'.",
            param=name,
            code="invalid_value",
        )
    return int(text)
