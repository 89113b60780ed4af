"""The installed command as a service of its own, and clients of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMMAND = Path(sys.executable).with_name("endpoint-nodes")
TOKENS = "first-token second-token"


@dataclass(frozen=True)
class Served:
    """A service that runs: its process, its address, and a client with the first token."""

    process: subprocess.Popen[str]
    url: str
    client: httpx.Client

    def start(self, node: str, **asked: Any) -> dict[str, Any]:
        """Start a run and return its status."""
        response = self.client.post("/runs", json={"node": node, "configuration": "sandbox", **asked})
        assert response.status_code == 201, response.text
        status: dict[str, Any] = response.json()
        return status

    def wait(self, run: str, until: Callable[[dict[str, Any]], bool] = lambda status: bool(status["ended"])) -> Any:
        """Return the status of a run once it is as wanted, at its end by default."""

        def look() -> Any:
            status = self.client.get(f"/runs/{run}").json()
            return status if until(status) else None

        return eventually(look)

    def rows(self, run: str) -> list[dict[str, Any]]:
        """Return the results of a run that is done, as records."""
        status = self.wait(run)
        assert status["state"] == "done", status["error"]
        return [httpx.Response(200, text=line).json() for line in self.client.get(status["results"]).text.splitlines()]


@contextmanager
def serving(folder: Path, *options: object, **environment: str) -> Iterator[Served]:
    """Run a service on `folder` until the block ends."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "ENDPOINT_NODES_"))}
    with subprocess.Popen(
        [COMMAND, "serve", "--port", "0", "--folder", folder, *map(str, options)],
        env={**clean, "ENDPOINT_NODES_TOKEN": TOKENS, **environment},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line
        headers = {"authorization": f"Bearer {TOKENS.split(maxsplit=1)[0]}"}
        try:
            with httpx.Client(base_url=found[0], headers=headers, timeout=60) as client:
                yield Served(process, found[0], client)
        finally:
            process.terminate()


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Start services, such as `serve(folder, "--max-runs", 1)`."""
    with ExitStack() as stack:
        yield lambda folder, *options, **environment: stack.enter_context(serving(folder, *options, **environment))


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service that tests share."""
    with serving(tmp_path_factory.mktemp("service")) as served:
        yield served
