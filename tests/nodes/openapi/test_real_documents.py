"""Large public documents load whole: the folder of ENDPOINT_NODES_OPENAPI_DOCUMENTS holds them, which are not ours."""

import asyncio
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_values import needed_values

from endpoint_nodes.extension.sandbox import SandboxOptions, create_app
from endpoint_nodes.nodes.openapi import Descriptions, Document, parse_document, summarize
from endpoint_nodes.nodes.openapi.bundle import bundle
from endpoint_nodes.nodes.openapi.checks import standalone_schema
from endpoint_nodes.nodes.openapi.pack import Pack
from endpoint_nodes.port_types.errors import EndpointError

FOLDER = Path(os.environ.get("ENDPOINT_NODES_OPENAPI_DOCUMENTS") or "")
FILES = sorted(path for path in FOLDER.glob("*") if path.suffix in (".json", ".yaml", ".yml")) if FOLDER.name else []

if not FILES:
    pytest.skip("ENDPOINT_NODES_OPENAPI_DOCUMENTS names no folder with documents", allow_module_level=True)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_operation_of_a_real_document_can_be_said(path: Path) -> None:
    descriptions = Descriptions(Document.load(parse_document(path.read_bytes(), path.name), address=str(path)))
    summary = summarize(descriptions)
    assert len(summary.operations) == len(list(descriptions.document.operations()))
    assert not [(one.request, one.notes) for one in summary.operations if one.extent == "not at all"]
    assert all(name.isidentifier() and len(name) <= 48 for name in descriptions)
    for operation in descriptions.values():
        attributes = [one.attribute for one in operation.fields]
        assert len(set(attributes)) == len(attributes)
        names = [column.name for column in operation.answer.columns]
        assert len(set(names)) == len(names)
        for one in operation.fields:
            if one.kind == "json" and one.schema is not None:
                assert "$defs" in standalone_schema(one.schema)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_requests_are_ones_that_the_document_allows(path: Path) -> None:
    loaded = Document.load(parse_document(path.read_bytes(), path.name), address=str(path))
    pack = Pack("real", loaded)
    refused = asyncio.run(refusals(pack, create_app(SandboxOptions(), bundle(loaded))))
    # The few others need what only the service knows: keys of a certain form, one of several values that go together.
    assert len(refused) <= 0.03 * len(pack), refused


async def refusals(pack: Pack, service: Any) -> dict[str, str]:
    """Return what the document's own service refuses, by operation."""
    refused = {}
    transport = httpx.ASGITransport(service)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for name, node in pack.items():
            fields = node.fields()
            try:
                values = {
                    attribute: value if fields[attribute].kind.value == "file" else fields[attribute].check(value)
                    for attribute, value in needed_values(node.description).items()
                }
                request = node().build_request(values, node.routes[0], {})
            except EndpointError as error:
                refused[name] = str(error)
                continue
            headers, chunks = request.encode()
            answer = await client.request(
                node.routes[0].method, f"/v1{request.path}", headers=headers, content=b"".join(chunks)
            )
            if answer.status_code >= 300:
                refused[name] = answer.text[:300]
    return refused
