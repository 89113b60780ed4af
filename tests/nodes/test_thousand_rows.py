"""A thousand rows over a real socket: right, in order, and packed where a node packs."""

from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import openai
import pandas as pd
import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.engine.run.outcome import Outcome
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.nodes.create_embeddings import CreateEmbeddings
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import RequestFailed, RunStopped

ROWS = 1000
TEXTS = [f"Plum number {number}, {'ripe ' * (number % 7)}" for number in range(ROWS)]


def requests_to(base_url: str) -> int:
    return int(httpx.get(base_url.removesuffix("/v1") + "/sandbox/requests").json()["total"])


def test_chat_answers_a_thousand_prompts_in_order(sandbox_server: Callable[..., str]) -> None:
    configuration = Configuration(base_url=sandbox_server())
    table, _ = execute(CreateChatCompletion(model="sandbox-chat"), configuration, pd.DataFrame({"prompt": TEXTS}))
    assert table.column("row_id").to_pylist() == [str(number) for number in range(ROWS)]
    contents = table.column("content").to_pylist()
    assert all(content.endswith(f"You wrote: {text}") for content, text in zip(contents, TEXTS, strict=True))


def test_a_thousand_texts_are_embedded_in_few_requests(sandbox_server: Callable[..., str]) -> None:
    base_url = sandbox_server()
    table, _ = execute(
        CreateEmbeddings(model="sandbox-embedding", request_details=True),
        Configuration(base_url=base_url),
        pd.DataFrame({"input": TEXTS}),
    )
    assert requests_to(base_url) == 16
    with openai.OpenAI(base_url=base_url, api_key="sk-any") as client:
        expected = client.embeddings.create(input=TEXTS, model="sandbox-embedding")
    np.testing.assert_array_equal(
        np.float32(table.column("embedding").to_pylist()), np.float32([item.embedding for item in expected.data])
    )
    assert table.column("row_id").to_pylist() == [str(number) for number in range(ROWS)]
    tokens = sum(
        int(cell.split('"total_tokens":')[1].rstrip("}")) for cell in table.column("usage").to_pylist() if cell
    )
    assert tokens == expected.usage.total_tokens


def test_one_bad_text_does_not_cost_the_others(sandbox_server: Callable[..., str]) -> None:
    texts = [text if number not in (5, 777) else "" for number, text in enumerate(TEXTS)]
    node = CreateEmbeddings(model="sandbox-embedding", on_error="continue", rows_per_request=128)
    table, _ = execute(node, Configuration(base_url=sandbox_server()), pd.DataFrame({"input": texts}))
    failed = {number: error for number, error in enumerate(table.column("error").to_pylist()) if error}
    assert failed.keys() == {5, 777}
    assert "cannot be an empty string" in failed[5]
    assert table.column("embedding").is_null().to_pylist() == [number in (5, 777) for number in range(ROWS)]
    with pytest.raises(RequestFailed, match="Row 5: "):
        execute(
            CreateEmbeddings(model="sandbox-embedding"),
            Configuration(base_url="sandbox:"),
            pd.DataFrame({"input": texts}),
        )


def test_only_rows_with_the_same_settings_share_a_request(sandbox_server: Callable[..., str]) -> None:
    base_url = sandbox_server()
    frame = pd.DataFrame({"input": TEXTS[:60], "size": [8, 16, 32] * 20})
    node = CreateEmbeddings(model="sandbox-embedding", columns={"dimensions": "size"}, rows_per_request=60)
    table, _ = execute(node, Configuration(base_url=base_url), frame)
    assert [len(vector) for vector in table.column("embedding").to_pylist()] == [8, 16, 32] * 20
    assert requests_to(base_url) == 3


def test_a_packed_run_is_taken_up_where_it_stopped(sandbox_server: Callable[..., str], tmp_path: object) -> None:
    base_url = sandbox_server()
    configuration = Configuration(base_url=base_url, cache=str(tmp_path))
    texts = [*TEXTS[:100], "", *TEXTS[101:]]
    with pytest.raises(RequestFailed, match="Row 100: "):
        execute(CreateEmbeddings(model="sandbox-embedding"), configuration, pd.DataFrame({"input": texts}))
    before = requests_to(base_url)
    outcomes: list[Outcome] = []
    table, _ = execute(
        CreateEmbeddings(model="sandbox-embedding"),
        configuration,
        pd.DataFrame({"input": TEXTS}),
        observe=outcomes.append,
    )
    kept = sum(outcome.kept for outcome in outcomes)
    assert kept >= 64
    assert requests_to(base_url) - before <= 16
    fresh, _ = execute(
        CreateEmbeddings(model="sandbox-embedding"), Configuration(base_url=base_url), pd.DataFrame({"input": TEXTS})
    )
    assert table.column("embedding").to_pylist() == fresh.column("embedding").to_pylist()


@pytest.mark.parametrize(("options", "sent"), [({"key": "sk-other"}, 4), ({"strict_models": True}, 8)])
def test_what_no_row_heals_is_not_tried_in_halves(
    sandbox_server: Callable[..., str], options: dict[str, Any], sent: int
) -> None:
    base_url = sandbox_server(**options)
    model = "sandbox-embedding" if "key" in options else "sandbox-chat"
    with pytest.raises((RequestFailed, RunStopped)):
        execute(
            CreateEmbeddings(model=model),
            Configuration(base_url=base_url, concurrency=1),
            pd.DataFrame({"input": TEXTS[:64]}),
        )
    assert requests_to(base_url) <= sent
