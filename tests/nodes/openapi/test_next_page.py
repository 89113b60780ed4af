"""Each scheme of paging asks for the next page until there is none."""

import json
from dataclasses import replace
from typing import Any

import pytest
from openapi_documents import describe_answer

from endpoint_nodes.nodes.base.response import Response
from endpoint_nodes.nodes.openapi.descriptions import Paging
from endpoint_nodes.nodes.openapi.next_page import QUERY, next_page

LIST = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}
OPERATION = describe_answer({"type": "object", "properties": {"data": LIST}})
ITEMS = [{"id": "a"}, {"id": "b"}]


def following(paging: Paging, body: Any, values: dict[str, Any] | None = None, link: str = "") -> Any:
    response = Response(200, {"link": link} if link else {}, json.dumps(body).encode())
    return next_page(replace(OPERATION, paging=paging), values or {}, response)


@pytest.mark.parametrize(
    ("paging", "body", "values", "expected"),
    [
        (Paging("token", "cursor", next=("meta", "next")), {"meta": {"next": "t1"}}, {}, {"cursor": "t1"}),
        (Paging("token", "cursor", next=("next",)), {"next": 12}, {"cursor": "7"}, {"cursor": "12"}),
        (Paging("token", "cursor", next=("next",)), {"next": ""}, {}, None),
        (Paging("token", "cursor", next=("next",)), {}, {}, None),
        (Paging("token", "page", next=("next",), more=("more",)), {"next": "t", "more": False}, {}, None),
        (
            Paging("last_id", "after", next=("last_id",), more=("more",)),
            {"last_id": "b", "more": True},
            {},
            {"after": "b"},
        ),
        (Paging("last_id", "after", more=("more",)), {"data": ITEMS, "more": True}, {}, {"after": "b"}),
        (Paging("last_id", "after", more=("more",)), {"data": ITEMS, "more": False}, {}, None),
        (Paging("url", next=("next",)), {"next": "https://x.example/y?page=2&q=a%20b"}, {}, {QUERY: "page=2&q=a%20b"}),
        (Paging("url", next=("next",)), {"next": None}, {}, None),
        (Paging("page", "page"), {"data": ITEMS}, {}, {"page": 2}),
        (Paging("page", "page", first=0), {"data": ITEMS}, {}, {"page": 1}),
        (Paging("page", "page", "size"), {"data": ITEMS}, {"page": 3, "size": 2}, {"page": 4, "size": 2}),
        (Paging("page", "page", "size"), {"data": ITEMS}, {"size": 3}, None),
        (Paging("page", "page"), {"data": []}, {}, None),
        (Paging("offset", "offset", first=0), {"data": ITEMS}, {"offset": 4}, {"offset": 6}),
    ],
)
def test_the_next_page_is_asked_for(paging: Paging, body: Any, values: dict[str, Any], expected: Any) -> None:
    assert following(paging, body, values) == expected


@pytest.mark.parametrize(
    ("link", "query"),
    [
        ('<https://x.example/a?page=1>; rel="prev", <https://x.example/b?page=3>; rel="next"', "page=3"),
        ("</b?page=3>; title=x; rel=next", "page=3"),
        ('<https://x.example/b?page=9>; rel="last"', None),
        ("", None),
    ],
)
def test_the_link_header_is_read(link: str, query: str | None) -> None:
    assert following(Paging("link"), {}, link=link) == (query and {QUERY: query})
