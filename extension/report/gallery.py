"""The page around the cards, streamed to a file or built in memory."""

import hashlib
import shutil
import tempfile
import uuid
from base64 import b64encode
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from types import TracebackType
from typing import IO, Self

from .cards import Card
from .figures import escaped
from .markup import card_html, facts_html

_PARTS = Path(__file__).parent


class Gallery:
    """Writes the page of a run card by card, with little memory however many rows there are.

    A context manager: leaving it puts the finished page into place at once, replacing an older one; leaving
    it by an exception leaves nothing behind.

    Attributes:
        facts: Shown at the top, after the counts of rows, results and failures; open until the end.

    Raises:
        OSError: On entering, where the page's folder cannot be written to: before anything is spent.
    """

    facts: dict[str, str]

    def __init__(self, path: Path, *, title: str, facts: Mapping[str, str] | None = None) -> None:
        """Name the page to write, its heading and the facts that are known from the start."""
        self.facts = dict(facts or {})
        self._path = path
        self._title = title
        self._cards = _Cards()
        self._spool: IO[str]

    def __enter__(self) -> Self:
        # Nameless, so that even a killed run leaves nothing; beside the page, whose disk has to hold it.
        self._spool = tempfile.TemporaryFile("w+", encoding="utf-8", newline="", dir=self._path.parent)
        return self

    def add(self, card: Card) -> None:
        """Add one row below those there are."""
        self._spool.write(self._cards.html(card))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._spool:
            if kind is None:
                self._write_page()

    def _write_page(self) -> None:
        before, after = _around(self._title, self.facts, self._cards)
        unfinished = self._path.with_name(f".{self._path.name}.{uuid.uuid4().hex}")
        try:
            with unfinished.open("x", encoding="utf-8", newline="") as page:
                page.write(before)
                self._spool.seek(0)
                shutil.copyfileobj(self._spool, page)
                page.write(after)
            unfinished.replace(self._path)
        finally:
            unfinished.unlink(missing_ok=True)


def gallery_html(cards: Iterable[Card], *, title: str, facts: Mapping[str, str] | None = None) -> str:
    """The page as one string, for the view of a node."""
    shown = _Cards()
    body = "".join(shown.html(card) for card in cards)
    before, after = _around(title, facts or {}, shown)
    return f"{before}{body}{after}"


class _Cards:
    """Turns cards into HTML and counts what was shown."""

    def __init__(self) -> None:
        self.rows = self.results = self.failed = 0

    def html(self, card: Card) -> str:
        self.rows += 1
        self.results += card.made
        self.failed += bool(card.error)
        return card_html(card, self.rows)


def _around(title: str, facts: Mapping[str, str], shown: _Cards) -> tuple[str, str]:
    """The page before and after its cards."""
    style, script = (_part(name) for name in ("gallery.css", "gallery.js"))
    counts = {"Rows": shown.rows, "Results": shown.results, "Failed": shown.failed}
    values = {
        "title": escaped(title),
        "style": style,
        "style_hash": _hash(style),
        "script": script,
        "script_hash": _hash(script),
        "summary": facts_html({**{name: f"{number:,}" for name, number in counts.items()}, **facts}, "summary"),
        "failed": f"{shown.failed:,}",
        "emptiness": "filled" if shown.rows else "empty",
    }
    before, after = _part("page.html").split("$cards")
    return Template(before).substitute(values), Template(after).substitute(values)


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The hash by which the page's content security policy admits its own style and script, no other."""
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()
