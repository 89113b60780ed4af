"""Paging is recognised by what values are."""

from typing import Any

import pytest
from openapi_documents import describe_answer

from endpoint_nodes.nodes.openapi.descriptions import Paging

TEXT = {"type": "string"}
INTEGER = {"type": "integer"}
BOOLEAN = {"type": "boolean"}
LIST = {"type": "array", "items": {"type": "object", "properties": {"id": TEXT}}}


def paging(asked: dict[str, Any], answered: dict[str, Any], headers: dict[str, Any] | None = None) -> Paging | None:
    parameters = [{"name": name, "in": "query", "schema": schema} for name, schema in asked.items()]
    schema = {"type": "object", "properties": {"data": LIST, **answered}}
    return describe_answer(schema, parameters=parameters, answer={"headers": headers or {}}).paging


@pytest.mark.parametrize(
    ("asked", "answered", "expected"),
    [
        (
            {"page_token": TEXT, "page_size": INTEGER},
            {"next_page_token": TEXT},
            Paging("token", "page_token", "page_size", ("next_page_token",)),
        ),
        (
            {"cursor": TEXT, "limit": INTEGER},
            {"response_metadata": {"type": "object", "properties": {"next_cursor": {"type": ["string", "null"]}}}},
            Paging("token", "cursor", "limit", ("response_metadata", "next_cursor")),
        ),
        (
            {"page": TEXT},
            {"next_page": TEXT, "has_more": BOOLEAN},
            Paging("token", "page", "", ("next_page",), ("has_more",)),
        ),
        ({"marker": TEXT}, {"next": TEXT}, Paging("token", "marker", "", ("next",))),
        (
            {"after": TEXT, "limit": INTEGER},
            {"has_more": BOOLEAN, "last_id": TEXT},
            Paging("last_id", "after", "limit", ("last_id",), ("has_more",)),
        ),
        (
            {"start_after_history_item_id": TEXT},
            {"has_more": BOOLEAN, "last_history_item_id": TEXT},
            Paging("last_id", "start_after_history_item_id", "", ("last_history_item_id",), ("has_more",)),
        ),
        (
            {"PageSize": INTEGER, "Page": INTEGER, "PageToken": TEXT},
            {"next_page_uri": {"type": "string", "format": "uri"}},
            Paging("url", "", "page_size", ("next_page_uri",)),
        ),
        (
            {},
            {
                "pagination": {
                    "type": "object",
                    "properties": {"next_page": {**TEXT, "description": "Link to the next."}},
                }
            },
            Paging("url", "", "", ("pagination", "next_page")),
        ),
        ({"page": INTEGER, "per_page": INTEGER}, {}, Paging("page", "page", "per_page")),
        ({"page": {"type": "integer", "minimum": 0}}, {}, Paging("page", "page", first=0)),
        ({"offset": INTEGER, "limit": INTEGER}, {"total": INTEGER}, Paging("offset", "offset", "limit", first=0)),
    ],
)
def test_each_scheme_is_recognised(asked: dict[str, Any], answered: dict[str, Any], expected: Paging) -> None:
    assert paging(asked, answered) == expected


def test_a_link_header_comes_before_page_numbers() -> None:
    assert paging({"page": INTEGER, "per_page": INTEGER}, {}, {"Link": {"schema": TEXT}}) == Paging(
        "link", "", "per_page"
    )


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ({"after": {"type": "string", "format": "date-time"}}, {"has_more": BOOLEAN}),
        ({"cursor": TEXT}, {"cursor": {"type": "object", "properties": {"at": TEXT}}}),
        ({"page": TEXT}, {"next_page": BOOLEAN}),
        ({"since": {"type": "string", "format": "date-time"}}, {"next": BOOLEAN}),
        ({"offset": INTEGER}, {}),
        ({}, {"has_more": BOOLEAN}),
    ],
)
def test_names_alone_are_not_enough(asked: dict[str, Any], answered: dict[str, Any]) -> None:
    assert paging(asked, answered) is None
