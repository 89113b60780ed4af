"""The gallery in a report of KNIME's: what the page hands over, in Chromium."""

from pathlib import Path
from typing import Any

import pytest
from workflow import Context, Table, images, png

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = "/usr/bin/chromium"


@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="there is no Chromium here")
def test_a_report_gets_the_heading_and_the_rows_without_controls(make: Any, port: Any, tmp_path: Path) -> None:
    table = Table({"photo": images(png(), png(72))})
    node = make("create_image_variation", **{"input.image_column": "photo"})
    _, _, view = node.execute(Context(), port(), table)
    page_path = tmp_path / "view.html"
    page_path.write_text(view, encoding="utf-8")
    with sync_api.sync_playwright() as playwright:
        # The sandbox of Chromium does not start for root, as in a container.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        errors: list[Any] = []
        page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108 - playwright marks the function
        page.goto(page_path.as_uri())
        page.wait_for_function("window.reported")
        content = page.evaluate("window.reported")
        browser.close()
    assert errors == []
    assert content.startswith("<style>")
    assert content.count('<article class="card"') == 2
    assert content.count("<img ") == 4
    assert "Create Image Variation" in content
    assert 'class="star"' not in content
    assert "<script" not in content
