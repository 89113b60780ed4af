"""Take the README's picture of the gallery: `make demo`, then `python docs/screenshot.py`.

Needs Chromium as the tests of the report do: ``apt-get install chromium``.
"""

from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "out" / "variations.html"
PICTURE = ROOT / "docs" / "images" / "gallery.png"


def main() -> None:
    """Take the picture, 1200 wide."""
    with sync_playwright() as playwright:
        # The sandbox of Chromium does not start for root, as in a container.
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 860}, color_scheme="light")
        page.goto(PAGE.as_uri())
        PICTURE.parent.mkdir(exist_ok=True)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
