"""Options given several times run every combination, into one table and one page side by side."""

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
    code, said = run("create-chat-completion", PRODUCTS, *prompts, *models, "--out", out, "--report", page)
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
