"""The service against its own OpenAPI document: whatever is asked, the answer is one that the document promises."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

COMMAND = Path(__file__).parents[2] / ".venv/bin/endpoint-nodes"
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
HEADER = "Authorization: Bearer token-of-the-tests"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with subprocess.Popen(
        [COMMAND, "serve", "--port", "0", "--folder", tmp_path, "--max-runs", "1000"],
        env={**os.environ, "ENDPOINT_NODES_TOKEN": "token-of-the-tests", "ENDPOINT_NODES_BASE_URL": "sandbox:"},
        stdout=subprocess.PIPE,
        text=True,
    ) as served:
        assert served.stdout
        found = re.search(r"http://\S+", served.stdout.readline())
        assert found
        yield found[0]
        served.terminate()


def test_every_answer_is_one_that_the_document_promises(address: str) -> None:
    ended = subprocess.run(
        [
            *(SCHEMATHESIS, "run", f"{address}/openapi.json", "--header", HEADER, "--checks", CHECKS),
            *("--max-examples", "200", "--continue-on-failure", "--suppress-health-check", "all", "--no-color"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    name, _, value = HEADER.partition(": ")
    with urlopen(Request(f"{address}/metrics", headers={name: value})) as response:  # noqa: S310 - loopback
        counts = dict(re.findall(r'http_requests_total{status="(\d+)"} (\d+)', response.read().decode()))
    assert sum(map(int, counts.values())) > 2000
    assert not [status for status in counts if status.startswith("5")]
