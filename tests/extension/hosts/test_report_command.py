"""`endpoint-nodes report`: a page of a finished result."""

import subprocess
import sys
from pathlib import Path

COMMAND = [str(Path(sys.executable).with_name("endpoint-nodes"))]


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False)


def make_result(folder: Path) -> Path:
    """Run a small table through the sandbox."""
    table, result = folder / "in.csv", folder / "result.parquet"
    table.write_text("sku,prompt\nA-1,Hello\nA-2,World\n", encoding="utf-8")
    made = command(
        "create-chat-completion",
        table,
        "--request-details",
        "--model",
        "sandbox-chat",
        "--keep-columns",
        "--base-url",
        "sandbox:",
        "--out",
        result,
    )
    assert made.returncode == 0, made.stderr
    return result


def test_a_result_becomes_a_page(tmp_path: Path) -> None:
    result, page = make_result(tmp_path), tmp_path / "page.html"
    done = command("report", result, "--out", page, "--title", "Greetings")
    assert (done.returncode, done.stdout) == (0, f"2 rows: {page}\n")
    text = page.read_text(encoding="utf-8")
    assert all(part in text for part in ('<h1 dir="auto">Greetings</h1>', ">A-1</h2>", "You wrote: World"))
    done = command("report", result, "--out", page, "--compare", "model")
    assert (done.returncode, 'data-variant="sandbox-chat"' in page.read_text(encoding="utf-8")) == (0, True)


def test_a_page_that_is_not_html_and_a_column_that_is_not_there_are_refused(tmp_path: Path) -> None:
    result = make_result(tmp_path)
    for arguments, sentence in (
        (["--out", tmp_path / "page.pdf"], f"The report {tmp_path}/page.pdf must end in .html."),
        (["--out", tmp_path / "none" / "page.html"], f"The report's folder {tmp_path}/none does not exist."),
        (["--out", tmp_path / "page.html", "--compare", "take"], "The result has no column 'take'"),
    ):
        done = command("report", result, *arguments)
        assert (done.returncode, done.stderr.startswith(f"Error: {sentence}")) == (2, True), done.stderr
    assert not list(tmp_path.glob("page*"))
