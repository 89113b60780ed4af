"""Rows that the cache answers at once: they go past those that are asked for, in the same order."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.engine.cache.response_cache import JUST_NOW
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidInput

if TYPE_CHECKING:
    from endpoint_nodes.extension.engine.run.outcome import Outcome

NODE = CreateChatCompletion(model="m")
PROMPTS = pd.DataFrame({"prompt": [f"p{number}" for number in range(100)]})


@pytest.fixture(scope="module")
def run(sandbox_url: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    where = Configuration(base_url=sandbox_url, cache=str(tmp_path_factory.mktemp("cache")), concurrency=8)

    def run(rows: pd.DataFrame, node: CreateChatCompletion = NODE, **options: Any) -> Any:
        return execute(node, where, rows, **options)[0]

    run(PROMPTS)
    time.sleep(JUST_NOW + 0.1)  # until then a run makes sure that what another has kept is on the disk
    return run


def test_rows_from_the_cache_and_rows_that_are_asked_for_keep_their_order(run: Any) -> None:
    added = pd.DataFrame({"prompt": [f"new {number}" for number in range(40)]})
    rows = pd.concat([added[:10], PROMPTS[:50], added[10:11], PROMPTS[50:], added[11:]], ignore_index=True)
    outcomes: list[Outcome] = []
    table = run(rows, observe=outcomes.append)
    assert table.column("prompt").to_pylist() == rows["prompt"].to_list()
    said = [content.partition("You wrote: ")[2] for content in table.column("content").to_pylist()]
    assert said == rows["prompt"].to_list()
    kept = [prompt.startswith("p") for prompt in rows["prompt"]]
    assert [(outcome.kept, outcome.attempts) for outcome in outcomes] == [(old, 1 - old) for old in kept]


def test_a_result_from_the_cache_is_that_of_the_first_time(run: Any) -> None:
    details = CreateChatCompletion(model="m", request_details=True)
    first, second = run(PROMPTS, details), run(PROMPTS, details)
    assert first.equals(second)
    assert first.column("tokens").null_count == 0
    assert set(first.column("attempts").to_pylist()) == {0}


def test_rows_that_the_cache_answers_come_though_a_later_one_cannot_be_sent(run: Any) -> None:
    rows = pd.concat([PROMPTS, pd.DataFrame({"prompt": ["new", None]})], ignore_index=True)
    outcomes: list[Outcome] = []
    with pytest.raises(InvalidInput, match="Row 101: `prompt` is missing"):
        run(rows, CreateChatCompletion(model="m", missing_values="fail"), observe=outcomes.append)
    assert [outcome.attempts for outcome in outcomes] == [0] * 100
