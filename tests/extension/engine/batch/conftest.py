"""A run in batches on a sandbox, and what the sandbox tells of it."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pyarrow as pa
import pytest

from endpoint_nodes.extension.engine import Execution, execute
from endpoint_nodes.extension.sandbox import SandboxOptions, create_app
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.configuration import NO_CACHE, Configuration

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from endpoint_nodes.extension.engine.run.summary import RunSummary
    from endpoint_nodes.nodes.base import Node

CHAT = CreateChatCompletion(model="gpt-4.1-mini", on_error="continue", request_details=True)
TIMES = ["created", "elapsed_ms", "request_id", "response_id"]
"""Columns that are different in every run."""


def prompts(number: int) -> pa.Table:
    return pa.table({"prompt": [f"Name the colour {row}." for row in range(number)]})


@dataclass
class Service:
    """A sandbox on a socket, and runs on it that keep their responses in one folder."""

    url: str
    cache: Path
    warnings: list[str] = field(default_factory=list)

    def configuration(self, **settings: Any) -> Configuration:
        return Configuration(**{"base_url": self.url, "cache": str(self.cache), "delivery": "batch", **settings})

    def run(self, source: Any, node: Node = CHAT, **settings: Any) -> tuple[pa.Table, RunSummary]:
        """Run in batches and return the table without what is different in every run."""
        with Execution(node, self.configuration(**settings), source, warn=self.warnings.append) as execution:
            table = pa.Table.from_batches(list(execution), schema=execution.schema)
            execution.complete()
            return comparable(table), execution.summary()

    def live(self, source: Any, node: Node = CHAT) -> pa.Table:
        table, _ = execute(node, Configuration(base_url=self.url, cache=NO_CACHE, concurrency=32), source)
        return comparable(table)

    def batches(self) -> list[dict[str, Any]]:
        """The service's batches, the oldest first."""
        found: list[dict[str, Any]] = self._ask("batches?limit=100")["data"]
        return found[::-1]

    def files(self) -> list[str]:
        return [file["purpose"] for file in self._ask("files")["data"]]

    def _ask(self, path: str) -> Any:
        for _ in range(100):  # a sandbox with faults answers with one now and then
            with suppress(httpx.HTTPError, ValueError):
                answer = httpx.get(f"{self.url}/{path}")
                if answer.status_code == 200:
                    return answer.json()
        raise AssertionError(path)

    def requests(self) -> Counter[str]:
        """How often each operation was asked for, by method and path."""
        told = httpx.get(self.url.replace("/v1", "/sandbox/requests")).json()["requests"]
        return Counter(f"{request['method']} {request['path'].removeprefix('/v1')}" for request in told)


def comparable(table: pa.Table) -> pa.Table:
    return table.drop_columns([name for name in TIMES if name in table.column_names])


@pytest.fixture
def service(sandbox_server: Callable[..., str], tmp_path: Path) -> Callable[..., Service]:
    """Start a sandbox with options, such as `service(batch_seconds=0)`."""

    def start(**options: Any) -> Service:
        return Service(sandbox_server(**{"batch_seconds": 0, **options}), tmp_path / "cache")

    return start


class _LosesAnswers:
    """A service whose answer to the first creation of a batch is lost: a gateway speaks in its place."""

    def __init__(self, app: Any) -> None:
        self._app, self._lost = app, False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        created = scope.get("method") == "POST" and scope.get("path") in ("/v1/batches", "/v1/batch/jobs")
        if self._lost or not created:
            await self._app(scope, receive, send)
            return
        self._lost = True

        async def lose(_: Any) -> None:
            pass

        await self._app(scope, receive, lose)
        await send({"type": "http.response.start", "status": 502, "headers": []})
        await send({"type": "http.response.body", "body": b"bad gateway"})


@pytest.fixture
def losing_answers(app_server: Callable[[Any], str], tmp_path: Path) -> Callable[..., Service]:
    """Start a sandbox with options whose answer to the first creation of a batch is lost."""

    def start(**options: Any) -> Service:
        app = create_app(SandboxOptions(**{"batch_seconds": 0, **options}))
        return Service(app_server(_LosesAnswers(app)), tmp_path / "cache")

    return start
