"""An afternoon of a designer: photos, variations of two models side by side, six stars, six files named by SKU."""

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd

COMMAND = str(Path(sys.executable).with_name("endpoint-nodes"))
EXAMPLES = Path(__file__).parents[3] / "examples"


def command(*arguments: object) -> None:
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_six_favourites_of_two_models_become_six_files_named_by_sku(visit: Any, tmp_path: Path) -> None:
    products = pd.read_csv(EXAMPLES / "products.csv")
    products["photo"] = [str(EXAMPLES / name) for name in products["photo"]]
    models = pd.DataFrame({"model": ["gpt-image-2.5-flare", "gpt-image-2.5"]})
    pairs, edits, page = tmp_path / "pairs.csv", tmp_path / "edits.parquet", tmp_path / "favourites.html"
    products.merge(models, how="cross").to_csv(pairs, index=False)
    command(
        "create-image-edit", pairs, "--image-column", "photo", "--prompt-column", "prompt", "--model-column", "model",
        "--n", 2, "--fit", "convert", "--keep-columns", "--base-url", "sandbox:", "--out", edits,
    )  # fmt: skip
    command("report", edits, "--out", page, "--compare", "model")

    opened = visit(page).page
    first = opened.locator("article").first
    assert first.get_by_role("heading", level=3).all_inner_texts() == ["gpt-image-2.5-flare", "gpt-image-2.5"]
    assert first.locator(".result img").count() == 4
    for sku in products["sku"][:6]:
        row = opened.get_by_role("article", name=sku)
        row.get_by_role("slider", name="Stars of result 2 of gpt-image-2.5 of").press("5")
    opened.get_by_role("button", name="Export rated (6)").click()
    opened.get_by_label("File names").fill("{sku}")
    with opened.expect_download() as download:
        opened.get_by_role("button", name="Save files").click()
    with zipfile.ZipFile(download.value.path()) as saved:
        names = [name for name in saved.namelist() if name != "chosen.csv"]
        assert names == [f"{sku}.png" for sku in products["sku"][:6]]
        table = pd.read_parquet(edits)
        chosen = table[(table["model"] == "gpt-image-2.5") & (table["index"] == 1)].set_index("sku")
        for name in names:
            assert saved.read(name) == chosen.loc[name.removesuffix(".png"), "image"]
