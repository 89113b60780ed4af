"""From one page of a list to the values that ask for the next."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ..base.response import Response
from .descriptions import OperationDescription, Paging

__all__ = ["QUERY", "next_page"]

QUERY = "*query"
"""Name among the values of the query that a service gave for the next page; no field can have it."""

_NEXT_LINK = re.compile(r"<([^<>]*)>[^<>]*?;\s*rel\s*=\s*\"?[^\"<>;,]*\bnext\b", re.IGNORECASE)


def next_page(
    operation: OperationDescription, values: Mapping[str, Any], response: Response
) -> Mapping[str, Any] | None:
    """Return the values that ask for the page behind `response`, None if it is the last.

    Args:
        operation: what was asked for.
        values: what was asked with, by attribute.
        response: a page.
    """
    paging = operation.paging
    if paging is None:
        return None
    try:
        body = response.json
    except ValueError:
        return None
    if paging.more and _walk(body, paging.more) is not True:
        return None
    items = _walk(body, operation.answer.path)
    return _following(paging, values, response, body, items if isinstance(items, list) else [])


def _following(
    paging: Paging, values: Mapping[str, Any], response: Response, body: Any, items: Sequence[Any]
) -> Mapping[str, Any] | None:
    if paging.scheme in ("url", "link"):
        found = _walk(body, paging.next) if paging.scheme == "url" else _link(response)
        # The path stays the operation's own: a response must not lead elsewhere.
        query = urlsplit(found).query if isinstance(found, str) else ""
        return {**values, QUERY: query} if query else None
    if paging.scheme in ("token", "last_id"):
        token = _walk(body, paging.next) if paging.next else None
        if paging.scheme == "last_id" and token is None and items:
            token = _walk(items[-1], ("id",))
        return {**values, paging.parameter: str(token)} if token not in (None, "") else None
    if not items or len(items) < (values.get(paging.size) or 0):
        return None
    now = values.get(paging.parameter, paging.first)
    return {**values, paging.parameter: now + (1 if paging.scheme == "page" else len(items))}


def _link(response: Response) -> str | None:
    """Return the address of the next page: https://www.rfc-editor.org/rfc/rfc8288."""
    found = _NEXT_LINK.search(response.headers.get("link", ""))
    return found[1] if found else None


def _walk(body: Any, path: Sequence[str]) -> Any:
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body
