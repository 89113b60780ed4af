"""Errors keep what they know when they are named after a row, and when they go to another process."""

import inspect
import pickle
import re

import pytest

from endpoint_nodes.port_types import errors
from endpoint_nodes.port_types.errors import DownloadFailed, EndpointError, RequestFailed, RunStopped, StopReason

KNOWING = [
    RunStopped("The key is refused.", StopReason.CREDENTIALS, status=401, code="invalid_api_key"),
    RequestFailed("the service answered 400", status=400, code="bad"),
    DownloadFailed("https://example.org cannot be fetched", status=404),
]


@pytest.mark.parametrize("error", KNOWING)
def test_an_error_named_after_a_row_keeps_its_type_status_and_code(error: EndpointError) -> None:
    named = error.with_prefix("Row 3: ")
    assert type(named) is type(error)
    assert str(named) == f"Row 3: {error}"
    assert vars(named) == vars(error)


@pytest.mark.parametrize("error", KNOWING)
def test_an_error_goes_to_another_process_whole(error: EndpointError) -> None:
    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(arrived), str(arrived), vars(arrived)) == (type(error), str(error), vars(error))


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = re.findall(r"^[│ ]*(?:[├└]── )?(\w+)(?:  |$)", (errors.__doc__ or "").split("::")[1], re.MULTILINE)
    assert {name for name in drawn if name[0].isupper()} >= {
        name
        for name in errors.__all__
        if inspect.isclass(error := getattr(errors, name)) and issubclass(error, EndpointError)
    }
