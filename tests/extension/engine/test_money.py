"""What responses cost: known prices, unknown ones, and a budget in money that is kept."""

from dataclasses import replace

import pandas as pd
import pytest

from endpoint_nodes.extension.engine import Execution, execute
from endpoint_nodes.extension.engine.money import CostMeter, dollars, price_of
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.configuration import OPENAI, Configuration
from endpoint_nodes.port_types.errors import InvalidSetting, RunStopped, StopReason

pytest.importorskip("genai_prices", reason="comes with endpoint-nodes[prices]")

USAGE = {"prompt_tokens": 1_000_000, "completion_tokens": 1_000_000, "total_tokens": 2_000_000}


def test_a_price_is_that_of_the_service_and_a_local_server_has_none() -> None:
    assert price_of("gpt-4o-mini", USAGE, OPENAI) == pytest.approx(0.15 + 0.6)
    assert price_of("gpt-4o-mini", USAGE, "http://127.0.0.1:8080/v1") is None


def test_what_is_unknown_is_never_free() -> None:
    assert price_of("nobody-knows-me", USAGE, OPENAI) is None
    assert price_of("gpt-4o-mini", {}, OPENAI) is None
    assert price_of("whisper-1", USAGE, OPENAI) is None, "it is billed by the minute"


def test_cached_input_costs_less_and_a_batch_half() -> None:
    cached = {**USAGE, "prompt_tokens_details.cached_tokens": 1_000_000}
    assert price_of("gpt-4o-mini", cached, OPENAI) == pytest.approx(0.075 + 0.6)
    assert price_of("gpt-4o-mini", USAGE, OPENAI, "batch") == pytest.approx((0.15 + 0.6) / 2)


def test_costs_add_up_by_model_and_one_unknown_makes_the_sum_unknown() -> None:
    meter = CostMeter(Configuration())
    for _ in range(3):
        meter.add("gpt-4o-mini", USAGE)
    assert meter.total() == pytest.approx(3 * 0.75)
    meter.add("nobody-knows-me", USAGE)
    assert meter.total() is None
    assert meter.by_model() == {"gpt-4o-mini": pytest.approx(2.25), "nobody-knows-me": None}


def test_the_sandbox_costs_nothing() -> None:
    meter = CostMeter(Configuration(base_url="sandbox:"))
    meter.add("gpt-4o-mini", USAGE)
    assert meter.total() == 0


def test_a_budget_that_cannot_be_kept_is_refused_before_anything_is_sent() -> None:
    configuration = Configuration(max_cost=1.0, credential="env:ANY")
    with pytest.raises(InvalidSetting, match=r"price of nobody-knows-me is unknown, so that `max_cost` cannot be kept"):
        Execution(CreateChatCompletion(prompt="x", model="nobody-knows-me"), configuration)


def test_a_budget_ends_the_run_and_what_arrived_is_yielded() -> None:
    configuration = Configuration(base_url="sandbox:", concurrency=1, max_requests=3)
    node = CreateChatCompletion(model="gpt-5.2", columns={"prompt": "prompt"})
    rows = []
    with Execution(node, configuration, pd.DataFrame({"prompt": list("abcdefgh")})) as execution:
        with pytest.raises(RunStopped) as stopped:
            rows.extend(batch.num_rows for batch in execution)
        assert stopped.value.reason is StopReason.BUDGET
        assert sum(rows) == 3
        assert execution.summary().rows == 3


def test_a_budget_in_money_ends_the_run(monkeypatch: pytest.MonkeyPatch, sandbox_url: str) -> None:
    # The sandbox's own numbers, at the prices of a service that has some.
    monkeypatch.setattr("endpoint_nodes.extension.engine.money.price_of", lambda *_: 0.4)
    configuration = Configuration(base_url=sandbox_url, concurrency=1, max_cost=1.0)
    node = CreateChatCompletion(model="gpt-5.2", columns={"prompt": "prompt"})
    with pytest.raises(RunStopped, match=r"The budget of \$1.00 is spent \(\$1.20\); raise `max_cost` to go on."):
        execute(node, configuration, pd.DataFrame({"prompt": list("abcdefgh")}))
    free = replace(configuration, max_cost=None)
    assert execute(node, free, pd.DataFrame({"prompt": ["a"]}))[0].num_rows == 1


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (None, "unknown cost"),
        (0.0, "$0.00"),
        (0.00001, "less than $0.0001"),
        (0.0021, "$0.0021"),
        (0.0712, "$0.071"),
        (1234.5, "$1,234.50"),
    ],
)
def test_dollars_are_short(cost: float | None, text: str) -> None:
    assert dollars(cost) == text


def test_a_row_tells_what_its_response_costs() -> None:
    node = CreateChatCompletion(model="gpt-5.2", prompt="x", request_details=True)
    table, _ = execute(node, Configuration(base_url="sandbox:"))
    assert table.column("cost").to_pylist() == [0.0]
    meter = CostMeter(Configuration(), "flex")
    assert meter.price("gpt-5.2", USAGE) == pytest.approx(15.75 / 2)
    assert meter.price("nobody-knows-me", USAGE) is None
