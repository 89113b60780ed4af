"""Images and recordings of a result as files, named by a pattern over the row's columns."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....nodes.base.media.audio import AUDIO_EXTENSIONS, sniff_audio
from ....nodes.base.media.images import EXTENSIONS, sniff_image
from ....port_types.errors import InvalidInput
from ....port_types.table import FILE_KINDS, KIND_KEY, ColumnKind
from .durable import replace_durably
from .folders import ALL_MEDIA_SUFFIXES

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MediaFiles", "media_columns", "media_suffix"]

_FILE_NAME = "filename"
"""Column with the name that a service has for a file."""
_SIGNATURES = {b"%PDF-": ".pdf", b"PK\x03\x04": ".zip"}
_NAME = re.compile(r"\{([^{}]+)\}")
_SUFFIX = re.compile(r"\.[A-Za-z]\w{0,9}$")
_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]+')
"""What no file system, or only some, takes in a name."""

LONGEST_NAME = 150
"""Characters; file systems take 255 bytes, of which a character may need four."""


def media_columns(schema: "pa.Schema") -> list[str]:
    """Return the names of the columns that hold images or recordings."""
    return _columns_of(schema, *FILE_KINDS)


def _columns_of(schema: "pa.Schema", *kinds: ColumnKind) -> list[str]:
    wanted = [kind.value.encode() for kind in kinds]
    return [field.name for field in schema if (field.metadata or {}).get(KIND_KEY) in wanted]


def media_suffix(data: bytes) -> str:
    """Return the suffix of the file that `data` is, ".bin" if nothing is known of it."""
    if (mime := sniff_audio(data)) == "audio/ogg" and b"OpusHead" in data[:64]:
        return ".opus"
    if mime := sniff_image(data) or mime:
        return EXTENSIONS.get(mime) or AUDIO_EXTENSIONS.get(mime, (".bin",))[0]
    return next((suffix for start, suffix in _SIGNATURES.items() if data.startswith(start)), ".bin")


class MediaFiles:
    """Saves the images and recordings of result rows.

    Args:
        folder: where the files go; made when the first is saved.
        schema: of the result.
        pattern: file name without suffix; ``{column}`` stands for the row's value, without the suffix of an image or
            recording, ``{number}`` for the row's number from 1. A name that comes twice gets a number behind it. A
            file of any kind keeps the suffix that its name has, and, where nothing is said, the service's name for it.
        texts: suffixes of text columns that are saved too, such as subtitles.

    Raises:
        InvalidInput: the pattern names a column that the result does not have.
    """

    def __init__(
        self, folder: Path, schema: "pa.Schema", pattern: str = "", *, texts: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self._texts = {name: suffix for name, suffix in (texts or {}).items() if name in schema.names}
        self.columns = [*media_columns(schema), *self._texts]
        self._any_files = _columns_of(schema, ColumnKind.FILE)
        named = self._any_files and _FILE_NAME in schema.names
        self._pattern = pattern or (f"{{{_FILE_NAME}}}" if named else _default_pattern(schema.names))
        for name in _NAME.findall(self._pattern):
            if name not in (*schema.names, "number"):
                raise InvalidInput(
                    f"The file name {pattern!r} names a column {name!r}, but the result has "
                    f"{', '.join(name for name in schema.names if name not in self.columns)}."
                )
        self._taken: Counter[str] = Counter()
        self._rows = 0
        self.saved = 0

    def save(self, row: Mapping[str, Any]) -> dict[str, Path]:
        """Save what `row` holds; return the file of each column.

        Raises:
            InvalidInput: a file cannot be written.
        """
        self._rows += 1
        files = {}
        for column in self.columns:
            data = row.get(column)
            if isinstance(data, str) and column in self._texts:
                files[column] = self._write(self._file_name(row, column, self._texts[column]), data.encode())
            elif isinstance(data, bytes):
                files[column] = self._write(self._file_name(row, column, media_suffix(data)), data)
        return files

    def _file_name(self, row: Mapping[str, Any], column: str, suffix: str) -> str:
        values = {**row, "number": self._rows}
        text = _NAME.sub(lambda match: _without_suffix(values.get(match[1])), self._pattern)
        stem = _UNSAFE.sub("_", text).strip(" .")[:LONGEST_NAME] or column
        if column in self._any_files and (own := _SUFFIX.search(stem)):
            # The name of a file says more than its first bytes: a .docx begins as a .zip does.
            stem, suffix = stem.removesuffix(own[0]), own[0]
        if len(self.columns) > 1:
            stem = f"{stem}_{column}"
        self._taken[stem] += 1
        return f"{stem}{suffix}" if self._taken[stem] == 1 else f"{stem}_{self._taken[stem]}{suffix}"

    def _write(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with replace_durably(path) as temporary:
                temporary.write_bytes(data)
        except OSError as error:
            raise InvalidInput(f"{path} cannot be written ({error.strerror}).") from None
        self.saved += 1
        return path


def _without_suffix(value: Any) -> str:
    """Return a cell as part of a file name; what is made of "chair.png" is not called "chair.png.png"."""
    text = "" if value is None else str(value)
    suffix = Path(text).suffix
    return text.removesuffix(suffix) if suffix.lower() in ALL_MEDIA_SUFFIXES else text


def _default_pattern(names: list[str]) -> str:
    known = [f"{{{name}}}" for name in ("row_id", "index") if name in names]
    return "_".join(known) or "{number}"
