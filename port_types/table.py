"""Result tables: columns declared without any library, and their Arrow form."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FILE_KINDS", "KIND_KEY", "Column", "ColumnKind", "arrow_schema"]

KIND_KEY = b"endpoint_nodes.kind"
"""Key of an Arrow field's metadata that holds the column's kind."""


class ColumnKind(enum.Enum):
    """What a column holds. Its Arrow type is in brackets."""

    TEXT = "text"
    """[string]"""
    INTEGER = "integer"
    """[int64]"""
    NUMBER = "number"
    """[float64]"""
    BOOLEAN = "boolean"
    """[bool]"""
    TIME = "time"
    """Seconds since 1970, UTC [timestamp[s, UTC]]"""
    JSON = "json"
    """JSON text [string]"""
    IMAGE = "image"
    """An encoded image [binary]"""
    AUDIO = "audio"
    """An encoded recording [binary]"""
    FILE = "file"
    """Any other file [binary]"""
    VECTOR = "vector"
    """[list<float32>]"""

    # Kinds are looked up for every cell, and Enum's own hash is slow.
    __hash__ = object.__hash__


FILE_KINDS = (ColumnKind.IMAGE, ColumnKind.AUDIO, ColumnKind.FILE)
"""What is a file of its own, where a folder is written."""


@dataclass(frozen=True)
class Column:
    """One column of a result table.

    Attributes:
        name: what it is called; no other column of the node has the name.
        kind: what it holds.
        help: what that is, in a sentence.
        label: the name that the user gave to it, "" for a column that is the node's own.
        detail: whether it says how the response was made; a host may leave it out until details are asked for.
    """

    name: str
    kind: ColumnKind
    help: str
    label: str = ""
    detail: bool = False


def arrow_schema(columns: Iterable[Column]) -> "pa.Schema":
    """Return the Arrow schema of `columns`; each field's metadata names its kind."""
    import pyarrow as pa

    arrow_types = {
        ColumnKind.TEXT: pa.string(),
        ColumnKind.INTEGER: pa.int64(),
        ColumnKind.NUMBER: pa.float64(),
        ColumnKind.BOOLEAN: pa.bool_(),
        ColumnKind.TIME: pa.timestamp("s", tz="UTC"),
        ColumnKind.JSON: pa.string(),
        ColumnKind.IMAGE: pa.binary(),
        ColumnKind.AUDIO: pa.binary(),
        ColumnKind.FILE: pa.binary(),
        ColumnKind.VECTOR: pa.list_(pa.float32()),
    }
    return pa.schema(
        [pa.field(column.name, arrow_types[column.kind], metadata={KIND_KEY: column.kind.value}) for column in columns]
    )
