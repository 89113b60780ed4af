"""The examples for orchestrators, run by the orchestrators themselves: three nights, each row asked for once."""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = Path(__file__).parents[3] / "examples" / "orchestrators"
sys.path.insert(0, str(EXAMPLES))

NIGHTS = (20, 30, 30)
"""Products in the table, night after night."""


def grow(table: Path, products: int) -> None:
    table.write_text("\n".join(["name", *(f"product {number}" for number in range(products)), ""]), encoding="utf-8")


def asked(base_url: str) -> int:
    with urllib.request.urlopen(base_url.removesuffix("/v1") + "/sandbox/requests") as log:  # noqa: S310 - loopback
        return sum(request["method"] == "POST" for request in json.load(log)["requests"])


def test_a_prefect_flow(sandbox_server: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    from prefect.testing.utilities import prefect_test_harness
    from prefect_flow import nightly

    base_url, table, out = sandbox_server(), tmp_path / "products.csv", tmp_path / "out.parquet"
    reused = []
    with prefect_test_harness(server_startup_timeout=120):
        for products in NIGHTS:
            grow(table, products)
            reused.append(nightly(str(table), str(out), base_url))
            assert pq.read_table(out).num_rows == products
    assert reused == [(0, 0), (20, 0), (30, 0)]
    assert asked(base_url) == max(NIGHTS)


def test_a_dagster_asset(sandbox_server: Callable[..., str], tmp_path: Path) -> None:
    import dagster as dg
    from dagster_asset import Job, definitions, descriptions

    base_url, table, out = sandbox_server(), tmp_path / "products.csv", tmp_path / "out.parquet"
    assert definitions.get_schedule_def("nightly").cron_schedule == "15 2 * * *"
    for products in NIGHTS:
        grow(table, products)
        config = Job(products=str(table), descriptions=str(out), base_url=base_url)
        made = dg.materialize([descriptions], run_config=dg.RunConfig({"descriptions": config}))
        assert made.success
        assert pq.read_table(out).num_rows == products
    assert asked(base_url) == max(NIGHTS)
