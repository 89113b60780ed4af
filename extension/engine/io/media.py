"""Loading images, recordings and other files: from what a user gives to bytes with a name."""

import asyncio
import binascii
import io
import os
import re
from collections.abc import Awaitable, Callable
from os import PathLike, fspath
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ....nodes.base.media.audio import AUDIO_EXTENSIONS, sniff_audio
from ....nodes.base.media.images import EXTENSIONS, sniff_image
from ....port_types.errors import DownloadFailed, InvalidInput, reason_of
from ....port_types.fields.values import preview
from ....port_types.files import File

__all__ = ["FILE_NAME", "MAX_MEDIA_BYTES", "encode_picture", "is_remote", "load_local", "load_media"]

BASE64_STARTS = (
    "iVBOR",
    "/9j/",
    "UklGR",
    "R0lGOD",
    "SUQz",
    "//uQ",
    "//vQ",
    "//sw",
    "ZkxhQ",
    "T2dnUw",
    "GkXfo",
    "JVBERi",
)
"""How base64 of the usual formats of images, recordings and PDF starts; a path practically never does."""

MAX_MEDIA_BYTES = 100_000_000
"""No service takes larger images or recordings; more is not read into memory."""

MAX_FILE_BYTES = 512_000_000
"""What OpenAI takes of any other file: https://platform.openai.com/docs/api-reference/files/create"""

FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"""Name of a file that came over a network."""

Fetch = Callable[[str], Awaitable[bytes]]
Find = Callable[[str, Path | None], Path]


async def load_media(
    value: Any, fetch: Fetch, kind: str = "image", folder: Path | None = None, *, confined: bool = False
) -> File:
    """Return the file behind `value`, which may be an http(s) url, or as for `load_local`.

    Args:
        value: what names the file, or holds it.
        fetch: gets what is behind a url.
        kind: "image", "audio" or "file"; names what has no name.
        folder: folder that relative paths refer to.
        confined: whether text can name files of that folder only.

    Raises:
        InvalidInput: there is no such file, or it is too large; the sentence starts with the value.
    """
    value = _unwrapped(value)
    if is_remote(value):
        return await _download(value, fetch, kind)
    if isinstance(value, str | PathLike):
        return await asyncio.to_thread(load_local, value, kind, folder, confined=confined)
    return load_local(value, kind, folder, confined=confined)


def load_local(value: Any, kind: str = "image", folder: Path | None = None, *, confined: bool = False) -> File:
    """Return the file behind `value`, which is on this machine.

    Args:
        value: bytes, a path, base64 text, a data url, a Pillow image, a `File`, or a dict with "bytes" or "path", as
            the datasets library has it.
        kind: "image", "audio" or "file"; names what has no name.
        folder: folder that relative paths refer to, where they lead to a file there.
        confined: whether text can name files of that folder only, by their names: what comes over a network must not
            open a path on this machine.

    Raises:
        InvalidInput: there is no such file, or it is too large; the sentence starts with the value.
    """
    value = _unwrapped(value)
    if isinstance(value, File):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return _named(bytes(value), kind)
    if isinstance(value, PathLike) and not confined:
        return _read(Path(fspath(value)), kind)
    if isinstance(value, str):
        return _from_text(value, kind, _uploaded if confined else _resolve, folder)
    if isinstance(encoded := encode_picture(value), bytes):
        return _named(encoded, kind)
    raise InvalidInput(
        f"{preview(value)} is not a file: bytes, a path, base64 text, a data url or an http(s) url is needed"
    )


def is_remote(value: Any) -> bool:
    """Return whether `value` is the address of a file elsewhere."""
    value = _unwrapped(value)
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def _unwrapped(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() & {"bytes", "path"}:
        return value.get("bytes") or value.get("path")
    return value


def encode_picture(value: Any) -> Any:
    """Return a Pillow image as the bytes of a PNG, and anything else as it is."""
    if not (hasattr(value, "save") and hasattr(value, "mode")):
        return value
    buffer = io.BytesIO()
    value.save(buffer, "PNG")
    return buffer.getvalue()


def _from_text(text: str, kind: str, find: Find, folder: Path | None) -> File:
    if text.startswith("data:"):
        return _named(_decoded(text.partition(",")[2]), kind)
    if len(text) > 60 and text.startswith(BASE64_STARTS):
        return _named(_decoded(text), kind)
    if re.match(r"[A-Za-z][\w.+-]*://", text):
        raise InvalidInput(
            f"{preview(text, 200)} cannot be opened: a path on this machine, an http(s) url, a data url or base64 text "
            "is needed"
        )
    return _read(find(text, folder), kind)


def _resolve(text: str, folder: Path | None) -> Path:
    # os.path, unlike pathlib, says False of names that are too long or hold what no name may.
    if folder and os.path.exists(folder / text):  # noqa: PTH110
        return folder / text
    return Path(text)


def _uploaded(name: str, folder: Path | None) -> Path:
    """Return the file of this name in `folder`; a name leads nowhere else."""
    if folder and FILE_NAME.fullmatch(name) and (folder / name).is_file():
        return folder / name
    raise InvalidInput(
        f"{preview(name, 200)} is not a file that was uploaded; upload it, or give an http(s) url, a data url or "
        "base64 text"
    )


def _read(path: Path, kind: str) -> File:
    try:
        path = path.expanduser()
        if path.stat().st_size > _most_bytes(kind):
            raise InvalidInput(f"{path} has {path.stat().st_size:,} bytes, more than any service takes")
        # A name that is not UTF-8 is sent as far as it can be read.
        return File(path.read_bytes(), path.name.encode("utf-8", "replace").decode(), "")
    except FileNotFoundError:
        several = ' (several files are a JSON list: ["a.png", "b.png"])' if ";" in str(path) else ""
        raise InvalidInput(f"{preview(str(path), 200)} does not exist{several}") from None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{preview(str(path), 200)} cannot be read ({reason_of(error)})") from None


async def _download(url: str, fetch: Fetch, kind: str) -> File:
    try:
        data = await fetch(url)
    except DownloadFailed as error:
        raise InvalidInput(str(error)) from None
    if len(data) > _most_bytes(kind):
        raise InvalidInput(f"{url.partition('?')[0]} has {len(data):,} bytes, more than any service takes")
    return _named(data, Path(urlsplit(url).path).name or kind)


def _most_bytes(kind: str) -> int:
    return MAX_FILE_BYTES if kind == "file" else MAX_MEDIA_BYTES


def _decoded(text: str) -> bytes:
    import pybase64

    try:
        return pybase64.b64decode("".join(text.split()).encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(f"{preview(text)} is not valid base64") from None


def _named(data: bytes, name: str) -> File:
    mime = sniff_image(data) or sniff_audio(data)
    extension = EXTENSIONS.get(mime) or AUDIO_EXTENSIONS.get(mime, ("",))[0]
    return File(data, name if "." in name else name + extension, mime)
