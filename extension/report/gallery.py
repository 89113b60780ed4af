"""The page around the cards, streamed to a file."""

import datetime as dt
import hashlib
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from string import Template
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from ..engine.io.durable import replace_durably
from .cards import Card
from .figures import escaped
from .markup import card_html
from .originals import Originals
from .summary import Summary

__all__ = ["Gallery"]

_PARTS = Path(__file__).parent / "page"
_STYLES = ("page.css", "card.css", "dialogs.css", "media.css")
_SCRIPTS = ("stars.js", "list.js", "originals.js", "viewer.js", "export.js", "start.js")

ROWS_AT_ONCE = 100
"""Rows that a browser lays out when the page opens; its script brings the others as they are scrolled to."""


class Gallery:
    """Writes the page of a run card by card, with little memory however many rows there are.

    A context manager: leaving it puts the finished page into place at once, replacing an older one; leaving
    it by an exception leaves nothing behind. Images and recordings are in the page up to `EMBEDDED_BYTES`, beyond
    that in a folder beside it.

    Attributes:
        facts: Shown at the top, after what the cards themselves come to; open until the end.

    Raises:
        OSError: On entering, where the page's folder cannot be written to: before anything is spent.
    """

    facts: dict[str, str]

    def __init__(
        self,
        path: Path,
        *,
        title: str,
        facts: Mapping[str, str] | None = None,
        date: dt.datetime | None = None,
        originals: bool = True,
    ) -> None:
        """Describe the page.

        Args:
            path: The page to write.
            title: Its heading.
            facts: What is known from the start.
            date: When the results were made, where they do not say so themselves; now, if None.
            originals: Whether images are kept at full size; if not, the page is one file, with thumbnails.
        """
        self.facts = dict(facts or {})
        self._path = path
        self._title = title
        self._date = date or dt.datetime.now().astimezone()
        self._keeps_originals = originals
        self._summary = Summary()
        self._open = ExitStack()
        self._spool: IO[str]
        self._originals: Originals

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            # Nameless, so that even a killed run leaves nothing; beside the page, whose disk has to hold them.
            folder = self._path.parent
            self._spool = opening.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", newline="", dir=folder))
            spool = opening.enter_context(tempfile.TemporaryFile(dir=folder))
            self._originals = Originals(self._path, spool, complete=self._keeps_originals)
            self._open = opening.pop_all()
        return self

    def add(self, *cards: Card) -> None:
        """Add one input row below those there are: its card, or one of each variant, to be shown side by side."""
        self._summary.add(cards)
        if self._summary.rows == ROWS_AT_ONCE + 1:
            self._spool.write('<template id="further">\n')
        self._spool.write(card_html(cards, self._summary.rows, self._originals))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._open:
            if kind is None:
                self._write_page()

    def _write_page(self) -> None:
        before, after = self._around()
        with replace_durably(self._path) as unfinished:
            with unfinished.open("x", encoding="utf-8", newline="") as page:
                page.write(before)
                self._spool.seek(0)
                shutil.copyfileobj(self._spool, page)
                if self._summary.rows > ROWS_AT_ONCE:
                    page.write("</template>\n")
                between, after = after.split("<!-- originals -->")
                page.write(between)
                if not self._originals.beside:
                    self._originals.write_within(page)
                page.write(after)
            if self._path.is_dir():
                raise IsADirectoryError(f"The page {self._path} is a folder.")
            if self._originals.beside:
                self._originals.write_beside()
            else:
                self._originals.remove_older()

    def _around(self) -> tuple[str, str]:
        """Return the page before and after its cards, with a mark where the originals go."""
        style, script = _joined(_STYLES), _joined(_SCRIPTS)
        beside = self._originals.beside
        place = "beside" if beside else "within" if self._keeps_originals else "none"
        admitted = "data: 'self'" if beside else "data:"
        folder = self._originals.folder.name
        notes = {
            "beside": f"The originals are in the folder {folder}, which belongs beside this page.",
            "within": "The originals are in this page.",
            "none": "Images are thumbnails; the result table holds the originals.",
        }
        compares = bool(self._summary.variants)
        values = {
            "title": escaped(self._title),
            "style": style,
            "style_hash": _hash(style),
            "script": script,
            "script_hash": _hash(script),
            "media_from": admitted,
            "connect_to": "'self'" if beside else "'none'",
            "page_id": hashlib.sha256(f"{self._path.name}\0{self._title}".encode("utf-8", "replace")).hexdigest()[:16],
            "place": place,
            "folder": quote(folder) if beside else "",
            "folder_name": escaped(folder),
            "stars": "5" if compares else "1",
            "chosen": "Rated" if compares else "Chosen",
            "chosen_lower": "rated" if compares else "chosen",
            "summary": self._summary.html(self._date, self.facts),
            "sort": "".join(f"<option>{escaped(name)}</option>" for name in self._summary.sortable()),
            "failed": f"{self._summary.failed_rows:,}",
            "kinds": " ".join(
                (
                    "filled" if self._summary.rows else "empty",
                    *(["compare"] if compares else []),
                    *(["one-prompt"] if self._summary.has_one_prompt else []),
                )
            ),
            "note": escaped(notes[place]),
        }
        before, after = (_PARTS / "page.html").read_text(encoding="utf-8").split("$cards")
        return Template(before).substitute(values), Template(after).substitute(values)


def _joined(names: tuple[str, ...]) -> str:
    return "".join((_PARTS / name).read_text(encoding="utf-8") for name in names)


def _hash(text: str) -> str:
    """Return the hash by which the page's content security policy admits its own style and script, no other."""
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()
