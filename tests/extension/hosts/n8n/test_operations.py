"""What the n8n package is built from says every node, and every field of it, once."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from endpoint_nodes.extension.hosts.kit.fields import public_fields
from endpoint_nodes.extension.hosts.n8n.operations import OWN_WAY, operations
from endpoint_nodes.nodes import node_classes

DERIVED = operations()
CONTROLS = {"string", "number", "boolean", "options", "multiOptions", "json", "collection"}


def parameters(node: str) -> Iterator[dict[str, Any]]:
    """Yield the parameters of an operation, those in its collection as well."""
    for found in DERIVED["properties"]:
        if found.get("displayOptions", {}).get("show", {}).get("operation") == [node]:
            yield from found["options"] if found["type"] == "collection" else [found]


@pytest.mark.parametrize("name", node_classes())
def test_every_field_is_a_parameter(name: str) -> None:
    fields = [field.name for field in public_fields(node_classes()[name]) if field.name not in OWN_WAY]
    assert sorted(found["name"] for found in parameters(name)) == sorted(fields)
    assert [field["name"] for field in DERIVED["operations"][name]["fields"]] == fields


@pytest.mark.parametrize("name", node_classes())
def test_every_parameter_is_one_that_n8n_can_show(name: str) -> None:
    for found in parameters(name):
        assert found["type"] in CONTROLS
        assert found["displayName"][0].isupper()
        assert found["description"]
        if found["type"] == "options" and "typeOptions" not in found:
            assert found["default"] in [option["value"] for option in found["options"]]


def test_every_node_is_one_operation_of_one_resource() -> None:
    choices = [found for found in DERIVED["properties"] if found["name"] == "operation"]
    assert sorted(option["value"] for found in choices for option in found["options"]) == sorted(node_classes())
    for found in choices:
        names = [option["name"] for option in found["options"]]
        assert len(set(names)) == len(names)
        assert names == sorted(names)


def test_operations_are_called_as_in_other_nodes() -> None:
    names = {
        found["displayOptions"]["show"]["resource"][0]: [option["name"] for option in found["options"]]
        for found in DERIVED["properties"]
        if found["name"] == "operation"
    }
    assert names["image"] == ["Create", "Edit", "Variation"]
    assert names["audio"] == ["Speech", "Transcription", "Translation"]
    assert names["chat"] == ["Completion"]


def test_the_command_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "operations.json"
    module = "endpoint_nodes.extension.hosts.n8n.operations"
    subprocess.run([sys.executable, "-m", module, file], check=True)
    assert json.loads(file.read_text(encoding="utf-8")) == json.loads(json.dumps(DERIVED))
