"""How an operation's further pages are asked for; decided by what values are, since names alone mislead.

OpenAI's ``page`` is a text, a token; its ``next`` is one too and not a url; Figma's ``next_page`` is a boolean;
``after`` may be a point in time.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from .descriptions import InputField, Paging
from .prose import snake_case
from .results import ReadAnswer
from .schemas import Schema

__all__ = ["find_paging"]

_TOKEN_PARAMETERS = (
    "page_token", "next_page_token", "next_token", "pagination_token", "continuation_token", "cursor", "next_cursor",
    "starting_after", "marker", "after", "page", "offset", "next",
)  # fmt: skip
_TOKENS = re.compile(
    r"next_?(?:page_?)?(?:token|cursor|marker|offset)?|cursor|after|(?:next_)?continuation(?:_token)?|next_page_offset"
)
_AFTER = re.compile(r"after|starting_after|start_after.*|after_id")
_LAST_ID = re.compile(r"last_(?:.*_)?id|end_cursor")
_NEXT_URL = re.compile(r"next(?:_page)?(?:_(?:ur[il]|link|href))?|.*next_link|links?_next(?:_href)?|odata_next_link")
_SIZES = ("per_page", "page_size", "limit", "count", "max_results", "size", "first")
_PAGES = ("page", "page_number", "page_index", "page_no", "p")
_OFFSETS = ("offset", "start", "skip", "start_index", "starting_at")
_MORE = ("has_more", "has_next", "has_next_page", "more")
_URL = re.compile(r"https?://|^/", re.IGNORECASE)
_SAYS_URL = re.compile(r"\bur[il]s?\b|\blinks?\b", re.IGNORECASE)


def find_paging(fields: Sequence[InputField], read: ReadAnswer, method: str) -> Paging | None:
    """Return how further pages of a list are asked for, None where the document gives no way."""
    if read.answer.shape != "items":
        return None
    asked = {
        snake_case(one.path[-1]): one
        for one in reversed(fields)
        if one.location in ("query", "body") and one.path and len(one.path) == 1 and not one.many
    }
    leaves = dict(_leaves(read.root)) if read.root else {}
    more = next((path for path, value in leaves.items() if path[-1] in _MORE and value.kind == "boolean"), ())
    size = next((asked[name] for name in _SIZES if name in asked and asked[name].kind == "integer"), None)
    found = _token(asked, leaves, more) or (
        (_last_id(asked, leaves, more) or _url(leaves, read) or _numbers(asked, more)) if method == "GET" else None
    )
    if found is None:
        return None
    by_size = size.attribute if size and size.attribute != found.parameter else ""
    return Paging(found.scheme, found.parameter, by_size, found.next, found.more, found.first)


def _leaves(schema: Schema, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Schema]]:
    for name, value in schema.properties().items():
        if value.kind == "record" and len(path) < 2:
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value


def _is_moment(field: InputField) -> bool:
    return field.format in ("date-time", "date", "dateTime") or field.kind in ("integer", "number", "boolean")


def _is_url(value: Schema) -> bool:
    written = value.keywords
    example = str(written.get("example") or "")
    return (
        written.get("format") in ("uri", "url", "uri-reference")
        or bool(_URL.search(example))
        or (not example and bool(_SAYS_URL.search(str(written.get("description") or ""))))
    )


def _token(
    asked: Mapping[str, InputField], leaves: Mapping[tuple[str, ...], Schema], more: tuple[str, ...]
) -> Paging | None:
    tokens = [
        path
        for path, value in leaves.items()
        if _TOKENS.fullmatch(snake_case(path[-1])) and _may_be_token(value) and not _is_url(value)
    ]
    names = [name for name in _TOKEN_PARAMETERS if name in asked]
    parameter = next((asked[name] for name in names if _takes_token(asked[name])), None)
    if not tokens or parameter is None:
        return None
    # The answer's own "after" or "cursor" may repeat what was asked for; its "next" cannot.
    best = min(tokens, key=lambda path: not snake_case(path[-1]).startswith("next"))
    if best[-1] == parameter.path[-1] and best[-1] != "cursor":
        return None
    return Paging("token", parameter.attribute, next=best, more=more)


def _may_be_token(value: Schema) -> bool:
    kinds = {one.kind for one in value.alternatives()} if value.kind == "union" else {value.kind}
    # Qdrant's next_page_offset is an id: a number or a text.
    return "text" in kinds and kinds <= {"integer", "text"}


def _takes_token(field: InputField) -> bool:
    return field.kind == "text" and not _is_moment(field)


def _last_id(
    asked: Mapping[str, InputField], leaves: Mapping[tuple[str, ...], Schema], more: tuple[str, ...]
) -> Paging | None:
    parameter = next((one for name, one in asked.items() if _AFTER.fullmatch(name) and _takes_token(one)), None)
    if parameter is None or not more:
        return None
    last = next(
        (path for path, value in leaves.items() if _LAST_ID.fullmatch(snake_case(path[-1])) and value.kind == "text"),
        (),
    )
    return Paging("last_id", parameter.attribute, next=last, more=more)


def _url(leaves: Mapping[tuple[str, ...], Schema], read: ReadAnswer) -> Paging | None:
    for path, value in leaves.items():
        names = (snake_case(path[-1]), snake_case("_".join(path)))
        if value.kind == "text" and _is_url(value) and any(_NEXT_URL.fullmatch(name) for name in names):
            return Paging("url", next=path)
    return Paging("link") if read.has_link_header else None


def _numbers(asked: Mapping[str, InputField], more: tuple[str, ...]) -> Paging | None:
    for name in _PAGES:
        if name in asked and asked[name].kind in ("integer", "number"):
            page = asked[name]
            first = 0 if page.minimum == 0 or page.default == 0 else 1
            return Paging("page", page.attribute, more=more, first=first)
    for name in _OFFSETS:
        sized = any(size in asked for size in _SIZES)
        if name in asked and sized and asked[name].kind in ("integer", "number"):
            return Paging("offset", asked[name].attribute, more=more, first=0)
    return None
