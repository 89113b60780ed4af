"""An n8n for all tests, with the service and sandboxes that its credentials lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from n8n_support import TOKEN, N8n, started

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def faulty_sandbox() -> Iterator[str]:
    """A sandbox that answers three of ten requests with a fault, most of which a retry heals."""
    with started("sandbox", "--failure-rate", "0.3") as (_, address):
        yield address


@pytest.fixture(scope="session")
def n8n(tmp_path_factory: pytest.TempPathFactory, faulty_sandbox: str) -> Iterator[N8n]:
    """An n8n with the package, and credentials named after the Configurations sandbox, faulty, slow and batch."""
    home = tmp_path_factory.mktemp("n8n")
    names = home / "configurations"
    names.mkdir()
    (names / "faulty.toml").write_text(
        f'base_url = "{faulty_sandbox}"\nmax_wait = 1\nmax_attempts = 12\n', encoding="utf-8"
    )
    with (
        started("sandbox", "--latency", "0.5", "--batch-seconds", "5") as (_, slow),
        started("serve", "--folder", home / "service", "--configurations", names, ENDPOINT_NODES_TOKEN=TOKEN) as (
            _,
            service,
        ),
    ):
        (names / "slow.toml").write_text(f'base_url = "{slow}"\nconcurrency = 2\n', encoding="utf-8")
        made = N8n(home, service)
        (names / "batch.toml").write_text(f'base_url = "{slow}"\ndelivery = "batch"\n', encoding="utf-8")
        made.add_credentials("sandbox", "faulty", "slow", "batch")
        yield made


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-docs", action="store_true", help="Write the pictures of docs/images/n8n.")
