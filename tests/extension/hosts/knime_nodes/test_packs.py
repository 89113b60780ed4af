"""Operations of a document are nodes in KNIME too."""

from typing import Any

import pytest
from openapi_documents import document
from workflow import Context, settings

from endpoint_nodes.extension.hosts.knime_nodes.category import pack_category
from endpoint_nodes.extension.hosts.knime_nodes.factory import make_node
from endpoint_nodes.nodes.openapi import Document
from endpoint_nodes.nodes.openapi.node import OperationNode
from endpoint_nodes.nodes.openapi.pack import Pack


@pytest.fixture
def listing() -> type[OperationNode]:
    items = {"type": "object", "properties": {"pets": {"type": "array", "items": {"properties": {"name": {}}}}}}
    operation = {
        "operationId": "listPets",
        "description": "Lists <all> pets.",
        "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 5}}],
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": items}}}},
    }
    return Pack("pets", Document.load(document({"/pets": {"get": operation}})))["list_pets"]


def test_an_operation_has_a_dialog_in_its_packs_category(listing: Any, port: Any) -> None:
    assert pack_category("pets", "Pets API") == "/community/endpoint_nodes/pets"
    node = make_node(listing, pack_category("pets", "Pets API"))
    made = settings(node(), {"request.set_limit": True, "request.limit": 3})
    assert "Lists &lt;all&gt; pets." in (node.__doc__ or "")
    assert made.request.limit == 3
    schema, _ = made.configure(Context(), port().spec, None)
    assert [column.name for column in schema] == ["name"]
