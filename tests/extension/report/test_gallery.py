"""The page as a file: written whole or not at all, with little memory, and with everything escaped."""

import base64
import hashlib
import html
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from endpoint_nodes.extension.report import Card, Gallery, Media, gallery_html


def test_a_page_appears_whole_when_the_gallery_is_left(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("an older report")
    with Gallery(path, title="Shop", facts={"Model": "one"}) as gallery:
        gallery.add(Card("row 1", facts={"Route": "edits"}))
        assert path.read_text() == "an older report"
        gallery.facts["Elapsed"] = "3 s"
    page = path.read_text(encoding="utf-8")
    assert page == gallery_html(
        [Card("row 1", facts={"Route": "edits"})], title="Shop", facts={"Model": "one", "Elapsed": "3 s"}
    )
    assert "<dt>Elapsed</dt><dd>3 s</dd>" in page
    assert list(tmp_path.iterdir()) == [path]


def test_an_exception_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "report.html"

    def cancelled_run() -> None:
        with Gallery(path, title="Shop") as gallery:
            gallery.add(Card("row 1"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cancelled_run()
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_moved_into_place_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.mkdir()
    with pytest.raises(OSError, match=r"report\.html"), Gallery(path, title="Shop"):
        pass
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_noticed_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), Gallery(tmp_path / "missing" / "report.html", title="Shop"):
        pytest.fail("the run must not begin")


def test_memory_does_not_grow_with_the_rows(tmp_path: Path, tone: Media) -> None:
    card = Card("row", results=(tone,))
    with Gallery(tmp_path / "report.html", title="Shop") as gallery:
        gallery.add(card)
        tracemalloc.start()
        for _ in range(200):
            gallery.add(card)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (tmp_path / "report.html").stat().st_size > 200 * len(tone.data)
    assert peak < 20 * len(tone.data)


def test_counts_are_right(dot: Callable[[int], Media]) -> None:
    cards = [Card("a", results=(dot(1), dot(2))), Card("b", error="refused"), Card("c", results=(dot(3),))]
    page = gallery_html(cards, title="Shop")
    for fact in ("<dt>Rows</dt><dd>3</dd>", "<dt>Results</dt><dd>3</dd>", "<dt>Failed</dt><dd>1</dd>"):
        assert fact in page


def test_whatever_comes_from_outside_is_escaped(dot: Callable[[int], Media]) -> None:
    evil = "</style></title><script>alert('x')</script>\"><img src=x onerror=alert(1)> $script ${cards} \ud800"
    media = (Media(dot(1).data, evil, evil), Media(b"junk", evil, evil), Media(b"", "audio/wav", evil))
    card = Card(evil, media, evil * 9, media, {evil: evil}, evil * 9)
    page = gallery_html([card], title=evil, facts={evil: evil})
    assert page.count("<script>") == 1
    assert "onerror=alert(1)>" not in page
    assert html.escape(evil.replace("\ud800", "?")) in page
    assert page.encode("utf-8")


def test_the_policy_admits_exactly_the_pages_own_style_and_script() -> None:
    page = gallery_html([], title="Shop")
    for tag in ("style", "script"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page
