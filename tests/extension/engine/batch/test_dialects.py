"""Other services' batches, on a sandbox that speaks as they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import httpx
import pyarrow as pa
import pytest

from endpoint_nodes.extension.engine.batch.dialects import dialect_of
from endpoint_nodes.nodes.create_embeddings import CreateEmbeddings
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidSetting, RunStopped, StopReason

from .conftest import prompts

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Service

Name = Literal["openai", "azure", "groq", "together", "mistral"]
SERVICES: tuple[Name, ...] = ("openai", "azure", "groq", "together", "mistral")


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("fault", ["", "expire", "no_output", "token_limit"])
def test_a_run_ends_as_at_openai(service: Callable[..., Service], name: Name, fault: str) -> None:
    sandbox = service(like=name, batch_fault=fault)
    table, summary = sandbox.run(prompts(12), batch_service=name)
    assert summary.failed == 0
    assert table.column("content").equals(sandbox.live(prompts(12)).column("content"))
    assert httpx.get(f"{sandbox.url}/files").json()["data"] == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_lost_creation_is_found(losing_answers: Callable[..., Service], name: Name) -> None:
    sandbox = losing_answers(like=name)
    table, _ = sandbox.run(prompts(4), batch_service=name)
    assert table.num_rows == 4
    listed = httpx.get(f"{sandbox.url}{dialect_of(sandbox.configuration(batch_service=name)).batch_path}").json()
    assert len(listed if isinstance(listed, list) else listed["data"]) == 1


@pytest.mark.parametrize("name", SERVICES)
def test_a_cancelled_batch_stops_the_run(service: Callable[..., Service], name: Name) -> None:
    sandbox = service(like=name, batch_fault="cancel")
    with pytest.raises(RunStopped, match="was cancelled") as stop:
        sandbox.run(prompts(6), batch_service=name)
    assert stop.value.reason is StopReason.CANCELLED


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://api.openai.com/v1", "/batches"),
        ("https://api.mistral.ai/v1", "/batch/jobs"),
        ("https://eu.api.mistral.ai/v1", "/batch/jobs"),
        ("https://notmistral.ai/v1", "/batches"),
        ("sandbox:?like=mistral", "/batch/jobs"),
    ],
)
def test_the_base_url_tells_the_service(base_url: str, path: str) -> None:
    assert dialect_of(Configuration(base_url=base_url)).batch_path == path


def test_an_operation_that_a_service_takes_in_no_batch_is_refused(service: Callable[..., Service]) -> None:
    source = pa.table({"input": ["a"]})
    with pytest.raises(InvalidSetting, match=r"the service takes /chat/completions\."):
        service(like="groq").run(source, CreateEmbeddings(model="m"), batch_service="groq")
