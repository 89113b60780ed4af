"""Several runs at once, and other ways to start one: one submission, and every run gets the table."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import endpoint_nodes as en
from endpoint_nodes.extension.engine.money import price_of, tier_of
from endpoint_nodes.extension.engine.run.preview import preview
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import OPENAI, Configuration

from .conftest import CHAT, prompts

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from .conftest import Service


def wait_for_a_batch(sandbox: Service) -> None:
    while not sandbox.batches():
        time.sleep(0.05)


def test_two_runs_at_once_submit_once_and_both_get_the_table(service: Callable[..., Service]) -> None:
    sandbox = service(batch_seconds=1)
    with ThreadPoolExecutor(2) as threads:
        tables = [done.result()[0] for done in [threads.submit(sandbox.run, prompts(30)) for _ in range(2)]]
    assert [batch["request_counts"]["total"] for batch in sandbox.batches()] == [30]
    assert tables[0].column("content").equals(tables[1].column("content"))
    assert tables[0].column("error").null_count == 30


def test_python_runs_in_batches(service: Callable[..., Service]) -> None:
    sandbox = service()
    result = en.run(CHAT, {"prompt": ["a", "b"]}, configuration=sandbox.configuration(), progress=False)
    assert len(result) == 2
    assert len(sandbox.batches()) == 1


def test_a_task_that_is_cancelled_leaves_its_batch_running(service: Callable[..., Service]) -> None:
    sandbox = service(batch_seconds=3)

    async def work() -> None:
        run = en.arun(CHAT, {"prompt": ["a", "b"]}, configuration=sandbox.configuration(), progress=False)
        task = asyncio.create_task(run)
        await asyncio.to_thread(wait_for_a_batch, sandbox)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(work())
    result = en.run(CHAT, {"prompt": ["a", "b"]}, configuration=sandbox.configuration(), progress=False)
    assert len(result) == 2
    assert len(sandbox.batches()) == 1


def test_a_batch_costs_half(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any")
    usage = {"input_tokens": 1_000_000, "output_tokens": 1_000_000}
    batch = Configuration(delivery="batch")
    live = price_of("gpt-4.1-mini", usage, OPENAI, tier_of(CHAT, Configuration()))
    half = price_of("gpt-4.1-mini", usage, OPENAI, tier_of(CHAT, batch))
    assert live
    assert half == live / 2
    estimates = [preview(CHAT, configuration, prompts(100)) for configuration in (Configuration(), batch)]
    assert estimates[1].tier == "batch"
    assert estimates[0].cost
    assert estimates[1].cost == estimates[0].cost / 2


def test_a_dry_run_shows_the_route_that_a_batch_takes(service: Callable[..., Service]) -> None:
    from .test_operations import picture

    shown = preview(CreateImageVariation(model="dall-e-2", image=picture(1)), service().configuration())
    assert shown.url.endswith("/images/edits")
