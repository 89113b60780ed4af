"""A few rows first: the beginning, a sample, the same sample again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHAT = ("create-chat-completion", "-m", "gpt-5.2", "--base-url", "sandbox:", "--prompt-column", "name", "-q")


def asked(ended: Any) -> list[str]:
    """Return the names that were asked about."""
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line)["content"].rpartition(" ")[2] for line in ended.stdout.splitlines()]


def test_the_first_rows_are_run(products: Path, run: Callable[..., Any]) -> None:
    assert asked(run(*CHAT, products, "-n", 2)) == ["plum", "pear"]


def test_a_sample_is_the_same_for_the_same_seed(products: Path, run: Callable[..., Any]) -> None:
    first = asked(run(*CHAT, products, "--sample", 2))
    assert len(first) == 2
    assert asked(run(*CHAT, products, "--sample", 2)) == first
    others = {tuple(asked(run(*CHAT, products, "--sample", 2, "--sample-seed", seed))) for seed in (1, 2, 3)}
    assert others - {tuple(first)}


def test_a_column_names_the_rows(products: Path, run: Callable[..., Any]) -> None:
    ended = run(*CHAT, products, "--id-column", "sku", "-n", 2)
    assert [json.loads(line)["row_id"] for line in ended.stdout.splitlines()] == ["A1", "B2"]


def test_a_limit_of_nothing_is_refused(products: Path, run: Callable[..., Any]) -> None:
    ended = run(*CHAT, products, "-n", 0)
    assert (ended.returncode, ended.stderr) == (2, "Error: --limit must be at least 1, not 0.\n")
