"""Tables come from pipes and go into pipes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from endpoint_nodes.extension.hosts.cli.app import app
from endpoint_nodes.extension.hosts.cli.reporters import TerminalReporter

CHAT = ("create-chat-completion", "-m", "gpt-5.2", "--base-url", "sandbox:", "--prompt-column", "name")


@pytest.mark.parametrize(
    "table",
    ["name\nplum\npear\n", '{"name": "plum"}\n{"name": "pear"}\n', '[{"name": "plum"}, {"name": "pear"}]'],
    ids=["csv", "jsonl", "json"],
)
def test_a_table_of_any_text_format_comes_from_standard_input(table: str, run: Callable[..., Any]) -> None:
    ended = run(*CHAT, "-", input=table)
    assert ended.returncode == 0, ended.stderr
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [row["content"].rpartition(" ")[2] for row in rows] == ["plum", "pear"]
    assert "2 rows: " in ended.stderr, "the summary keeps out of the result"


def test_a_pipe_with_a_name_is_read_as_one(run: Callable[..., Any]) -> None:
    ended = run(*CHAT, "/dev/stdin", "-q", input="name\nplum\n")
    assert (ended.returncode, len(ended.stdout.splitlines()), ended.stderr) == (0, 1, "")


def test_a_delimiter_and_an_encoding_can_be_said(tmp_path: Path, run: Callable[..., Any]) -> None:
    (tmp_path / "table.csv").write_bytes("name;city\nplum;Köln\n".encode("latin-1"))
    ended = run(*CHAT[:-1], "city", "table.csv", "--delimiter", ";", "--encoding", "latin-1", "-q")
    assert "Köln" in json.loads(ended.stdout)["content"]


def test_an_empty_pipe_is_said_to_be_empty(run: Callable[..., Any]) -> None:
    ended = run(*CHAT, "-", input="")
    assert (ended.returncode, ended.stderr[:31]) == (2, "Error: Standard input is empty;")


def test_a_log_gets_lines_of_progress(products: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TerminalReporter, "log_seconds", 0.0)
    monkeypatch.chdir(products.parent)
    ended = CliRunner().invoke(app, [*CHAT, products.name, "-o", "out.csv"])
    assert ended.exit_code == 0, ended.output
    lines = ended.stderr.splitlines()
    assert [line.partition(" rows, ")[0] for line in lines] == [f"{number} of 5" for number in range(1, 6)]
    assert " rows/s, " in lines[0]
    assert lines[0].endswith(" left")
