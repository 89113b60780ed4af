"""A wrong command is answered with a sentence that says the way out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("products")

CHAT = ("create-chat-completion", "products.csv", "-m", "gpt-5.2", "--prompt-column", "name")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["chat"], "Did you mean create-chat-completion?"),
        (["embed"], "Did you mean create-embeddings?"),
        (["create-chat-completions"], "Did you mean create-chat-completion"),
        (["zzz"], "endpoint-nodes nodes lists the nodes."),
        (
            [*CHAT, "--api-key", "sk-1"],
            "Keys are named, not given: export OPENAI_API_KEY, or say --credential env:NAME.",
        ),
        ([*CHAT, "--max-tokens", "100"], "the budget of a run is --max-total-tokens."),
        ([*CHAT, "--temprature", "1"], "--temperature"),
        ([*CHAT], "the environment variable OPENAI_API_KEY is missing or empty"),
        ([*CHAT, "--prompt", "x", "--base-url", "sandbox:"], "--prompt has a value and a column"),
        (
            [*CHAT, "--answer-columns", "@nowhere.json", "--base-url", "sandbox:"],
            "The file nowhere.json cannot be read",
        ),
        ([*CHAT, "--base-url", "sandbox:", "--report", "page.pdf"], "The report page.pdf must end in .html."),
        ([*CHAT, "--base-url", "sandbox:", "--delimiter", "ab"], "--delimiter must be a single character"),
        ([*CHAT, "--base-url", "sandbox:", "-o", "products.csv"], "is the input; choose another name"),
        ([*CHAT, "--base-url", "http://example.com/v1"], "or allow it with --allow-http example.com."),
        ([*CHAT, "--temperature", "5", "--base-url", "sandbox:"], "--temperature must be from 0 to 2, not 5.0."),
        ([*CHAT, "--engine", "abacus", "-o", "x.csv", "--base-url", "sandbox:"], "Unknown engine 'abacus'."),
    ],
)
def test_the_way_out_is_said(arguments: list[str], sentence: str, run: Callable[..., Any]) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2, ended.stdout
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_401_without_a_key_says_that_none_was_sent(
    run: Callable[..., Any], sandbox_server: Callable[..., str]
) -> None:
    url = sandbox_server(key="k")
    ended = run(*CHAT, "--base-url", url, "-o", "out.csv", OPENAI_API_KEY="k")
    assert ended.returncode == 3, ended.stderr
    assert "No key was sent: OPENAI_API_KEY goes to api.openai.com only." in ended.stderr
    assert "Use --credential env:OPENAI_API_KEY to send it to 127.0.0.1." in ended.stderr


def test_a_base_url_without_a_version_says_what_is_usual(
    run: Callable[..., Any], sandbox_server: Callable[..., str]
) -> None:
    url = sandbox_server().removesuffix("/v1")
    ended = run(*CHAT, "--base-url", url, "-o", "out.csv")
    assert ended.returncode == 3, ended.stderr
    assert f"Base URLs usually end in /v1: try --base-url {url}/v1." in ended.stderr


def test_a_key_in_a_dotenv_file_is_found(tmp_path: Path, run: Callable[..., Any]) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-of-the-file\n", encoding="utf-8")
    ended = run(*CHAT, "--dry-run")
    assert "Bearer *** (env:OPENAI_API_KEY)" in ended.stdout, ended.stderr


def test_a_json_option_is_read_from_a_file(tmp_path: Path, run: Callable[..., Any]) -> None:
    (tmp_path / "columns.json").write_text('{"city": "text"}', encoding="utf-8")
    ended = run(*CHAT, "--answer-columns", "@columns.json", "--base-url", "sandbox:", "-n", 1, "-q")
    assert '"city":' in ended.stdout, ended.stderr


def test_the_help_of_a_large_node_fits_two_screens(run: Callable[..., Any]) -> None:
    short = run("create-chat-completion", "--help", COLUMNS="100").stdout
    full = run("create-chat-completion", "--help-all", COLUMNS="100").stdout
    assert len(short.splitlines()) <= 80
    assert [line for line in short.splitlines() if line.endswith(":") and not line.startswith(" ")] == [
        "Request:",
        "Result:",
        "Rows:",
        "Run:",
        "Service and limits:",
    ]
    assert "--logit-bias" in full
    assert "--logit-bias" not in short
    assert "--help-all" in short
