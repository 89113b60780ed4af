"""One local cluster of four workers for all tests, because starting one takes seconds and a gigabyte."""

import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest
import ray

WORKERS = 4


@pytest.fixture(scope="session", autouse=True)
def cluster() -> Iterator[None]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # tests speak to nobody
    ray.init("local", num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level="error")
    yield
    ray.shutdown()


@pytest.fixture
def requested() -> Callable[[str], list[dict[str, Any]]]:
    """Give what asks a sandbox for the requests it got."""

    def ask(base_url: str) -> list[dict[str, Any]]:
        address = base_url.removesuffix("/v1") + "/sandbox/requests"
        with urllib.request.urlopen(address) as response:  # noqa: S310 - loopback
            requests: list[dict[str, Any]] = json.load(response)["requests"]
        return [request for request in requests if request["method"] == "POST"]

    return ask


@pytest.fixture
def texts() -> Callable[[int], pa.Table]:
    """Give tables of texts, each row unlike the others."""
    return lambda rows: pa.table({"input": [f"text {number}" for number in range(rows)]})
