"""Texts over columns on the command line: what is a column, what is text, and what there is no column for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SANDBOX = ("-m", "gpt-5.2", "--base-url", "sandbox:", "--select", "content", "-q")


@pytest.fixture
def ask(tmp_path: Path, run: Callable[..., Any]) -> Callable[..., str]:
    """Ask about the one row of a table with odd columns; return what the service says was written."""
    header = "name,unit price,größe,a{b},code"
    (tmp_path / "table.csv").write_text(f"{header}\nplum,2.50,klein,braces,00123\n", encoding="utf-8")

    def start(*arguments: object) -> str:
        ended = run("create-chat-completion", "table.csv", *arguments, *SANDBOX)
        assert ended.returncode == 0, ended.stderr
        return str(json.loads(ended.stdout)["content"]).partition("You wrote: ")[2]

    return start


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        ("{name} for {unit price}", "plum for 2.50"),
        ("{größe}", "klein"),
        ("{a{b}}", "braces"),
        ("{code}", "00123"),
        ("{{name}} is {name}, {{{name}}}", "{name} is plum, {plum}"),
        ('Answer {"name": "…", "n": 1} or {"list": [{"x": {}}]}', None),
        ('Answer {"name": "{name}"} for {2,3}', 'Answer {"name": "plum"} for {2,3}'),
    ],
)
def test_braces_are_columns_or_text(prompt: str, sent: str | None, ask: Callable[..., str]) -> None:
    options = [] if sent else ["--repeat-request"]
    assert ask("--prompt", prompt, *options) == (sent or prompt)


def test_system_messages_and_whole_conversations_are_templates_too(tmp_path: Path, run: Callable[..., Any]) -> None:
    (tmp_path / "table.csv").write_text("name,city\nplum,Rome\n", encoding="utf-8")
    dry = ("-m", "gpt-5.2", "--base-url", "sandbox:", "--dry-run")
    shown = run("create-chat-completion", "table.csv", "-s", "You sell {name}s.", "--prompt", "{city}?", *dry).stdout
    assert '"content": "You sell plums."' in shown
    assert '"content": "Rome?"' in shown
    messages = json.dumps([{"role": "user", "content": "Is {name} from {city}?"}])
    assert "Is plum from Rome?" in run("create-chat-completion", "table.csv", "--messages", messages, *dry).stdout


def test_a_table_without_the_column_is_refused_with_the_nearest(tmp_path: Path, run: Callable[..., Any]) -> None:
    (tmp_path / "table.csv").write_text("name\nplum\n", encoding="utf-8")
    ended = run("create-chat-completion", "table.csv", "--prompt", "Describe {nmae}", *SANDBOX)
    assert ended.returncode == 2
    assert ended.stderr == (
        "Error: --prompt names the column 'nmae', which the input does not have; did you mean {name}? "
        "Write {{nmae}} to send {nmae} as text.\n"
    )


def test_without_a_table_braces_are_sent_as_they_stand_and_that_is_said(run: Callable[..., Any]) -> None:
    ended = run("create-chat-completion", "--prompt", "Describe {name}", *SANDBOX[:-1])
    assert (ended.returncode, json.loads(ended.stdout)["content"][-15:]) == (0, "Describe {name}")
    assert "Warning: --prompt names a column in braces, but there is no table" in ended.stderr


def test_the_help_shows_a_template_first(run: Callable[..., Any]) -> None:
    help_text = " ".join(run("create-chat-completion", "--help").stdout.split())
    assert "may name columns of INPUT in braces: --prompt 'Describe {name}'." in help_text.partition("Request:")[0]


def test_completion_knows_commands_and_options(run: Callable[..., Any]) -> None:
    asked = {"_ENDPOINT_NODES_COMPLETE": "bash_complete", "COMP_CWORD": "1"}
    assert "create-chat-completion" in run(COMP_WORDS="endpoint-nodes create-ch", **asked).stdout
    words = "endpoint-nodes create-chat-completion --max-co"
    assert "--max-cost" in run(COMP_WORDS=words, **{**asked, "COMP_CWORD": "2"}).stdout
    for option, kind in (("--ca-bundle", "file"), ("--cache", "dir"), ("--batch-folder", "dir")):
        words = f"endpoint-nodes create-chat-completion {option} x"
        assert run(COMP_WORDS=words, **{**asked, "COMP_CWORD": "3"}).stdout.startswith(f"{kind},")
    page = (Path(__file__).parents[4] / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert "_ENDPOINT_NODES_COMPLETE=bash_source endpoint-nodes" in page
    assert "complete" in run(_ENDPOINT_NODES_COMPLETE="bash_source").stdout
