"""A headless Chromium that looks at reports, and media to show in them."""

import io
import math
import struct
import wave
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from endpoint_nodes.extension.report import Card, Gallery, Media

CHROMIUM = Path("/usr/bin/chromium")
EXAMPLES = Path(__file__).parents[3] / "examples" / "images"


@dataclass
class Visit:
    """An open page with what went wrong on it and what it asked of the network."""

    page: Any
    address: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",  # which does not start for root, as tests in a container are
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Visit]]:
    """Open a page; afterwards nothing may have been complained of or asked of anything but the page's own folder."""
    visits: list[Visit] = []

    def open_page(path: Path, **context: Any) -> Visit:
        page = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | context)).new_page()
        opened = Visit(page, path.as_uri())
        page.on("console", lambda message: opened.complaints.append(message.text))
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.on("request", lambda request: opened.requests.append(request.url[:200]))
        page.goto(path.as_uri())
        visits.append(opened)
        return opened

    yield open_page
    for opened in visits:
        opened.page.context.close()
        assert opened.complaints == []
        assert [url for url in opened.requests if not url.startswith(("data:", "file:"))] == []
        files = {url for url in opened.requests if url.startswith("file:") and "_files/" not in url}
        assert files == {opened.address}


@pytest.fixture
def write_page(tmp_path: Path) -> Callable[..., Path]:
    """Write a page of cards; a tuple is one row's variants."""

    def write(cards: Iterable[Card | tuple[Card, ...]], *, title: str = "Shop", **options: Any) -> Path:
        path = tmp_path / "shop.html"
        with Gallery(path, title=title, **options) as gallery:
            for card in cards:
                gallery.add(*(card if isinstance(card, tuple) else (card,)))
        return path

    return write


@pytest.fixture(scope="session")
def example() -> Callable[[str], Media]:
    """An example image by its file name."""
    return lambda name: Media((EXAMPLES / name).read_bytes(), "image/png", name)


@pytest.fixture(scope="session")
def dot() -> Callable[[int], Media]:
    """A small picture of a colour of its own."""

    def draw(number: int) -> Media:
        file = io.BytesIO()
        Image.new("RGB", (24, 24), (number % 256, number // 256 % 256, 128)).save(file, "PNG")
        return Media(file.getvalue(), "image/png")

    return draw


@pytest.fixture(scope="session")
def tone() -> Media:
    """A second of a plain tone."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"".join(struct.pack("<h", round(9000 * math.sin(step / 3))) for step in range(8000)))
    return Media(file.getvalue(), "audio/wav", "tone.wav")
