"""What the sandbox answers over a real socket has no value without a column, whatever the result format."""

from typing import get_args

import httpx
import pytest

from endpoint_nodes.extension.testing.samples import base
from endpoint_nodes.nodes import node_classes
from endpoint_nodes.nodes.base import Node, Response
from endpoint_nodes.nodes.base.node_settings import ResultFormat


@pytest.mark.parametrize("node", node_classes().values(), ids=lambda node: node.id())
@pytest.mark.parametrize("result_format", get_args(ResultFormat))
def test_a_row_has_no_value_without_a_column(node: type[Node], result_format: ResultFormat, sandbox_url: str) -> None:
    made = node(**base(node), result_format=result_format, request_details=True)
    call = made.call()
    route = call.routes()[0]
    request = call.request(route)
    headers, chunks = request.encode()
    answer = httpx.request(route.method, f"{sandbox_url}{request.path}", headers=headers, content=b"".join(chunks))
    names = {column.name for column in made.result_columns()}
    found = Response(
        answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content
    )
    for row in call.rows(found):
        assert row.keys() <= names
