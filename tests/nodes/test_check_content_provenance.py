"""Checking provenance: a row for each signal, and only of files that can have one."""

import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.testing.samples import picture, recording
from endpoint_nodes.nodes.check_content_provenance import CheckContentProvenance
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidInput

SANDBOX = Configuration(base_url="sandbox:")


def test_an_image_has_two_signals_and_a_recording_one() -> None:
    signed = picture().data + b"jumb c2pa"
    files = [{"file": signed}, {"file": picture().data}, {"file": recording().data}]
    rows = execute(CheckContentProvenance(), SANDBOX, files)[0].to_pylist()
    assert [(row["row_id"], row["type"], row["outcome"], row["validation_state"]) for row in rows] == [
        ("0", "c2pa", "detected", "valid"),
        ("0", "synthid", "not_detected", None),
        ("1", "c2pa", "not_detected", "not_present"),
        ("1", "synthid", "not_detected", None),
        ("2", "synthid", "not_detected", None),
    ]


@pytest.mark.parametrize("data", [b"%PDF-1.7", b"Two plums."])
def test_a_file_that_is_neither_is_not_sent(data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"one of png, jpeg, .* is needed"):
        execute(CheckContentProvenance(), SANDBOX, [{"file": data}])
