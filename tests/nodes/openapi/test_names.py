"""Operations have names of their own."""

import keyword
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_documents import describe

from endpoint_nodes.nodes.openapi.prose import plain_text, unique_name


@pytest.mark.parametrize(
    ("path", "method", "operation", "name"),
    [
        ("/files", "get", {"operationId": "listFiles"}, "list_files"),
        ("/gists", "get", {"operationId": "gists/list-public"}, "gists_list_public"),
        ("/items/{id}", "get", {"operationId": "read_item_items__id__get"}, "read_item"),
        (
            "/files/{id}/content",
            "post",
            {"operationId": "post_files_id_content", "summary": "Upload file version"},
            "upload_file_version",
        ),
        ("/files/{id}/photo", "get", {"operationId": "getPhoto"}, "get_photo"),
        ("/folders", "post", {"operationId": "post_folders", "summary": "Create folder"}, "create_folder"),
        ("/models", "get", {}, "list_models"),
        ("/v1/models/{id}", "delete", {}, "delete_models"),
        ("/oauth2/token", "post", {"summary": "Request an access token"}, "request_access_token"),
        ("/orgs/settings", "get", {"operationId": "a" * 60, "summary": "b" * 60}, "list_orgs_settings"),
        ("/2fa", "get", {"operationId": "2fa"}, "do_2fa"),
        ("/", "get", {}, "get_root"),
    ],
)
def test_names_are_the_documents_own_words(path: str, method: str, operation: dict[str, Any], name: str) -> None:
    assert list(describe({path: {method: operation}})) == [name]


def test_operations_of_one_name_take_the_next_best_and_last_a_digest() -> None:
    same = {"operationId": "get"}
    names = list(describe({"/a": {"get": same}, "/b": {"get": same}, "/{x}/a": {"get": same}, "/a/{y}": {"get": same}}))
    assert names[:2] == ["get_a", "get_b"]
    assert len(set(names)) == 4


@given(st.lists(st.tuples(st.text(max_size=80), st.text(max_size=80)), max_size=8, unique_by=lambda pair: pair[0]))
def test_names_are_unique_and_python_can_use_them(operations: list[tuple[str, str]]) -> None:
    paths = {f"/{path}": {"get": {"operationId": name}} for path, name in operations}
    names = list(describe(paths))
    assert len(names) == len(paths)
    assert all(name.isidentifier() and len(name) <= 48 for name in names)


@given(st.lists(st.text(max_size=80), max_size=10))
def test_attributes_are_unique_and_python_can_use_them(wire_names: list[str]) -> None:
    taken: list[str] = []
    for wire_name in wire_names:
        taken.append(unique_name([wire_name, f"body_{wire_name}"], taken, {"id", "fields"}))
    assert len(set(taken)) == len(taken)
    assert all(name.isidentifier() and not keyword.iskeyword(name) and name not in ("id", "fields") for name in taken)


@given(st.text())
def test_no_description_is_too_long_or_breaks(markdown: str) -> None:
    text = plain_text(markdown, 100)
    assert len(text) <= 100
    assert "\n" not in text
