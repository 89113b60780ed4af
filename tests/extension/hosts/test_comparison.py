"""Options given several times run every combination, into one table and one page side by side."""

import os
import threading
from pathlib import Path

import pyarrow.parquet as pq
from click.testing import CliRunner

from endpoint_nodes.extension.hosts.cli.app import app
from endpoint_nodes.extension.hosts.kit.comparison import expand_variants

EXAMPLES = Path(__file__).parents[3] / "examples"
PRODUCTS = str(EXAMPLES / "products.csv")


def run(*arguments: object) -> tuple[int, str]:
    ended = CliRunner().invoke(app, [*map(str, arguments), "--base-url", "sandbox:"])
    return ended.exit_code, ended.output


def test_every_combination_is_a_variant() -> None:
    assert expand_variants({"model": "a", "n": 2}) == {"": {"model": "a", "n": 2}}
    assert list(expand_variants({"model": ("a", "b"), "prompt": ("x", "y")})) == ["a, x", "a, y", "b, x", "b, y"]


def test_two_models_and_two_prompts_are_one_table_and_one_page(tmp_path: Path) -> None:
    out, page = tmp_path / "out.parquet", tmp_path / "page.html"
    prompts = ("--prompt", "Describe {name}", "--prompt", "Praise {name}")
    models = ("-m", "gpt-5.2", "-m", "gpt-5-mini")
    details = "--request-details"
    code, said = run("create-chat-completion", PRODUCTS, *prompts, *models, details, "--out", out, "--report", page)
    assert code == 0, said
    assert "32 rows" in said
    table = pq.read_table(out)
    assert table.schema.names[0] == "variant"
    assert table.schema.names[-1] == "rating"
    assert table.column("rating").null_count == table.num_rows == 32
    variants = table.column("variant").unique().to_pylist()
    assert variants == [
        f"{prompt}, {model}" for prompt in ("Describe {name}", "Praise {name}") for model in ("gpt-5.2", "gpt-5-mini")
    ]
    assert set(table.column("model").to_pylist()) == {"gpt-5.2", "gpt-5-mini"}
    html = page.read_text(encoding="utf-8")
    assert all(variant in html for variant in variants)


def test_takes_of_images_are_compared(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    shape = ("--size", "256x256", "--fit", "pad", "--limit", "2")
    code, said = run("create-image-variation", EXAMPLES / "images", *shape, "--take", "1", "--take", "2", "-o", out)
    assert code == 0, said
    assert pq.read_table(out).column("variant").to_pylist() == ["1", "1", "2", "2"]


def test_what_variants_cannot_be_said_to_is_refused(tmp_path: Path) -> None:
    models = ("-m", "a", "-m", "b", "--prompt", "{name}")
    code, said = run("create-chat-completion", PRODUCTS, *models, "--out-dir", tmp_path / "files")
    assert (code, "make variants, for --out and --report only" in said) == (2, True), said


def test_what_arrived_before_a_budget_was_spent_is_written(tmp_path: Path) -> None:
    out, page = tmp_path / "out.csv", tmp_path / "page.html"
    limits = ("--max-requests", "10", "--concurrency", "1", "--select", "name,content")
    models = ("-m", "a", "-m", "b", "--prompt", "{name}", "-o", out, "--report", page)
    code, said = run("create-chat-completion", PRODUCTS, *models, *limits)
    assert (code, "The budget of 10 requests is spent" in said) == (5, True), said
    assert "10 results, 176 tokens, 0 retries" in said
    header, *rows = out.read_text(encoding="utf-8").splitlines()
    assert header == "variant,name,content,rating"
    assert [row[0] for row in rows] == ["a"] * 8 + ["b"] * 2
    assert page.exists()


def test_the_input_of_all_variants_is_read_once(tmp_path: Path) -> None:
    pipe, out = tmp_path / "pipe.csv", tmp_path / "out.csv"
    os.mkfifo(pipe)  # what is read from it is not there a second time
    writer = threading.Thread(target=pipe.write_text, args=("name\nplum\npear\n",))
    writer.start()
    code, said = run("create-chat-completion", pipe, "-m", "a", "-m", "b", "--prompt", "{name}", "-o", out)
    writer.join()
    assert (code, len(out.read_text(encoding="utf-8").splitlines())) == (0, 5), said


def test_a_row_that_no_variant_can_send_ends_the_comparison_before_anything_is_sent(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("name,city\nplum,Rome\n,Paris\n", encoding="utf-8")
    code, said = run("create-chat-completion", table, "-m", "a", "-m", "b", "--prompt", "{name}", "-o", "-")
    assert (code, "table.csv, line 3: --prompt is missing" in said) == (2, True), said
