"""The same rows by several models, side by side, in a real browser."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from endpoint_nodes.extension.report import Card, Media, Result

WritePage = Callable[..., Path]


@pytest.fixture
def comparison(write_page: WritePage, example: Callable[[str], Media], dot: Callable[[int], Media]) -> Path:
    """Two products by three models; one of them failed once."""
    rows = []
    for row, name in enumerate(("mug", "watch")):

        def card(variant: str, *results: Result, row: int = row, name: str = name, **facts: Any) -> Card:
            source = (example(f"{name}.png"),)
            return Card(str(row), name, {"sku": name}, source, "bluer", results, variant=variant, **facts)

        fast = card("fast", Result(0, (dot(row),)), model="fast", tokens=100, cost=0.01, seconds=2.0)
        fine = card("fine", Result(0, (dot(row + 9),)), model="fine", tokens=900, cost=0.08, seconds=11.0)
        new = card("new", Result(0, (dot(row + 5),)), tokens=7) if row else card("new", error="Refused.")
        rows.append((fast, fine, new))
    return write_page(rows)


def test_each_variant_is_a_column_beside_the_source(visit: Any, comparison: Path) -> None:
    page = visit(comparison, viewport={"width": 1400, "height": 900}).page
    mug = page.get_by_role("article", name="mug")
    assert mug.get_by_role("heading", level=3).all_inner_texts() == ["fast", "fine", "new"]
    assert mug.locator(".source .image").count() == 1
    boxes = [outcome.bounding_box() for outcome in mug.locator(".outcome").all()]
    assert len({box["y"] for box in boxes}) == 1
    assert [box["x"] for box in boxes] == sorted(box["x"] for box in boxes)
    assert "Tokens 100 Cost $0.01 Time 2.0 s" in " ".join(mug.locator(".outcome").first.inner_text().split())
    assert mug.get_by_text("Refused.").is_visible()


def test_the_head_compares_cost_tokens_and_time(visit: Any, comparison: Path) -> None:
    page = visit(comparison).page
    table = page.get_by_role("region", name="Variants")
    assert [" ".join(row.split()) for row in table.get_by_role("row").all_inner_texts()] == [
        "Variant Results Failed Cost Tokens Time a row Stars",
        "fast 2 0 $0.02 200 2.0 s not rated",
        "fine 2 0 $0.16 1,800 11.0 s not rated",
        "new 1 1 unknown 7 not rated",
    ]


def test_results_are_rated_by_mouse_and_keyboard_and_exported(visit: Any, comparison: Path) -> None:
    page = visit(comparison).page
    stars = page.get_by_role("slider", name="Stars of result 1 of fine of row mug")
    stars.locator("svg").nth(3).click()
    assert stars.get_attribute("aria-valuetext") == "4 of 5 stars"
    other = page.get_by_role("slider", name="Stars of result 1 of fine of row watch")
    other.focus()
    for key in ("End", "ArrowLeft", "ArrowLeft", "ArrowRight", "1"):
        page.keyboard.press(key)
    assert other.get_attribute("aria-valuenow") == "1"
    fast = page.get_by_role("slider", name="Stars of result 1 of fast of row mug")
    fast.press("5")
    fast.press("0")
    assert page.locator(".variants .mean").all_inner_texts() == ["not rated", "2.5 (2 rated)", "not rated"]
    page.reload()
    page.get_by_role("button", name="Export rated (2)").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save CSV").click()
    assert list(csv.reader(io.StringIO(Path(download.value.path()).read_text()))) == [
        ["row_id", "index", "file", "variant", "stars"],
        ["0", "0", "mug_fine_1.png", "fine", "4"],
        ["1", "0", "watch_fine_1.png", "fine", "1"],
    ]


def test_the_viewer_rates_with_the_digits(visit: Any, comparison: Path) -> None:
    page = visit(comparison).page
    page.get_by_role("button", name="Result 1 of fast of row mug", exact=True).click()
    page.keyboard.press("3")
    page.keyboard.press("ArrowRight")
    assert page.locator("#large img").get_attribute("alt") == "Result 1 of fine of row mug"
    assert page.locator("#large figcaption").inner_text().startswith("fine")
    page.keyboard.press("5")
    page.keyboard.press("Escape")
    assert page.locator(".variants .mean").all_inner_texts() == ["3.0 (1 rated)", "5.0 (1 rated)", "not rated"]


@pytest.mark.parametrize("width", [360, 800])
def test_variants_fit_a_narrow_page(visit: Any, comparison: Path, width: int) -> None:
    page = visit(comparison, viewport={"width": width, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_variants_fit_on_paper(visit: Any, comparison: Path) -> None:
    page = visit(comparison, viewport={"width": 760, "height": 1050}).page
    page.emulate_media(media="print")
    for outcome in page.locator(".outcome").all():
        box = outcome.bounding_box()
        assert box["x"] + box["width"] <= 760
