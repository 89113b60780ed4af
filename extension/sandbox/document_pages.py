"""Lists of a document's service in pages, where the document says that a Link header leads to the next one."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import URL
from starlette.requests import Request

__all__ = ["page_of"]

_SIZE = re.compile(r"per_?page|page_?size|limit", re.IGNORECASE)
_LARGEST = 100


def page_of(request: Request, parameters: Sequence[Mapping[str, Any]], items: list[Any]) -> tuple[list[Any], str]:
    """Return the page of `items` that a request asks for, and the Link header that leads to the next; "" on the last.

    Args:
        request: its query names the page and how many items one has.
        parameters: those of the operation.
        items: the whole list.
    """
    sizes = [one for one in parameters if one.get("in") == "query" and _SIZE.fullmatch(str(one.get("name")))]
    if not sizes or not any(one.get("name") == "page" for one in parameters):
        return items, ""
    default = (sizes[0].get("schema") or {}).get("default", _LARGEST)
    size = max(1, int(request.query_params.get(sizes[0]["name"], default)))
    page = int(request.query_params.get("page", 1))
    shown = items[(page - 1) * size : page * size]
    if page * size >= len(items):
        return shown, ""
    following = URL(str(request.url)).include_query_params(page=page + 1)
    return shown, f'<{following}>; rel="next"'
