"""The command line as a user meets it: the installed command, real files, exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"
COMMAND = Path(sys.executable).with_name("endpoint-nodes")


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
    return subprocess.run(
        [COMMAND, *map(str, arguments)], capture_output=True, text=True, env={**clean, **environment}, check=False
    )


def test_a_folder_becomes_a_table_and_a_gallery(tmp_path: Path) -> None:
    out, report = tmp_path / "variations.parquet", tmp_path / "variations.html"
    options = [
        "--n",
        2,
        "--size",
        "256x256",
        "--fit",
        "pad",
        "--base-url",
        "sandbox:",
        "--out",
        out,
        "--report",
        report,
    ]
    ended = run("create-image-variation", EXAMPLES / "images", *options, "--json")
    assert ended.returncode == 0, ended.stderr
    summary = json.loads(ended.stdout)
    assert (summary["rows"], summary["failed"], summary["results"]) == (8, 0, 16)
    assert pq.read_table(out).num_rows == 16
    assert "<!doctype html>" in report.read_text(encoding="utf-8")[:100].lower()


def test_a_table_names_its_column_and_failed_rows_are_told(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    ended = run(
        *[
            "create-image-variation",
            EXAMPLES / "products.csv",
            "--image-column",
            "photo",
            "--on-error",
            "continue",
            "--fit",
            "refuse",
        ],
        *["--size", "256x256", "--base-url", "sandbox:", "--out", out],
    )
    assert ended.returncode == 1, ended.stderr
    assert "say --fit pad or --fit crop" in ended.stderr
    assert out.read_text(encoding="utf-8").startswith("sku,name,photo,prompt,row_id,image,revised_prompt,index,")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "The input nowhere does not exist."),
        ([EXAMPLES / "images", "--n", "0"], "--n must be from 1 to 10, not 0."),
        ([EXAMPLES / "images", "--n", "11"], "--n must be from 1 to 10, not 11."),
        ([EXAMPLES / "images", "--n", "x"], "--n must be a whole number, not 'x'."),
        ([EXAMPLES / "images", "--size", "123x456"], "--size is '123x456', but the variations route takes 256x256"),
        ([EXAMPLES / "products.csv", "--image-column", "nope"], "The input has no column 'nope' for --image"),
        ([EXAMPLES.parent / "benchmarks"], "has no images"),
    ],
)
def test_bad_input_is_one_clear_line(arguments: list[object], sentence: str, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    ended = run("create-image-variation", *arguments, "--base-url", "sandbox:", "--out", out)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_without_a_key_it_says_how_to_try_the_sandbox(tmp_path: Path) -> None:
    ended = run("create-image-variation", EXAMPLES / "images", "--out", tmp_path / "out.parquet")
    assert ended.returncode == 2
    assert "--base-url sandbox:" in ended.stderr


def test_nodes_and_describe() -> None:
    assert "create-image-variation" in run("nodes").stdout
    described = json.loads(run("describe", "create-image-variation", "--json").stdout)
    assert {field["name"] for field in described["fields"]} >= {
        "image",
        "model",
        "n",
        "size",
        "user",
        "quality",
        "style",
    }
    assert "Result columns" in run("describe", "create-image-variation").stdout


def test_a_prompt_names_columns_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_text("name,unit price\nPlum,2\nPear,3\n", encoding="utf-8")
    options = ["--model", "sandbox-chat", "--base-url", "sandbox:", "--out", tmp_path / "out.jsonl"]
    ended = run("create-chat-completion", tmp_path / "products.csv", "--prompt", "{name} for {unit price}", *options)
    assert ended.returncode == 0, ended.stderr
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["content"].rpartition(": ")[2] for line in lines] == ["Plum for 2", "Pear for 3"]
    options[-1] = tmp_path / "mistyped.jsonl"
    mistyped = run("create-chat-completion", tmp_path / "products.csv", "--prompt", "{nam} for free", *options)
    assert mistyped.returncode == 2
    assert "did you mean {name}?" in mistyped.stderr
