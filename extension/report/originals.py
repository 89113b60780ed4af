"""Images and recordings in full: within a small page, in a folder beside a large one."""

import re
import shutil
import tempfile
from base64 import b64encode
from dataclasses import dataclass
from mimetypes import guess_extension
from pathlib import Path
from typing import IO
from urllib.parse import quote

from ...nodes.base.media.audio import AUDIO_EXTENSIONS
from ...nodes.base.media.images import EXTENSIONS

EMBEDDED_BYTES = 20_000_000
"""A page whose originals weigh no more than this holds them itself, so that it can be mailed as one file."""

THUMBNAIL_BYTES = 16_000_000
"""Thumbnails beyond this are files in the folder too, so that a page of ten thousand rows still opens at once."""

_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST_STEM = 80


@dataclass(frozen=True)
class _Entry:
    name: str
    mime: str
    size: int


class Originals:
    """Keeps the media of one page until the page is written.

    Args:
        page: The page; the folder beside it is called after it.
        spool: Temporary file that holds them until then.
        complete: Whether images are kept at full size. Where not, the page holds everything it has itself.
    """

    def __init__(self, page: Path, spool: IO[bytes], *, complete: bool) -> None:
        self.folder = page.with_name(f"{page.stem}_files")
        self.complete = complete
        self._spool = spool
        self._entries: list[_Entry] = []
        self._names: set[str] = set()
        self._thumbnail_bytes = 0
        self._has_small_files = False

    @property
    def beside(self) -> bool:
        """Whether the originals go to the folder beside the page."""
        if not self.complete:
            return False
        return self._has_small_files or sum(entry.size for entry in self._entries) > EMBEDDED_BYTES

    def keep(self, stem: str, data: bytes, mime: str) -> str:
        """Keep an image or a recording and return the file name it has from now on.

        Args:
            stem: What to call it, such as `MUG-012_2`; made safe for every file system, and unique.
            data: The encoded media.
            mime: Its media type, of which the name's ending follows.
        """
        return self._add(_safe(stem), extension(mime), data, mime)

    def thumbnail_url(self, stem: str, webp: bytes) -> str:
        """Return the address under which the page finds a thumbnail; `stem` is that of its original."""
        self._thumbnail_bytes += len(webp)
        if not self.complete or self._thumbnail_bytes <= THUMBNAIL_BYTES:
            return data_url(webp, "image/webp")
        self._has_small_files = True
        return quote(f"{self.folder.name}/{self._add(f'small/{_safe(stem)}', '.webp', webp, 'image/webp')}")

    def _add(self, stem: str, suffix: str, data: bytes, mime: str) -> str:
        name, number = stem + suffix, 1
        while name.casefold() in self._names:
            number += 1
            name = f"{stem}-{number}{suffix}"
        self._names.add(name.casefold())
        self._spool.write(data)
        self._entries.append(_Entry(name, mime, len(data)))
        return name

    def write_within(self, page: IO[str]) -> None:
        """Write everything into the page, as blocks that its script reads when they are wanted."""
        self._spool.seek(0)
        for entry in self._entries:
            data = b64encode(self._spool.read(entry.size)).decode()
            # Names and types are made of letters, digits and . _ - / only.
            page.write(f'<script type="text/plain" data-name="{entry.name}" data-mime="{entry.mime}">{data}</script>\n')

    def write_beside(self) -> None:
        """Write everything into the folder, which replaces an older one as a whole.

        Raises:
            OSError: The disk is full, or the folder cannot be written.
        """
        unfinished = Path(tempfile.mkdtemp(prefix=f".{self.folder.name}.", dir=self.folder.parent))
        try:
            unfinished.chmod(0o755)
            self._spool.seek(0)
            for entry in self._entries:
                path = unfinished / entry.name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(self._spool.read(entry.size))
            self.remove_older()
            unfinished.rename(self.folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def remove_older(self) -> None:
        """Remove the folder of an older page of the same name."""
        if self.folder.is_dir():
            shutil.rmtree(self.folder)


def extension(mime: str) -> str:
    """Return the file name ending of a media type, "" if it has no usual one."""
    return EXTENSIONS.get(mime) or next(iter(AUDIO_EXTENSIONS.get(mime, ())), "") or guess_extension(mime) or ""


def data_url(data: bytes, mime: str) -> str:
    """Return `data` as an address that holds it."""
    return f"data:{mime};base64,{b64encode(data).decode()}"


def _safe(stem: str) -> str:
    """Return a file name's stem that every file system and every address takes."""
    stem, _, number = stem.rpartition("_")
    return f"{_UNSAFE.sub('_', stem)[:_LONGEST_STEM].strip('._') or 'row'}_{number}"
