"""The page in a real browser, as it is seen, operated and heard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from endpoint_nodes.extension.report import Card, Gallery, Media, gallery_html

Example = Callable[[str], Media]
Dot = Callable[[int], Media]
ALL_DECODED = """() => Promise.all([...document.querySelectorAll('article img')].map(async (image) => {
    image.loading = 'eager';
    await image.decode();
    return image.naturalWidth;
}))"""


@pytest.fixture
def shop(example: Example, dot: Dot) -> str:
    """Three rows: two with results, one failed."""
    cards = [
        Card("MUG-012", (example("mug.png"),), "terracotta glaze", (dot(1), dot(2)), {"Route": "edits"}),
        Card("WAT-418", (example("watch.png"),), "", (dot(3),), {"Route": "variations"}),
        Card("SHO-340", (example("sneaker.png"),), "", (), {}, "The image is not square."),
    ]
    return gallery_html(cards, title="Shop")


def visible_rows(page: Any) -> list[str]:
    return page.locator("article:not([hidden]) h2").all_text_contents()


def test_every_image_decodes_with_its_name_and_size(visit: Any, shop: str) -> None:
    page = visit(shop).page
    widths = page.evaluate(ALL_DECODED)
    assert widths == [320, 24, 24, 320, 24, 320]
    assert page.get_by_role("img", name="mug.png, source of row MUG-012").count() == 1
    assert page.get_by_role("button", name="Result 2 of row MUG-012").count() == 1
    assert "512 × 512" in page.locator("figcaption").first.inner_text()  # noqa: RUF001 - the page's own sign


def test_landmarks_and_headings_lead_a_screen_reader(visit: Any, shop: str) -> None:
    page = visit(shop).page
    for landmark in ("main", "banner", "search", "contentinfo"):
        assert page.get_by_role(landmark).count() == 1, landmark
    assert page.get_by_role("heading", level=1).all_inner_texts() == ["Shop"]
    assert page.get_by_role("article", name="WAT-418").count() == 1
    assert page.locator("img:not([alt]), button:not([aria-label]):empty").count() == 0
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the rows"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "rows"


def test_a_failed_row_says_so_in_words(visit: Any, shop: str) -> None:
    failed = visit(shop).page.get_by_role("article", name="SHO-340")
    assert failed.get_by_text("Failed", exact=True).is_visible()
    assert failed.get_by_text("The image is not square.").is_visible()
    assert failed.locator(".error svg").is_visible()


def test_the_keyboard_opens_walks_and_closes_the_large_view(visit: Any, shop: str) -> None:
    page = visit(shop).page
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Result 1 of row MUG-012").focus()
    page.keyboard.press("Enter")
    assert dialog.is_visible()
    assert dialog.get_by_role("img", name="Result 1 of row MUG-012").is_visible()
    assert dialog.get_by_role("img", name="source of row MUG-012").is_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert dialog.get_by_role("heading").inner_text() == "WAT-418"
    assert page.locator("#compared").is_hidden()
    page.keyboard.press("ArrowLeft")
    assert page.locator("#large-place").inner_text() == "Image 3 of 3"
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    # A dialog tells that it closed, and so gives the focus back, a moment after it is gone.
    expect(page.locator(":focus img")).to_have_attribute("alt", "Result 2 of row MUG-012")


def test_the_mouse_opens_and_closes_the_large_view(visit: Any, shop: str) -> None:
    page = visit(shop).page
    page.get_by_role("button", name="mug.png").click()
    page.get_by_role("button", name="Previous image").click()
    assert page.locator("#large-row").inner_text() == "SHO-340"  # from the first image round to the last
    page.get_by_role("button", name="Close").click()
    assert page.get_by_role("dialog").count() == 0


def test_filters_show_what_was_asked_for_and_announce_it(visit: Any, shop: str) -> None:
    page = visit(shop).page
    status = page.get_by_role("search").get_by_role("status")
    assert status.inner_text() == "3 of 3 rows shown"
    page.get_by_label("Only failed rows (1)").check()
    assert visible_rows(page) == ["SHO-340"]
    assert status.inner_text() == "1 of 3 rows shown"
    page.get_by_label("Find").fill("mug")
    assert visible_rows(page) == []
    page.get_by_role("button", name="Clear the filters").click()
    assert len(visible_rows(page)) == 3
    for words, rows in (
        ("GLAZE edits", ["MUG-012"]),
        ("not square", ["SHO-340"]),
        ("variations", ["WAT-418"]),
    ):
        page.get_by_label("Find").fill(words)
        assert visible_rows(page) == rows, words


def test_the_large_view_walks_through_the_filtered_rows_only(visit: Any, shop: str) -> None:
    page = visit(shop).page
    page.get_by_label("Find").fill("WAT")
    page.get_by_role("button", name="watch.png").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.locator("#large").get_by_role("img").get_attribute("alt") == "watch.png, source of row WAT-418"


def contrast(page: Any, selector: str, behind: str) -> float:
    """The contrast of a text's colour with a background, after WCAG 2 (https://www.w3.org/TR/WCAG22/)."""

    def luminance(element: str, attribute: str) -> float:
        colour = page.locator(element).first.evaluate(f"element => getComputedStyle(element).{attribute}")
        channels = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    lighter, darker = sorted((luminance(selector, "color"), luminance(behind, "backgroundColor")), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_in_light_and_dark(visit: Any, shop: str, scheme: str) -> None:
    page = visit(shop, color_scheme=scheme).page
    backdrop = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert (int(backdrop.split("(")[1].split(",")[0]) < 128) == (scheme == "dark")
    for text, behind in (
        ("h1", "body"), ("#shown", "body"), (".card h2", ".card"), ("figcaption", ".card"),
        (".facts dt", ".card"), (".badge", ".card"), (".error", ".error"),
    ):  # fmt: skip
        assert contrast(page, text, behind) >= 4.5, text


@pytest.mark.parametrize("width", [320, 390, 800, 1600])
def test_nothing_sticks_out_at_any_width(visit: Any, example: Example, width: int) -> None:
    endless = "endless" * 60
    card = Card(endless, (example("mug.png"),), endless, (example("lamp.png"),), {endless: endless}, endless)
    spoken = Card("spoken", (), "word " * 300, (), {}, "word " * 300)
    page = visit(
        gallery_html([card, spoken], title=endless, facts={endless: endless}),
        viewport={"width": width, "height": 800},
    ).page
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_role("button", name="Result 1").click()
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= width


def test_a_long_text_opens_on_demand(visit: Any) -> None:
    page = visit(gallery_html([Card("row", text="word " * 300 + "the end")], title="Shop")).page
    assert page.get_by_text("the end").is_hidden()
    page.keyboard.press("Tab")
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    assert page.get_by_text("the end").is_visible()


def test_markup_from_outside_is_shown_as_text(visit: Any) -> None:
    evil = "<script>console.log('owned')</script><img src=x onerror=console.log(1)>"
    page = visit(gallery_html([Card(evil, text=evil, facts={evil: evil}, error=evil)], title=evil)).page
    assert page.locator("article h2").inner_text() == evil
    assert page.locator("article img, article script").count() == 0


def test_bytes_that_are_no_image_have_a_labelled_place(visit: Any) -> None:
    page = visit(gallery_html([Card("row", (Media(b"junk", "image/png", "broken.png"),))], title="Shop")).page
    assert page.get_by_role("img", name="broken.png, source of row row: cannot be shown").is_visible()
    assert page.get_by_text("image/png, 4 bytes").is_visible()


def test_speech_can_be_played_one_at_a_time(visit: Any, tone: Media) -> None:
    cards = [Card(row, text="Welcome.", results=(tone,)) for row in "ab"]
    page = visit(gallery_html(cards, title="Speech")).page
    players = page.locator("audio")
    assert players.first.get_attribute("preload") == "none"
    assert players.first.get_attribute("aria-label") == "tone.wav, result 1 of row a"
    players.first.evaluate("audio => audio.play()")
    assert players.first.evaluate("audio => audio.duration") == pytest.approx(1)
    players.last.evaluate("audio => audio.play()")
    assert players.evaluate_all("all => all.map((audio) => audio.paused)") == [True, False]


def test_no_rows_are_a_friendly_page(visit: Any) -> None:
    page = visit(gallery_html([], title="Shop")).page
    assert page.get_by_role("heading", name="Nothing to show yet").is_visible()
    assert page.get_by_role("search").count() == 0
    assert page.get_by_text("No row matches").is_hidden()


def test_a_thousand_rows_open_and_filter(visit: Any, dot: Dot, tmp_path: Path) -> None:
    path = tmp_path / "large.html"
    with Gallery(path, title="Large") as gallery:
        for row in range(1000):
            images = tuple(dot(5 * row + place) for place in range(5))
            gallery.add(Card(f"row {row:04}", images[:1], results=images[1:], error="late" if row == 777 else ""))
    page = visit(path).page
    assert page.get_by_role("status").inner_text() == "1,000 of 1,000 rows shown"
    assert min(page.evaluate(ALL_DECODED)) == 24
    page.get_by_label("Only failed rows (1)").check()
    assert visible_rows(page) == ["row 0777"]


def test_paper_shows_the_rows_without_the_controls(visit: Any, shop: str) -> None:
    page = visit(shop).page
    page.emulate_media(media="print")
    assert page.get_by_role("search").count() == 0
    assert len(visible_rows(page)) == 3


def test_the_name_of_a_fact_is_not_broken(visit: Any) -> None:
    facts = {"Tokens": "1,274", "Elapsed": "8.4 s"}
    page = visit(gallery_html([Card("row", facts=facts)], title="Shop", facts=facts)).page
    for kind in ("facts", "summary"):
        lines = page.locator(f".{kind} dt").evaluate_all("all => all.map((name) => name.getClientRects()[0].height)")
        assert max(lines) < 30, kind
