"""Take the pictures of the report: `make demo`, then `python docs/screenshot.py`.

Needs Chromium as the tests of the report do: ``apt-get install chromium``.
"""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
from playwright.sync_api import sync_playwright

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.report import Gallery
from endpoint_nodes.extension.report.results import Results
from endpoint_nodes.nodes.create_image_edit import CreateImageEdit
from endpoint_nodes.port_types.configuration import Configuration

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "images"
VARIATIONS = ROOT / "out" / "variations.html"
COMPARISON = ROOT / "out" / "comparison.html"
PROMPTS = ("On a wooden table, in morning light", "As a pencil sketch", "In deep green velvet")


def main() -> None:
    """Take the pictures, 1200 wide."""
    make_comparison()
    with sync_playwright() as playwright:
        # The sandbox of Chromium does not start for root, as in a container.
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )

        def open_page(path: Path, scheme: Any) -> Any:
            page = browser.new_page(viewport={"width": 1200, "height": 860}, color_scheme=scheme)
            page.goto(path.as_uri())
            return page

        PICTURES.mkdir(exist_ok=True)
        page = open_page(VARIATIONS, "light")
        for number in (2, 3):
            page.get_by_role("button", name=f"Choose result {number} of").first.click()
        page.mouse.move(0, 0)
        page.screenshot(path=PICTURES / "gallery.png")
        page = open_page(VARIATIONS, "dark")
        page.get_by_role("button", name="Result 2 of").first.click()
        page.wait_for_timeout(500)
        page.screenshot(path=PICTURES / "gallery-viewer.png")
        page = open_page(COMPARISON, "dark")
        for place, stars in enumerate("435"):
            page.get_by_role("slider").nth(place).press(stars)
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        page.screenshot(path=PICTURES / "comparison.png")
        browser.close()


def make_comparison() -> None:
    """Edit three products with each prompt on the sandbox, and write one page of them side by side."""
    products = pyarrow.csv.read_csv(ROOT / "examples" / "products.csv").slice(0, 3)
    photos = [(ROOT / "examples" / name).read_bytes() for name in products["photo"].to_pylist()]
    products = products.set_column(products.schema.get_field_index("photo"), "photo", pa.array(photos))
    products = products.drop_columns(["prompt"])
    rows = [products.append_column("prompt", pa.array([prompt] * len(products))) for prompt in PROMPTS]
    node = CreateImageEdit(
        columns={"image": "photo"},
        model="gpt-image-2.5-flare",
        size="1024x1024",
        fit="convert",
        request_details=True,
        keep_columns=True,
    )
    table, _ = execute(node, Configuration(base_url="sandbox:"), pa.concat_tables(rows))
    with Gallery(COMPARISON, title="Product photos by three prompts") as gallery:
        for cards in Results(table.schema, table.to_batches()).cards_by_variant("prompt"):
            gallery.add(*cards)


if __name__ == "__main__":
    main()
