"""A dry run shows what would go out, hides the key, and sends nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

CHAT = ("create-chat-completion", "-m", "gpt-5.2", "--prompt-column", "name", "--dry-run")


def test_the_first_request_is_shown_with_the_key_hidden(products: Path, run: Callable[..., Any]) -> None:
    ended = run(*CHAT, products, OPENAI_API_KEY="sk-very-secret")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("POST https://api.openai.com/v1/chat/completions\n")
    assert "Authorization: Bearer *** (env:OPENAI_API_KEY)" in ended.stdout
    assert '"content": "plum"' in ended.stdout
    assert "5 requests; nothing was sent." in ended.stdout
    assert "sk-very-secret" not in ended.stdout + ended.stderr


def test_nothing_is_sent(products: Path, run: Callable[..., Any]) -> None:
    ended = run(*CHAT, products, "--base-url", "http://127.0.0.1:9/v1")
    assert ended.returncode == 0, ended.stderr


def test_a_bound_of_the_cost_says_that_it_is_one(products: Path, run: Callable[..., Any]) -> None:
    pytest.importorskip("genai_prices")
    ended = run(*CHAT, products, "--max-completion-tokens", 100, OPENAI_API_KEY="k")
    assert "At most 500 output tokens." in ended.stdout
    assert "At most about $0.00" in ended.stdout
    unknown = [argument if argument != "gpt-5.2" else "nobody-knows-me" for argument in CHAT]
    ended = run(*unknown, products, OPENAI_API_KEY="k")
    assert "The price is unknown" in ended.stdout


def test_files_are_named_and_not_printed(tmp_path: Path, run: Callable[..., Any]) -> None:
    Image.new("RGB", (16, 16)).save(tmp_path / "photo.png")
    ended = run("create-image-variation", "photo.png", "--base-url", "sandbox:", "--dry-run")
    assert ended.returncode == 0, ended.stderr
    assert "image: photo.png, image/png, " in ended.stdout


def test_a_program_gets_it_as_json(products: Path, run: Callable[..., Any]) -> None:
    shown = json.loads(run(*CHAT, products, "--json", "--base-url", "sandbox:").stdout)
    assert (shown["method"], shown["rows"], shown["cost_usd"]) == ("POST", 5, 0.0)
    assert json.loads(shown["body"])["messages"] == [{"role": "user", "content": "plum"}]


def test_what_the_cache_has_is_told(
    tmp_path: Path, products: Path, run: Callable[..., Any], sandbox_server: Callable[..., str]
) -> None:
    there = (*CHAT[:-1], products, "--base-url", sandbox_server(), "--cache", tmp_path / "cache")
    assert run(*there, "-n", 2, "-q").returncode == 0
    assert "2 responses in the cache; the others would be sent." in run(*there, "--dry-run").stdout


def test_flex_and_two_models_are_priced_as_they_will_be(products: Path, run: Callable[..., Any]) -> None:
    pytest.importorskip("genai_prices")

    def cost(*options: object) -> float:
        ended = run(*CHAT, products, "--max-completion-tokens", 1000, "--json", *options, OPENAI_API_KEY="k")
        assert ended.returncode == 0, ended.stderr
        return float(json.loads(ended.stdout)["cost_usd"])

    assert cost("--service-tier", "flex") == pytest.approx(cost() / 2)
    assert cost("-m", "gpt-5.2-pro") > 2 * cost()
    flex = run(*CHAT, products, "--max-completion-tokens", 1000, "--service-tier", "flex", OPENAI_API_KEY="k")
    assert "at flex prices; run a few rows with --limit" in flex.stdout
    both = run(*CHAT, products, "-m", "gpt-5-mini", OPENAI_API_KEY="k")
    assert "10 requests; nothing was sent." in both.stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["-o", "nowhere/out.csv"], "The output's folder nowhere does not exist."),
        (["--select", "nmae"], "The result has no column 'nmae' to select; did you mean 'name'?"),
        (["--temperature", "9"], "--temperature must be from 0 to 2, not 9.0."),
        (["--report", "page.pdf"], "The report page.pdf must end in .html."),
    ],
)
def test_what_a_run_would_refuse_a_dry_run_refuses_too(
    options: list[str], sentence: str, products: Path, run: Callable[..., Any]
) -> None:
    ended = run(*CHAT, products, "--base-url", "sandbox:", *options)
    assert (ended.returncode, ended.stderr) == (2, f"Error: {sentence}\n")
