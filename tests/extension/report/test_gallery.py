"""The page as a file: written whole or not at all, with little memory, and with everything escaped."""

import base64
import hashlib
import html
import io
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from endpoint_nodes.extension.report import Card, Gallery, Media, Result
from endpoint_nodes.extension.report.originals import EMBEDDED_BYTES, THUMBNAIL_BYTES, Originals

Dot = Callable[[int], Media]
WritePage = Callable[..., Path]


def large_wav(tone: Media, size: int) -> Media:
    return Media(tone.data + bytes(size - len(tone.data)), "audio/wav", "long.wav")


def test_a_page_appears_whole_when_the_gallery_is_left(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("an older report")
    with Gallery(path, title="Shop", facts={"Model": "one"}) as gallery:
        gallery.add(Card("row 1", facts={"Route": "edits"}))
        assert path.read_text() == "an older report"
        gallery.facts["Elapsed"] = "3 s"
    page = path.read_text(encoding="utf-8")
    for fact in (
        "<dt>Model</dt><dd><p>one</p></dd>",
        "<dt>Elapsed</dt><dd><p>3 s</p></dd>",
        "<dt>Route</dt><dd><p>edits</p></dd>",
    ):
        assert fact in page
    assert list(tmp_path.iterdir()) == [path]


def test_an_exception_leaves_nothing_behind(tmp_path: Path, tone: Media) -> None:
    path = tmp_path / "report.html"

    def cancelled_run() -> None:
        with Gallery(path, title="Shop") as gallery:
            gallery.add(Card("row 1", sources=(large_wav(tone, EMBEDDED_BYTES + 1),)))
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
    card = Card("row", results=(Result(0, (tone,)),))
    with Gallery(tmp_path / "report.html", title="Shop") as gallery:
        gallery.add(card)
        tracemalloc.start()
        for _ in range(200):
            gallery.add(card)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (tmp_path / "report.html").stat().st_size > 200 * len(tone.data)
    assert peak < 20 * len(tone.data)


def test_small_originals_are_in_the_page_and_large_ones_in_a_folder_beside_it(
    write_page: WritePage, tone: Media, dot: Dot
) -> None:
    path = write_page([Card("MUG", sources=(tone,), results=(Result(0, (dot(1),)),))])
    folder = path.with_name("shop_files")
    assert base64.b64encode(dot(1).data).decode() in path.read_text(encoding="utf-8")
    assert not folder.exists()

    large = large_wav(tone, EMBEDDED_BYTES + 1)
    write_page([Card("MUG", sources=(large,), results=(Result(0, (dot(1),)), Result(1, (dot(2),))))])
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        "MUG_source.wav": large.data,
        "MUG_1.png": dot(1).data,
        "MUG_2.png": dot(2).data,
    }
    assert base64.b64encode(dot(1).data).decode() not in path.read_text(encoding="utf-8")

    write_page([Card("MUG", sources=(tone,))])
    assert not folder.exists()


def test_thumbnails_beyond_what_a_page_should_hold_are_files_too(tmp_path: Path) -> None:
    with io.BytesIO() as spool:
        originals = Originals(tmp_path / "my shop.html", spool, complete=True)
        within = originals.thumbnail_url("MUG_1", bytes(THUMBNAIL_BYTES))
        assert within.startswith("data:image/webp;base64,")
        assert not originals.beside
        assert originals.thumbnail_url("MUG_2", b"small") == "my%20shop_files/small/MUG_2.webp"
        assert originals.beside
        originals.write_beside()
    assert (tmp_path / "my shop_files" / "small" / "MUG_2.webp").read_bytes() == b"small"


def test_a_page_without_originals_holds_its_recordings_and_thumbnails_only(
    write_page: WritePage, tone: Media, dot: Dot
) -> None:
    page = write_page([Card("MUG", results=(Result(0, (dot(1), tone)),))], originals=False).read_text(encoding="utf-8")
    assert base64.b64encode(tone.data).decode() in page
    assert base64.b64encode(dot(1).data).decode() not in page


def test_files_have_safe_and_different_names(write_page: WritePage, tone: Media, dot: Dot) -> None:
    names = ["../../etc/passwd", "a/b", "a b", "A_b", "杯子", "." * 200, "x" * 300, "CON"]
    large = large_wav(tone, EMBEDDED_BYTES + 1)
    path = write_page([Card(name, sources=(large,) if name == "CON" else (dot(1),)) for name in names])
    found = {file.name for file in path.with_name("shop_files").iterdir()}
    assert len({name.casefold() for name in found}) == len(names)
    assert {"etc_passwd_source.png", "a_b_source.png", "a_b_source-2.png", "杯子_source.png", "CON_source.wav"} <= found
    assert max(map(len, found)) < 100


def test_the_head_says_what_the_rows_come_to(write_page: WritePage, dot: Dot) -> None:
    results = (Result(0, (dot(1),)), Result(1, (dot(2),)))
    cards = [
        Card("a", text="Bluer", results=results, model="m-1", tokens=1000, cost=0.25, created=1_763_700_000),
        Card("b", text="Bluer", error="refused"),
        Card("c", text="Bluer", results=results[:1], model="m-1", tokens=274, created=1_763_950_000),
    ]
    page = write_page(cards).read_text(encoding="utf-8")
    for name, value in {
        "Rows": "3", "Results": "3", "Failed": "1", "Model": "m-1", "Tokens": "1,274",
        "Cost": "at least $0.25 (1 of unknown price)", "Date": "2025-11-21 to 2025-11-24", "Prompt": "Bluer",
    }.items():  # fmt: skip
        assert f"<dt>{name}</dt><dd><p>{value}</p></dd>" in page, name


def test_whatever_comes_from_outside_is_escaped(write_page: WritePage, dot: Dot) -> None:
    evil = "</style></title></script><script>alert('x')</script>\"><img src=x onerror=alert(1)> $script ${cards} \ud800"
    media = (Media(dot(1).data, evil, evil), Media(b"junk", evil, evil), Media(b"", "audio/wav", evil))
    results = (Result(0, media, evil * 9, {evil: evil * 9}), Result(1, (), "", {evil: evil}))
    cards = [
        Card(evil, evil, {evil: evil}, media, evil * 9, results, {evil: evil}, evil * 9, evil, evil),
        Card(evil, results=results[1:] * 30, variant=evil),
    ]
    page = write_page([cards[0], cards[1]], title=evil, facts={evil: evil}).read_text(encoding="utf-8")
    assert page.count("<script>") == 1
    assert "onerror=alert(1)>" not in page
    assert html.escape(evil.replace("\ud800", "?")) in page


@pytest.mark.parametrize("beside", [False, True])
def test_the_policy_admits_the_pages_own_style_script_and_folder_only(
    write_page: WritePage, tone: Media, *, beside: bool
) -> None:
    source = large_wav(tone, EMBEDDED_BYTES + 1) if beside else tone
    page = write_page([Card("row", sources=(source,))]).read_text(encoding="utf-8")
    (policy,) = re.findall('Content-Security-Policy" content="([^"]*)"', page)
    for tag in ("style", "script"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}';" in policy
    own = " 'self'" if beside else ""
    for rule in ("default-src 'none'", f"img-src data:{own}", f"media-src data:{own}", "form-action 'none'"):
        assert rule in policy.split("; ")
    assert ("connect-src 'self'" if beside else "connect-src 'none'") in policy.split("; ")
