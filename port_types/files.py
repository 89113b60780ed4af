"""Files that travel: what a user may give as a source, and what is sent or received."""

import enum
from dataclasses import dataclass
from typing import Annotated, Any

__all__ = ["File", "FileRules", "Remote", "SourceAudio", "SourceFile", "SourceImage", "SourceKind"]


class SourceKind(enum.Enum):
    """What a source file holds; the name of the field kind that takes it."""

    IMAGE = "image"
    AUDIO = "audio"
    FILE = "file"


@dataclass(frozen=True)
class File:
    """A file in memory, with the name and MIME type it has on the wire."""

    data: bytes
    name: str
    mime: str

    @property
    def data_url(self) -> str:
        """The file as a data url, for bodies that are JSON."""
        import pybase64

        return f"data:{self.mime};base64,{pybase64.b64encode_as_string(self.data)}"

    def __repr__(self) -> str:
        return f"File({self.name}, {self.mime}, {len(self.data)} bytes)"


@dataclass(frozen=True)
class Remote:
    """A file of a response that has to be fetched: an absolute or relative url, or whatever the service gave."""

    url: str


@dataclass(frozen=True)
class FileRules:
    """What a service takes.

    Attributes:
        accepts: MIME types; () for every file.
        max_bytes: the file must be smaller than this.
        square: whether an image must be as wide as high.
    """

    accepts: tuple[str, ...]
    max_bytes: int
    square: bool = False


SourceImage = Annotated[Any, SourceKind.IMAGE]
"""An image as bytes, path, base64 text, data url, http(s) url, Pillow image or File."""

SourceAudio = Annotated[Any, SourceKind.AUDIO]
"""A recording as bytes, path, base64 text, data url, http(s) url or File."""

SourceFile = Annotated[Any, SourceKind.FILE]
"""Any file as bytes, path, data url, http(s) url or File."""
