"""What goes wrong every day is answered with one sentence that names the thing and the way out."""

import gzip
import os
import shlex
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from endpoint_nodes.extension.hosts.cli.app import app

CHAT = "create-chat-completion"
FILES: dict[str, str | bytes] = {
    "products.csv": "sku,name\nA1,plum\nB2,pear\n",
    "latin.csv": "name\nMüller\n".encode("latin-1"),
    "empty.csv": "",
    "double.csv": "name,name\na,b\n",
    "semicolons.csv": "name;city\na;b\n",
    "missing.csv": "name,city\na,b\n,c\n",
    "short.csv": "name,city\nplum\n",
    "lines.jsonl": '{"name": "plum"}\n{"name": \n',
    "object.json": '{"name": "plum"}',
    "cut.csv.gz": gzip.compress(b"name\n" + bytes(range(97, 123)) * 4000)[:-20],
    "damaged.parquet": b"PAR1 and nothing else",
    "damaged.xlsx": b"PK and nothing else",
    "notes.docx": b"PK",
    "typo.toml": "concurency = 2\n",
    "broken.toml": "concurrency = \n",
    "mine.csv": "my own words\n",
}


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Run a command in a folder with `FILES`; return its exit code and its error."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "notes.txt").write_text("x", encoding="utf-8")
    workbook = openpyxl.Workbook()
    assert workbook.active
    workbook.active.append(["name", "city"])
    workbook.active.append(["plum", "Rome"])
    workbook.save(tmp_path / "table.xlsx")
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("OPENAI_", "ENDPOINT_NODES_"))]:
        monkeypatch.delenv(name)

    def run(*arguments: str, **environment: str) -> tuple[int, str]:
        ended = CliRunner().invoke(app, list(arguments), env=environment)
        assert "Traceback" not in ended.output
        errors = [line for line in ended.stderr.splitlines() if line.startswith("Error: ")]
        assert len(errors) == 1, ended.output
        return ended.exit_code, errors[0].removeprefix("Error: ")

    return run


TABLES = [
    ("latin.csv", "latin.csv, line 2 is not UTF-8 (Windows-1252?). Name its encoding, such as --encoding windows-1252"),
    ("empty.csv", "empty.csv is empty: it has no header line."),
    ("double.csv", "double.csv has several columns named 'name'; rename all but one."),
    ("semicolons.csv", "its only column is 'name;city'. Is the file separated by semicolons? Say --delimiter ';'."),
    (
        "missing.csv",
        "missing.csv, line 3: --prompt is missing; give it a value, or leave such rows out: --missing-values",
    ),
    ("short.csv", "short.csv, line 2 has 1 cells, but the header has 2."),
    ("lines.jsonl", "lines.jsonl, line 2 is not valid JSON"),
    ("object.json", "object.json must hold a JSON list of objects, one for each row."),
    ("cut.csv.gz", "cut.csv.gz cannot be read"),
    ("damaged.parquet", "damaged.parquet cannot be read as a table"),
    ("damaged.xlsx", "damaged.xlsx cannot be read"),
    ("notes.docx", "notes.docx is not a table that can be read (.parquet, .arrow"),
    ("texts", "The folder texts has no images (.png, .jpg"),
    ("product.csv", "The input product.csv does not exist; did you mean products.csv?"),
    ("*.tsv", "No file matches *.tsv."),
    ("https://example.com/x.csv", "is an address; tables are read from files, so download it first."),
]


@pytest.mark.parametrize(("table", "sentence"), TABLES, ids=[table for table, _ in TABLES])
def test_a_table_that_cannot_be_used(table: str, sentence: str, said: Callable[..., tuple[int, str]]) -> None:
    code, error = said(CHAT, table, "--prompt-column", "name", "-m", "any", "--base-url", "sandbox:")
    assert code == 2
    assert sentence in error


OPTIONS = [
    (
        "--prompt 'Describe {nmae}'",
        "--prompt names the column 'nmae', which the input does not have; did you mean {name}?",
    ),
    ("--prompt Describe", "No field uses a column of the input, so every row would send the same request."),
    ("--prompt-column nmae", "The input has no column 'nmae' for --prompt; did you mean 'name'?"),
    ("--prompt-column name --prompt x", "--prompt has a value and a column; give one of --prompt and --prompt-column."),
    ("--prompt-column name --id-column skuu", "The input has no column 'skuu' to name its rows; did you mean 'sku'?"),
    ("--prompt-column name --select sku,contents", "no column 'contents' to select; did you mean 'content'?"),
    ("--prompt-column name --select sku,sku", "The column 'sku' is selected twice; a table has it once."),
    ("--prompt-column name -o folder.csv", "The output folder.csv is a folder; name a file in it."),
    ("--prompt-column name -o pictures/", "--out names a table, such as out.csv; --out-dir pictures saves images"),
    ("--prompt-column name -o out.png", "--out names a table, such as out.csv; --out-dir out saves images"),
    ("--prompt-column name -o out.txt", "The output out.txt must end in one of .parquet, .csv"),
    ("--prompt-column name -o nowhere/out.csv", "The output's folder nowhere does not exist."),
    ("--prompt-column name -o products.csv", "The output products.csv is the input; choose another name"),
    (
        "--prompt-column name -o mine.csv",
        "mine.csv exists and is not a result of this node; choose another name, or say",
    ),
    ("--prompt-column name --out-dir out", "The result has no images, recordings or subtitles to save as files."),
    ("--prompt-column name --name '{sku}'", "--name does nothing without --out-dir; give both or neither."),
    ("--prompt-column name --sample-seed 3", "--sample-seed does nothing without --sample; give both or neither."),
    ("--prompt-column name --report page.pdf", "The report page.pdf must end in .html."),
    (
        "--prompt-column name --report out.html --select sku",
        "--select does nothing without --out; give both or neither.",
    ),
    ("--prompt-column name --limit 0", "--limit must be at least 1, not 0."),
    ("--prompt-column name --delimiter ab", "--delimiter must be a single character, not 'ab'."),
    ("--prompt-column name --encoding klingon", "The encoding 'klingon' is not known; try utf-8 or windows-1252."),
    ("--prompt-column name --answer-columns columns.json", "--answer-columns takes JSON; to read it from the file"),
    ("--prompt-column name --answer-columns @no.json", "The file no.json cannot be read (No such file or directory)."),
    ("--prompt-column name --answer-columns {city}", "--answer-columns must be valid JSON"),
    ("--prompt-column name --temperature hot", "--temperature must be a number, not 'hot'."),
    ("--prompt-column name --reasoning-effort huge", "--reasoning-effort must be one of none, minimal, low"),
    ("--prompt-column name --json-schema @s.json", "A JSON schema for the answer is --answer-columns @schema.json."),
    (
        "--prompt-column name --api-key sk-1",
        "Keys are named, not given: export OPENAI_API_KEY, or say --credential env:NAME",
    ),
    ("--prompt-column name --max-tokens 9", "is --max-completion-tokens; the budget of a run is --max-total-tokens."),
    ("--prompt-column name --output x.csv", "The result table is --out FILE."),
    (
        "--prompt-column name --configuration typo.toml",
        "In typo.toml, concurency is not a field of a Configuration; did",
    ),
    ("--prompt-column name --configuration broken.toml", "The configuration broken.toml cannot be read"),
    (
        "--prompt-column name --base-url localhost:8000",
        "--base-url must start with https:// and a host (http:// on this",
    ),
    ("--prompt-column name --base-url http://10.0.0.7/v1", "use https:// or allow it with --allow-http 10.0.0.7."),
    ("--prompt-column name --credential sk-12345", "--credential must be a reference: env:NAME"),
    ("--prompt-column name --engine abacus -o x.csv", "Unknown engine 'abacus'."),
    (
        "other.csv --prompt-column name",
        "There is one INPUT; put a pattern such as 'photos/*.jpg' in quotes, or name a folder.",
    ),
]


@pytest.mark.parametrize(("options", "sentence"), OPTIONS, ids=[options for options, _ in OPTIONS])
def test_an_option_that_cannot_be_meant(options: str, sentence: str, said: Callable[..., tuple[int, str]]) -> None:
    given = [] if "--base-url" in options else ["--base-url", "sandbox:"]
    code, error = said(CHAT, "products.csv", "-m", "any", *given, *shlex.split(options))
    assert code == 2
    assert sentence in error


COMMANDS = [
    ("chat", "No such command 'chat'. Did you mean create-chat-completion?"),
    ("describe chats", "There is no node 'chats'; endpoint-nodes nodes lists them."),
    ("describe embeddings", "There is no node 'embeddings'; did you mean create-embeddings?"),
    ("cache clean", "No such command 'clean'."),  # newer versions of click go on: Did you mean 'clear'?
    ("export nowhere.parquet pictures", "The result nowhere.parquet does not exist."),
    ("export products.csv pictures", "products.csv is not a result that holds files: .parquet, .arrow or .feather"),
    ("report nowhere.parquet --out page.html", "The result nowhere.parquet does not exist."),
    ("report products.csv --out page.html", "The result products.csv must end in one of .parquet"),
    ("pack add nowhere.yaml", "The document nowhere.yaml cannot be read (No such file or directory)."),
    ("new-pack 'My Pack!'", "cannot name a pack; use lower-case words with hyphens, such as judge-text."),
    ("sandbox --port 99999", "99999 is not in the range 0<=x<=65535."),
    (
        "create-chat-completion --base-url sandbox:",
        "--prompt is missing: give --prompt, or an INPUT with a column 'prompt'.",
    ),
    (
        "create-chat-completion products.csv --prompt-column name --base-url sandbox:",
        "--model is missing: give it a value, or choose a column",
    ),
    (
        "create-chat-completion products.csv -m any --prompt-column name",
        "the environment variable OPENAI_API_KEY is missing",
    ),
    (
        "create-chat-completion -m any --prompt Hello --base-url sandbox: --lock nowhere/lock",
        "The lock's folder nowhere does not exist.",
    ),
]


@pytest.mark.parametrize(("command", "sentence"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_a_command_that_cannot_run(command: str, sentence: str, said: Callable[..., tuple[int, str]]) -> None:
    code, error = said(*shlex.split(command))
    assert code == 2
    assert sentence in error


def test_a_name_in_the_environment_that_is_no_fields(said: Callable[..., tuple[int, str]]) -> None:
    code, error = said(CHAT, "products.csv", "-m", "any", "--prompt-column", "name", ENDPOINT_NODES_BASEURL="sandbox:")
    assert (code, error.endswith("did you mean ENDPOINT_NODES_BASE_URL?")) == (2, True), error


def test_a_service_that_cannot_be_reached_or_lacks_the_model(said: Callable[..., tuple[int, str]]) -> None:
    ask = (CHAT, "products.csv", "--prompt-column", "name", "-m", "gpt5")
    code, error = said(*ask, "--base-url", "http://127.0.0.1:9/v1", "--max-attempts", "1", "-o", "out.csv")
    assert (code, "127.0.0.1:9 cannot be reached (Connection refused)" in error) == (1, True), error
    code, error = said(*ask, "--base-url", "sandbox:?strict_models=true", "-o", "out.csv")
    assert code == 3
    assert "The model `gpt5` does not exist" in error
    assert error.endswith("endpoint-nodes list-models shows the models of this service.")


def test_a_spent_budget_says_where_the_results_are(said: Callable[..., tuple[int, str]]) -> None:
    ask = (CHAT, "products.csv", "--prompt-column", "name", "-m", "any", "--base-url", "sandbox:", "-o", "out.csv")
    assert said(*ask, "--max-requests", "1", "--concurrency", "1") == (
        5,
        "The budget of 1 request is spent; raise --max-requests to go on.",
    )
    assert len(Path("out.csv").read_text(encoding="utf-8").splitlines()) == 2
