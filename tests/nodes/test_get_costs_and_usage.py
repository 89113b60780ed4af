"""Costs and usage: periods as people write them, every page, typed rows, and the admin key."""

import datetime as dt
import json
from typing import Any

import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.testing.wire import Recorder, recording_server
from endpoint_nodes.nodes.get_costs_and_usage import GetCostsAndUsage
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import BadResponse, InvalidInput, InvalidSetting

SANDBOX = Configuration(base_url="sandbox:")
NOVEMBER = {"start": "2026-11-01", "end": "2026-12-01"}


def page(results: list[Any], next_page: str | None = None) -> bytes:
    bucket = {"object": "bucket", "start_time": 1793491200, "end_time": 1793577600, "results": results}
    body = {"object": "page", "data": [bucket], "has_more": next_page is not None, "next_page": next_page}
    return json.dumps(body).encode()


def test_a_month_is_read_to_its_end_page_by_page() -> None:
    table, _ = execute(GetCostsAndUsage(**NOVEMBER, group_by=["project_id"]), SANDBOX)
    days = [row["start_time"].date() for row in table.to_pylist()]
    assert days == [dt.date(2026, 11, day) for day in range(1, 31) for _ in range(2)]
    assert set(table.column("project_id").to_pylist()) == {"proj_shop", "proj_search"}
    assert table.column("amount").null_count == 0
    assert set(table.column("currency").to_pylist()) == {"usd"}
    raw, _ = execute(GetCostsAndUsage(**NOVEMBER, result_format="raw"), SANDBOX)
    assert raw.num_rows == 5, "a page has 7 days"


def test_pages_of_other_sizes_have_the_same_rows() -> None:
    tables = [execute(GetCostsAndUsage(**NOVEMBER, limit=limit), SANDBOX)[0] for limit in (1, 9, 180)]
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


@pytest.mark.parametrize(
    ("start", "seconds"),
    [
        ("2026-11-01", "1793491200"),
        ("2026-11-01T02:00+02:00", "1793491200"),
        ("2026-11-01 00:00:00", "1793491200"),
        ("1793491200", "1793491200"),
        (dt.date(2026, 11, 1), "1793491200"),
        (dt.datetime(2026, 11, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))), "1793491200"),
    ],
)
def test_a_period_starts_on_a_day_or_at_a_time_also_of_a_column(start: Any, seconds: str) -> None:
    with recording_server(Recorder(status=200, body=page([]))) as server:
        execute(GetCostsAndUsage(), Configuration(base_url=server.url), [{"start": start}])
    assert server.requests[0].parts == {"start_time": seconds}


def test_a_period_that_cannot_be_is_not_asked_for() -> None:
    for values, said in (
        ({"start": "2026-11-31"}, "not in the calendar"),
        ({"start": "2026-11-02", "end": "2026-11-02"}, "is not after `start`"),
    ):
        with pytest.raises(InvalidInput, match=said):
            execute(GetCostsAndUsage(**values), SANDBOX)
    with pytest.raises(InvalidSetting, match="`start` must be a day"):
        GetCostsAndUsage(start="yesterday")


def test_a_report_refuses_what_it_cannot_be_grouped_or_narrowed_by() -> None:
    for values, said in (
        ({"group_by": ["model"]}, "may hold project_id"),
        ({"models": ["gpt-5.2"]}, "does not take it; switch it off"),
        ({"bucket_width": "1h"}, "takes only 1d"),
        ({"limit": 181}, "must be at most 180"),
        ({"report": "images", "bucket_width": "1h", "limit": 169}, "must be at most 168"),
    ):
        with pytest.raises((InvalidInput, InvalidSetting), match=said):
            execute(GetCostsAndUsage(start="2026-11-01", **values), SANDBOX)


def test_lists_are_sent_as_the_official_client_sends_them() -> None:
    with recording_server(Recorder(status=200, body=page([]))) as server:
        node = GetCostsAndUsage(
            start="2026-11-01", project_ids=["proj_1", "proj & 2"], report="completions", batch=True
        )
        execute(node, Configuration(base_url=server.url))
    (sent,) = server.requests
    assert sent.path == "/organization/usage/completions"
    assert sent.parts == {"start_time": "1793491200", "project_ids": ["proj_1", "proj & 2"], "batch": "true"}


@pytest.mark.parametrize(("value", "amount"), [(0.06, 0.06), ("0.06", 0.06), ("much", None), (None, None)])
def test_an_amount_is_a_number_also_where_the_service_sends_text(value: Any, amount: float | None) -> None:
    body = page([{"object": "organization.costs.result", "amount": {"value": value, "currency": "usd"}}])
    with recording_server(Recorder(status=200, body=body)) as server:
        table, _ = execute(GetCostsAndUsage(start="2026-11-01"), Configuration(base_url=server.url))
    assert table.column("amount").to_pylist() == [amount]


def test_the_same_page_again_is_an_error_and_not_an_endless_loop() -> None:
    again = Recorder(status=200, body=page([], "page_1"))
    with recording_server(again) as server, pytest.raises(BadResponse, match="just read"):
        execute(GetCostsAndUsage(start="2026-11-01"), Configuration(base_url=server.url))
    assert [sent.parts.get("page") for sent in server.requests] == [None, "page_1"]


def test_every_run_asks_again_what_has_been_paid() -> None:
    with recording_server(Recorder(status=200, body=page([]))) as server:
        for _ in range(2):
            execute(GetCostsAndUsage(start="2026-11-01"), Configuration(base_url=server.url))
    assert len(server.requests) == 2


def test_the_admin_key_is_used_at_openai_where_no_other_is_named() -> None:
    assert GetCostsAndUsage.at_service(Configuration()).credential == "env:OPENAI_ADMIN_KEY"
    named = Configuration(credential="env:OTHER")
    elsewhere = Configuration(base_url="https://gateway.example/v1")
    for configuration in (named, elsewhere, SANDBOX):
        assert GetCostsAndUsage.at_service(configuration) is configuration
