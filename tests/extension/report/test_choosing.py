"""Looking at originals, comparing, choosing and exporting, in a real browser."""

import csv
import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from endpoint_nodes.extension.report import Card, Media, Result
from endpoint_nodes.extension.report.originals import EMBEDDED_BYTES

Example = Callable[[str], Media]
WritePage = Callable[..., Path]


@pytest.fixture
def photos(example: Example) -> dict[str, Media]:
    return {name: example(f"{name}.png") for name in ("mug", "watch", "lamp", "chair", "sneaker", "headphones")}


@pytest.fixture
def cards(photos: dict[str, Media]) -> list[Card]:
    """Three products of two results each."""
    made = [("mug", "watch"), ("lamp", "chair"), ("sneaker", "headphones")]
    return [
        Card(
            str(number),
            f"SKU-{number}",
            {"sku": f"SKU-{number}", "name": f"Product, {number}"},
            (photos["mug"],),
            results=tuple(Result(place, (Media(photos[name].data, "image/png"),)) for place, name in enumerate(pair)),
        )
        for number, pair in enumerate(made)
    ]


@pytest.fixture
def large_wav(tone: Media) -> Media:
    return Media(tone.data + bytes(EMBEDDED_BYTES), "audio/wav", "long.wav")


def open_image(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def wait_until(page: Any, condition: str) -> None:
    """Wait for a JavaScript condition; Playwright's own way is refused by the page's policy."""
    deadline = time.monotonic() + 20
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(20)


def wait_for_original(page: Any, part: str = "#large") -> None:
    wait_until(page, f"document.querySelector('{part} img').naturalWidth > 320")


def downloaded(page: Any, act: Callable[[], None]) -> tuple[str, bytes]:
    with page.expect_download() as download:
        act()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_the_viewer_shows_and_downloads_the_original(visit: Any, write_page: WritePage, cards: list[Card]) -> None:
    page = visit(write_page(cards)).page
    open_image(page, "Result 2 of row SKU-0")
    wait_for_original(page)
    wait_for_original(page, "#compared")
    name, data = downloaded(page, lambda: page.get_by_role("link", name="Download SKU-0_2.png").click())
    assert (name, data) == ("SKU-0_2.png", cards[0].results[1].media[0].data)


def test_originals_beside_the_page_are_shown_and_opened(
    visit: Any, write_page: WritePage, cards: list[Card], large_wav: Media
) -> None:
    path = write_page([*cards, Card("sound", results=(Result(0, (large_wav,)),))])
    opened = visit(path)
    page = opened.page
    assert page.locator("audio").evaluate(
        "audio => new Promise((done) => { audio.onloadedmetadata = () => done(audio.duration); audio.load();"
        " audio.preload = 'metadata'; })"
    )
    open_image(page, "Result 2 of row SKU-0")
    wait_for_original(page)
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Open the original SKU-0_2.png").click()
    popup.value.wait_for_load_state()
    assert popup.value.url == (path.with_name("shop_files") / "SKU-0_2.png").as_uri()


def test_two_results_are_compared_and_zoomed_alike(visit: Any, write_page: WritePage, cards: list[Card]) -> None:
    page = visit(write_page(cards)).page
    open_image(page, "Result 1 of row SKU-0")
    page.get_by_role("button", name="Compare with this image").click()
    page.get_by_role("button", name="Next image").click()
    left, right = page.locator("#compared img"), page.locator("#large img")
    assert left.get_attribute("alt") == "Result 1 of row SKU-0"
    assert right.get_attribute("alt") == "Result 2 of row SKU-0"
    before = right.bounding_box()["width"]
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Zoom in").click()
    assert right.bounding_box()["width"] == pytest.approx(4 * before, abs=2)
    page.locator("#large .pane").hover()
    page.locator("#large .pane").evaluate("pane => pane.scrollTo(50, 60)")
    wait_until(
        page, "[...document.querySelectorAll('.pane')].every((pane) => pane.scrollLeft === 50 && pane.scrollTop === 60)"
    )


def test_a_click_zooms_and_a_drag_moves_the_image(visit: Any, write_page: WritePage, cards: list[Card]) -> None:
    page = visit(write_page(cards)).page
    open_image(page, "Result 1 of row SKU-0")
    pane = page.locator("#large .pane")
    box = pane.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(pane).to_have_class("pane zoom-2")
    before = pane.evaluate("pane => pane.scrollLeft")
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 200, steps=5)
    page.mouse.up()
    expect(pane).to_have_class("pane zoom-2")
    assert pane.evaluate("pane => pane.scrollLeft") == pytest.approx(before + 50, abs=1)


def test_chosen_results_are_found_again_after_reload(visit: Any, write_page: WritePage, cards: list[Card]) -> None:
    path = write_page(cards)
    page = visit(path).page
    page.get_by_role("button", name="Choose result 2 of row SKU-0").click()
    page.get_by_role("button", name="Choose result 1 of row SKU-2").click()
    page.get_by_role("button", name="Choose result 2 of row SKU-2").click()
    page.get_by_role("button", name="Choose result 2 of row SKU-2").click()
    write_page(cards)  # the same run, made into a page once more
    page.reload()
    assert page.get_by_role("button", name="Export chosen (2)").is_enabled()
    pressed = page.get_by_role("button", pressed=True)
    assert [star.get_attribute("aria-label") for star in pressed.all()] == [
        "Choose result 2 of row SKU-0",
        "Choose result 1 of row SKU-2",
    ]
    page.get_by_label("Only chosen").check()
    assert page.locator("article h2").all_inner_texts() == ["SKU-0", "SKU-2"]


def test_a_star_belongs_to_what_was_seen(
    visit: Any, write_page: WritePage, cards: list[Card], example: Example
) -> None:
    page = visit(write_page(cards)).page
    page.get_by_role("button", name="Choose result 2 of row SKU-0").click()
    other = Card(**{**vars(cards[0]), "results": (cards[0].results[0], Result(1, (example("backpack.png"),)))})
    write_page([other])
    page.reload()
    assert page.get_by_role("button", pressed=True).count() == 0


def test_chosen_results_are_exported_as_csv_and_as_files_named_by_column(
    visit: Any, write_page: WritePage, cards: list[Card]
) -> None:
    page = visit(write_page(cards)).page
    for choice in ("2 of row SKU-0", "1 of row SKU-1", "1 of row SKU-2", "2 of row SKU-2"):
        page.get_by_role("button", name=f"Choose result {choice}").click()
    page.get_by_role("button", name="Export chosen (4)").click()
    page.get_by_label("File names").fill("{skuu}")
    assert "There is no {skuu}; there are {row_id}, {result}, {index}, {sku}, {name}, {title}." in page.inner_text(
        "#exporter"
    )
    assert page.get_by_role("button", name="Save CSV").is_disabled()
    page.get_by_label("File names").fill("{sku}_{index}")

    name, data = downloaded(page, page.get_by_role("button", name="Save CSV").click)
    assert name == "Shop.csv"
    rows = [["0", "1", "SKU-0_1.png"], ["1", "0", "SKU-1_0.png"], ["2", "0", "SKU-2_0.png"], ["2", "1", "SKU-2_1.png"]]
    assert list(csv.reader(io.StringIO(data.decode()))) == [["row_id", "index", "file"], *rows]

    name, data = downloaded(page, page.get_by_role("button", name="Save files").click)
    assert name == "Shop.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as saved:
        assert saved.testzip() is None
        assert saved.namelist() == [*(row[2] for row in rows), "chosen.csv"]
        assert saved.read("SKU-1_0.png") == cards[1].results[0].media[0].data


def test_one_chosen_file_is_saved_as_it_is_and_equal_names_stay_apart(
    visit: Any, write_page: WritePage, cards: list[Card]
) -> None:
    page = visit(write_page(cards)).page
    page.get_by_role("button", name="Choose result 1 of row SKU-0").click()
    page.get_by_role("button", name="Export chosen").click()
    page.get_by_label("File names").fill("../{name}")
    name, data = downloaded(page, page.get_by_role("button", name="Save files").click)
    assert (name, data) == ("_Product, 0.png", cards[0].results[0].media[0].data)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Choose result 2 of row SKU-0").click()
    page.get_by_role("button", name="Export chosen").click()
    page.get_by_label("File names").fill("same")
    assert page.inner_text("#pattern-outcome") == "same.png, same-2.png"


def test_files_beside_a_page_on_disk_are_read_from_the_folder_that_is_picked(
    visit: Any, write_page: WritePage, cards: list[Card], large_wav: Media
) -> None:
    path = write_page([*cards, Card("sound", results=(Result(0, (large_wav,)),))])
    page = visit(path).page
    page.get_by_role("button", name="Choose result 2 of row SKU-1").click()
    page.get_by_role("button", name="Choose result 1 of row sound").click()
    page.get_by_role("button", name="Export chosen").click()
    assert page.get_by_role("button", name="Save files").is_disabled()
    assert "shop_files" in page.inner_text("#folder-help")
    page.locator("#folder").set_input_files(path.with_name("shop_files"))
    _, data = downloaded(page, page.get_by_role("button", name="Save files").click)
    with zipfile.ZipFile(io.BytesIO(data)) as saved:
        assert saved.read("SKU-1_2.png") == cards[1].results[1].media[0].data
        assert saved.read("sound_1.wav") == large_wav.data


def test_the_keyboard_alone_chooses_compares_and_exports(visit: Any, write_page: WritePage, cards: list[Card]) -> None:
    page = visit(write_page(cards), reduced_motion="reduce").page
    for _ in range(60):  # far enough to come by every control of the first rows
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.querySelector('img')?.alt") == "Result 1 of row SKU-0":
            break
    page.keyboard.press("Enter")
    page.keyboard.press("s")
    page.keyboard.press("c")
    page.keyboard.press("ArrowRight")
    assert page.locator("#compared img").get_attribute("alt") == "Result 1 of row SKU-0"
    page.keyboard.press("s")
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")  # moves what is zoomed
    assert page.locator("#large img").get_attribute("alt") == "Result 2 of row SKU-0"
    assert page.locator("#large .pane").evaluate("pane => pane.scrollLeft") > 0
    page.keyboard.press("-")
    name, _ = downloaded(page, lambda: page.keyboard.press("d"))
    assert name == "SKU-0_2.png"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Export chosen (2)").focus()
    page.keyboard.press("Enter")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "save-csv":
            break
    name, data = downloaded(page, lambda: page.keyboard.press("Enter"))
    assert data.decode().splitlines()[1:] == ["0,0,SKU-0_1.png", "0,1,SKU-0_2.png"]


def test_a_page_without_originals_still_exports_what_was_chosen(
    visit: Any, write_page: WritePage, cards: list[Card]
) -> None:
    page = visit(write_page(cards, originals=False)).page
    open_image(page, "Result 1 of row SKU-0")
    assert page.locator("#download").is_hidden()
    page.keyboard.press("s")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Export chosen").click()
    assert page.get_by_role("button", name="Save files").is_disabled()
    _, data = downloaded(page, page.get_by_role("button", name="Save CSV").click)
    assert data.decode() == "row_id,index,file\r\n0,0,\r\n"


def test_what_a_browser_cannot_decode_stays_a_thumbnail_and_is_downloaded(visit: Any, write_page: WritePage) -> None:
    tiff, jpeg = io.BytesIO(), io.BytesIO()
    picture = Image.new("RGB", (900, 600), "teal")
    picture.save(tiff, "TIFF")
    picture.save(jpeg, "MPO")
    sources = (Media(tiff.getvalue(), "", "scan.tif"), Media(jpeg.getvalue(), "", "phone.jpg"))
    page = visit(write_page([Card("shop", sources=sources)])).page
    open_image(page, "phone.jpg, source of row shop")
    wait_for_original(page)
    name, _ = downloaded(page, lambda: page.keyboard.press("d"))
    assert name == "shop_source.jpg"
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(200)
    assert page.locator("#large img").evaluate("image => image.naturalWidth") == 320
    name, data = downloaded(page, lambda: page.keyboard.press("d"))
    assert (name, data) == ("shop_source.tiff", tiff.getvalue())


def test_stars_work_in_a_frame_without_storage(
    visit: Any, write_page: WritePage, cards: list[Card], tmp_path: Path
) -> None:
    around = tmp_path / "around.html"
    framed = tmp_path / "around_files" / "shop.html"
    framed.parent.mkdir()
    write_page(cards).rename(framed)
    around.write_text(f'<iframe sandbox="allow-scripts" src="{framed.as_uri()}" width="900" height="700"></iframe>')
    frame = visit(around).page.frame_locator("iframe")
    frame.get_by_role("button", name="Choose result 2 of row SKU-0").click()
    expect(frame.get_by_role("button", name="Export chosen (1)")).to_be_enabled()
    frame.get_by_role("button", name="Choose result 1 of row SKU-0").click()
    expect(frame.get_by_role("button", name="Export chosen (2)")).to_be_enabled()
