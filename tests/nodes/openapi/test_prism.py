"""Prism accepts the requests of real documents: a second opinion, from people who read documents for a living.

ENDPOINT_NODES_PRISM names the command (`npm install @stoplight/prism-cli` in a folder of its own), and
ENDPOINT_NODES_OPENAPI_DOCUMENTS the folder of documents, which are not ours.
"""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_values import needed_values
from prism import document_parts, serve

from endpoint_nodes.nodes.openapi import Document, parse_document
from endpoint_nodes.nodes.openapi.document import PathOperation
from endpoint_nodes.nodes.openapi.node import OperationNode
from endpoint_nodes.nodes.openapi.pack import Pack
from endpoint_nodes.nodes.openapi.parameters import is_credential
from endpoint_nodes.port_types.errors import EndpointError

COMMAND = os.environ.get("ENDPOINT_NODES_PRISM", "")
FOLDER = Path(os.environ.get("ENDPOINT_NODES_OPENAPI_DOCUMENTS") or "")
FILES = sorted(path for path in FOLDER.glob("*") if path.suffix in (".json", ".yaml", ".yml")) if FOLDER.name else []
UNWRITTEN = ("#NO_COMPLEX_OBJECT_TEXT", "#UNKNOWN")
"""Prism has accepted the request, but cannot write such an answer: a stream of events, a recording."""

if not (COMMAND and FILES):
    pytest.skip("ENDPOINT_NODES_PRISM and ENDPOINT_NODES_OPENAPI_DOCUMENTS are not set", allow_module_level=True)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_prism_accepts_the_requests_of_a_real_document(path: Path, tmp_path: Path) -> None:
    data = parse_document(path.read_bytes(), path.name)
    loaded = Document.load(data, address=str(path))
    pack = Pack("real", loaded)
    refused: dict[str, str] = {}
    for part in document_parts(_without_extensions(data)):
        with serve(COMMAND, part, tmp_path) as address, httpx.Client(base_url=address, timeout=100) as client:
            for name, operation in pack.operations.items():
                if operation.path in part["paths"] and (reason := _refusal(client, loaded, pack[name], operation)):
                    refused[f"{operation.place} {name}"] = reason
    print(f"{path.stem}: {1 - len(refused) / len(pack):.1%} of {len(pack)} accepted")  # noqa: T201 - shown by -rP
    # Those that are refused are of forms that Prism does not read as the document's authors mean them.
    assert len(refused) <= 0.02 * len(pack), refused


def _refusal(client: httpx.Client, document: Document, node: type[OperationNode], operation: PathOperation) -> str:
    """Return why an operation's request is refused, "" if it is accepted."""
    fields = node.fields()
    try:
        values = {
            name: value if fields[name].kind.value == "file" else fields[name].check(value)
            for name, value in needed_values(node.description).items()
        }
        request = node().build_request(values, node.routes[0], {})
    except EndpointError as error:
        return str(error)
    headers, chunks = request.encode()
    keys = _credentials(document, node, operation)
    url = httpx.URL(request.path).copy_merge_params(keys["query"])
    try:
        answer = client.request(
            node.routes[0].method, url, headers={**keys["header"], **headers}, content=b"".join(chunks)
        )
    except httpx.RemoteProtocolError:
        return ""  # the answer begins a web socket, or has a header that is only an example
    accepted = answer.status_code < 400 or (
        answer.status_code >= 500 and any(kind in answer.text for kind in UNWRITTEN)
    )
    return "" if accepted else answer.text[:300]


def _credentials(document: Document, node: type[OperationNode], operation: PathOperation) -> dict[str, dict[str, str]]:
    """Return keys in the places that the document wants them in: by its schemes, and as parameters."""
    how = node.authentication
    sent: dict[str, dict[str, str]] = {"header": {}, "query": {}}
    if how:
        by_kind = {"basic": ("header", "Authorization", "Basic YTpi"), "query": ("query", how.name, "key")}
        by_kind |= {"header": ("header", how.name, "key"), "cookie": ("header", "Cookie", f"{how.name}=key")}
        place, name, value = by_kind.get(how.kind, ("header", "Authorization", "Bearer key"))
        sent[place][name] = value
    for listed in (*(operation.item.get("parameters") or ()), *(operation.raw.get("parameters") or ())):
        parameter = document.resolve(listed)
        name, place = str(parameter.get("name")), str(parameter.get("in"))
        if place in sent and is_credential(document, name, place, parameter.get("description")):
            sent[place][name] = "key"
    return sent


def _without_extensions(node: Any) -> Any:
    """Return a document without what only tools of its publisher read, such as Cohere's references to their files."""
    if isinstance(node, list):
        return [_without_extensions(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _without_extensions(value) for key, value in node.items() if not str(key).startswith("x-fern")}
