"""The page in a real browser, as it is seen, operated and heard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from endpoint_nodes.extension.report import Card, Media, Result

Example = Callable[[str], Media]
Dot = Callable[[int], Media]
WritePage = Callable[..., Path]

LONG_NAME = "Minduka_Present_Blue_Pack_00_final_approved_by_marketing_2026-11-21_version_3_hero1.jpg"
ALL_DECODED = """() => Promise.all([...document.querySelectorAll('article img')].map(async (image) => {
    image.loading = 'eager';
    await image.decode();
    return image.naturalWidth;
}))"""


@pytest.fixture
def shop(write_page: WritePage, example: Example, dot: Dot) -> Path:
    """Three rows: two with results, one failed."""
    first = (Result(0, (dot(1),)), Result(1, (dot(2),)))
    cards = [
        Card("MUG-012", "", {}, (example("mug.png"),), "terracotta glaze", first, {"Route": "edits"}),
        Card("WAT-418", "", {}, (example("watch.png"),), "", (Result(0, (dot(3),)),), {"Route": "variations"}),
        Card("SHO-340", sources=(example("sneaker.png"),), error="The image is not square."),
    ]
    return write_page(cards)


def visible_rows(page: Any) -> list[str]:
    return page.locator("article:not([hidden]) h2").all_text_contents()


def test_every_image_decodes_with_its_name_and_size(visit: Any, shop: Path) -> None:
    page = visit(shop).page
    widths = page.evaluate(ALL_DECODED)
    assert widths == [320, 24, 24, 320, 24, 320]
    assert page.get_by_role("img", name="mug.png, source of row MUG-012").count() == 1
    assert page.get_by_role("button", name="Result 2 of row MUG-012", exact=True).count() == 1
    assert "512 × 512" in page.locator("figcaption").first.inner_text()  # noqa: RUF001 - the page's own sign


def test_landmarks_and_headings_lead_a_screen_reader(visit: Any, shop: Path) -> None:
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


def test_a_failed_row_says_so_in_words(visit: Any, shop: Path) -> None:
    failed = visit(shop).page.get_by_role("article", name="SHO-340")
    assert failed.get_by_text("Failed", exact=True).is_visible()
    assert failed.get_by_text("The image is not square.").is_visible()
    assert failed.locator(".error svg").is_visible()


def test_the_keyboard_opens_walks_and_closes_the_large_view(visit: Any, shop: Path) -> None:
    page = visit(shop).page
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Result 1 of row MUG-012", exact=True).focus()
    page.keyboard.press("Enter")
    assert dialog.is_visible()
    assert dialog.get_by_role("img", name="Result 1 of row MUG-012").is_visible()
    assert dialog.get_by_role("img", name="source of row MUG-012").is_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert dialog.get_by_role("heading").inner_text() == "WAT-418"
    assert page.locator("#compared").is_hidden()
    page.keyboard.press("ArrowLeft")
    assert page.locator("#viewer-place").inner_text() == "Result 2 of 2"
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    # A dialog tells that it closed, and so gives the focus back, a moment after it is gone.
    expect(page.locator(":focus img")).to_have_attribute("alt", "Result 2 of row MUG-012")


def test_the_mouse_opens_and_closes_the_large_view(visit: Any, shop: Path) -> None:
    page = visit(shop).page
    page.get_by_role("button", name="mug.png").click()
    page.get_by_role("button", name="Previous image").click()
    assert page.locator("#viewer-row").inner_text() == "SHO-340"  # from the first image round to the last
    page.get_by_role("button", name="Close").click()
    assert page.get_by_role("dialog").count() == 0


def test_filters_show_what_was_asked_for_and_announce_it(visit: Any, shop: Path) -> None:
    page = visit(shop).page
    status = page.get_by_role("search").get_by_role("status")
    assert status.inner_text() == "3 of 3 rows"
    page.get_by_label("Only failed (1)").check()
    assert visible_rows(page) == ["SHO-340"]
    assert status.inner_text() == "1 of 3 rows"
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


def test_the_large_view_walks_through_the_filtered_rows_only(visit: Any, shop: Path) -> None:
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
def test_text_is_readable_in_light_and_dark(visit: Any, shop: Path, scheme: str) -> None:
    page = visit(shop, color_scheme=scheme).page
    backdrop = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert (int(backdrop.split("(")[1].split(",")[0]) < 128) == (scheme == "dark")
    for text, behind in (
        ("h1", "body"), ("#shown", "body"), (".card h2", ".card"), ("figcaption", ".card"),
        (".facts dt", ".card"), (".badge", ".card"), (".error", ".error"),
    ):  # fmt: skip
        assert contrast(page, text, behind) >= 4.5, text


@pytest.mark.parametrize("width", [320, 390, 800, 1600])
def test_nothing_sticks_out_at_any_width(visit: Any, write_page: WritePage, example: Example, width: int) -> None:
    endless = "endless" * 60
    pictures = (Result(0, (example("lamp.png"),), endless, {endless: endless}),)
    card = Card(
        endless, endless, {endless: endless}, (example("mug.png"),), endless, pictures, {endless: endless}, endless
    )
    spoken = Card("spoken", text="word " * 300, error="word " * 300)
    typed = Card("typed", results=tuple(Result(place, (), "", {endless: endless}) for place in range(3)))
    one = Card("one", results=(Result(0, (), "", {endless: endless}),))
    path = write_page([card, spoken, typed, one], title=endless, facts={endless: endless})
    page = visit(path, viewport={"width": width, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_role("button", name="lamp.png, result 1").click()
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= width


def test_a_long_text_opens_on_demand(visit: Any, write_page: WritePage) -> None:
    page = visit(write_page([Card("row", text="word " * 300 + "the end")])).page
    assert page.get_by_text("the end").is_hidden()
    page.keyboard.press("Tab")
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    assert page.get_by_text("the end").is_visible()


def test_markup_from_outside_is_shown_as_text(visit: Any, write_page: WritePage) -> None:
    evil = "<script>console.log('owned')</script><img src=x onerror=console.log(1)>"
    results = (Result(0, (), evil, {evil: evil}),)
    card = Card(evil, evil, {evil: evil}, (), evil, results, {evil: evil}, evil, evil, evil)
    page = visit(write_page([card, Card("another", results=results, variant="plain")], title=evil)).page
    assert page.locator("article h2").first.inner_text() == evil
    page.get_by_role("slider").first.press("5")
    page.get_by_role("button", name="Export").click()
    page.get_by_label("File names").fill("{" + evil + "}")
    assert page.locator("article img, article script, dialog script, header img").count() == 0


def test_bytes_that_are_not_an_image_have_a_labelled_place(visit: Any, write_page: WritePage) -> None:
    page = visit(write_page([Card("row", sources=(Media(b"junk", "image/png", "broken.png"),))])).page
    assert page.get_by_role("img", name="broken.png, source of row row: cannot be shown").is_visible()
    assert page.get_by_text("image/png, 4 bytes").is_visible()


def test_speech_can_be_played_one_at_a_time(visit: Any, write_page: WritePage, tone: Media) -> None:
    page = visit(write_page([Card(row, text="Welcome.", results=(Result(0, (tone,)),)) for row in "ab"])).page
    players = page.locator("audio")
    assert players.first.get_attribute("preload") == "none"
    assert players.first.get_attribute("aria-label") == "tone.wav, result 1 of row a"
    players.first.evaluate("audio => audio.play()")
    assert players.first.evaluate("audio => audio.duration") == pytest.approx(1)
    players.last.evaluate("audio => audio.play()")
    assert players.evaluate_all("all => all.map((audio) => audio.paused)") == [True, False]


def test_no_rows_are_a_friendly_page(visit: Any, write_page: WritePage) -> None:
    page = visit(write_page([])).page
    assert page.get_by_role("heading", name="Nothing to show yet").is_visible()
    assert page.get_by_role("search").count() == 0
    assert page.get_by_text("No row matches").is_hidden()


def test_paper_shows_the_rows_without_the_controls(visit: Any, shop: Path) -> None:
    page = visit(shop).page
    page.emulate_media(media="print")
    assert page.get_by_role("search").count() == 0
    assert len(visible_rows(page)) == 3


def test_the_name_of_a_fact_is_not_broken(visit: Any, write_page: WritePage) -> None:
    facts = {"Tokens": "1,274", "Elapsed": "8.4 s"}
    page = visit(write_page([Card("row", facts=facts)], facts=facts)).page
    for kind in ("facts", "summary"):
        lines = page.locator(f".{kind} dt").evaluate_all("all => all.map((name) => name.getClientRects()[0].height)")
        assert max(lines) < 30, kind


def test_a_long_file_name_leaves_the_layout_as_it_is(
    visit: Any, write_page: WritePage, example: Example, dot: Dot
) -> None:
    assert len(LONG_NAME) == 87
    picture = example("mug.png").data
    cards = [
        Card(name, sources=(Media(picture, "image/png", name),), text="blue", results=(Result(0, (dot(1),)),))
        for name in ("mug.png", LONG_NAME)
    ]
    page = visit(write_page(cards), viewport={"width": 1400, "height": 900}).page
    boxes = [
        {part: card.locator(part).first.bounding_box() for part in (".source .image", ".arrow", ".result .image")}
        for card in page.locator("article").all()
    ]
    for part in boxes[0]:
        assert (boxes[0][part]["x"], boxes[0][part]["width"]) == (boxes[1][part]["x"], boxes[1][part]["width"]), part
    source, result = boxes[1][".source .image"], boxes[1][".result .image"]
    assert source["x"] + source["width"] < result["x"]


def test_input_columns_are_titles_and_found(visit: Any, write_page: WritePage) -> None:
    cards = [
        Card("0", "SKU-0776", {"sku": "SKU-0776", "name": "Mug"}),
        Card("1", "SKU-0777", {"sku": "SKU-0777", "name": "Watch"}),
        Card("2"),
    ]
    page = visit(write_page(cards)).page
    assert visible_rows(page) == ["SKU-0776", "SKU-0777", "Row 3"]
    assert page.get_by_role("article", name="SKU-0777").get_by_text("row_id 1").is_visible()
    for words in ("sku-0777", "watch", "row_id 1"):
        page.get_by_label("Find").fill(words)
        assert visible_rows(page) == ["SKU-0777"], words


def test_typed_answers_are_tables(visit: Any, write_page: WritePage) -> None:
    one = Result(0, (), "", {"country": "France", "busy": "yes"})
    many = tuple(Result(place, (), "", {"word": f"word {place}", "start": f"{place}"}) for place in range(30))
    page = visit(write_page([Card("Orly", results=(one,)), Card("speech", results=many)])).page
    airport = page.get_by_role("article", name="Orly")
    assert airport.get_by_role("rowheader").all_inner_texts() == ["country", "busy"]
    assert airport.get_by_role("cell").all_inner_texts() == ["France", "yes"]
    words = page.get_by_role("article", name="speech")
    assert words.get_by_role("columnheader").all_inner_texts() == ["word", "start"]
    assert words.get_by_role("row").count() == 21
    words.get_by_text("30 results.").click()
    assert words.get_by_role("row", name="word 29 29").is_visible()


def test_rows_can_be_sorted_by_any_value(visit: Any, write_page: WritePage) -> None:
    cards = [
        Card("b", columns={"price": "9.5"}, results=(Result(0, (), "", {"score": "0.8", "why": "x"}),), seconds=12.0),
        Card("a", columns={"price": "10"}, results=(Result(0, (), "", {"score": "0.9", "why": "y"}),), seconds=3.0),
        Card("c", columns={"price": ""}, error="late"),
        Card("d", columns={"price": "1000"}, tokens=7, seconds=1.5),
    ]
    page = visit(write_page(cards)).page
    for choice, order in {
        "Title": "abcd", "price": "badc", "score": "bacd", "Time": "dabc", "Order of the table": "bacd",
    }.items():  # fmt: skip
        page.get_by_label("Sort by").select_option(label=choice)
        assert "".join(visible_rows(page)) == order, choice


def test_one_prompt_for_all_rows_is_in_the_head_and_several_are_on_the_cards(visit: Any, write_page: WritePage) -> None:
    page = visit(write_page([Card("a", text="Bluer"), Card("b", text="Bluer")])).page
    assert page.get_by_role("banner").get_by_text("Bluer").is_visible()
    assert page.locator("article").get_by_text("Bluer").first.is_hidden()
    for texts in (("", "Bluer"), ("Bluer", "Redder")):
        page = visit(write_page([Card("a", text=texts[0]), Card("b", text=texts[1])])).page
        assert page.get_by_role("banner").get_by_text("Bluer").count() == 0
        assert page.locator("article").get_by_text("Bluer").is_visible()
