"""Large public documents load whole: the folder of ENDPOINT_NODES_OPENAPI_DOCUMENTS holds them, which are not ours."""

import os
from pathlib import Path

import pytest

from endpoint_nodes.nodes.openapi import Descriptions, Document, parse_document, summarize
from endpoint_nodes.nodes.openapi.checks import standalone_schema

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
