"""Reading tables that are text: CSV, TSV, JSON lines and JSON, gzip-compressed or not.

They are read twice: once before anything is sent, so that a broken line is a sentence and not the end of a paid run,
and once row by row. Cells of a CSV file stay the text they are.
"""

import csv
import gzip
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ....port_types.errors import InvalidInput, reason_of
from .rows import Input, ReadOptions, Row

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["open_csv", "open_json", "open_json_lines"]

INFERENCE_ROWS = 1_000
"""Rows whose types are read together; a type that changes is named by its line."""


def open_csv(path: Path, options: ReadOptions) -> Input:
    """Open a CSV or TSV file; its first line names the columns, an empty cell holds no value.

    Raises:
        InvalidInput: it is empty, in another encoding, or a line does not fit the header; the sentence names the line.
    """
    import pyarrow as pa

    delimiter = options.delimiter or ("\t" if ".tsv" in path.suffixes else ",")
    file = _TextFile(path, options.encoding)
    names = _header(file, delimiter)
    count = sum(1 for _ in _csv_rows(file, delimiter, names))
    rows = (
        Row(str(number), cells, str(number), f"{path.name}, line {line}")
        for number, (line, cells) in enumerate(_csv_rows(file, delimiter, names))
    )
    return Input(rows, pa.schema([(name, pa.string()) for name in names]), count, path.parent)


def _header(file: "_TextFile", delimiter: str) -> list[str]:
    with file.open() as lines:
        names = next(csv.reader(lines, delimiter=delimiter), None)
    if not names:
        raise InvalidInput(f"{file.path.name} is empty: it has no header line.")
    if doubles := [name for name, times in Counter(names).items() if times > 1]:
        raise InvalidInput(f"{file.path.name} has several columns named {doubles[0]!r}; rename all but one.")
    return names


def _csv_rows(file: "_TextFile", delimiter: str, names: list[str]) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Yield the number of each row's first line, and its cells."""
    csv.field_size_limit(sys.maxsize)
    with file.open() as lines:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        next(reader)
        line = reader.line_num + 1
        try:
            for cells in reader:
                if len(cells) == len(names):
                    yield line, {name: cell or None for name, cell in zip(names, cells, strict=True)}
                elif cells:  # a blank line is not a row
                    raise InvalidInput(
                        f"{file.path.name}, line {line} has {len(cells)} cells, but the header has {len(names)}."
                    )
                line = reader.line_num + 1
        except csv.Error as error:
            raise InvalidInput(f"{file.path.name}, line {line} is not valid CSV ({error}).") from None


def open_json_lines(path: Path, options: ReadOptions) -> Input:
    """Open a file with one JSON object on each line.

    Raises:
        InvalidInput: a line is not a JSON object, or a column changes its type; the sentence names the line.
    """
    file = _TextFile(path, options.encoding)

    def records() -> Iterator[_Record]:
        with file.open() as lines:
            for number, text in enumerate(lines, 1):
                if text.strip():
                    yield _Record(f"{path.name}, line {number}", _decode(text, f"{path.name}, line {number}"))

    schema, count = _infer_schema(records())
    rows = (Row(str(at), record.value, str(at), record.place) for at, record in enumerate(records()))
    return Input(rows, schema, count, path.parent)


def open_json(path: Path, options: ReadOptions) -> Input:
    """Open a file that holds a JSON list of objects.

    Raises:
        InvalidInput: it holds something else, or a column changes its type.
    """
    import msgspec

    with _TextFile(path, options.encoding).open() as lines:
        text = lines.read()
    try:
        values = msgspec.json.decode(text)
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"{path.name} is not valid JSON ({error}).") from None
    if not isinstance(values, list):
        raise InvalidInput(f"{path.name} must hold a JSON list of objects, one for each row.")
    records = [_Record(f"{path.name}, item {number}", value) for number, value in enumerate(values)]
    schema, count = _infer_schema(iter(records))
    rows = (Row(str(at), record.value, str(at), record.place) for at, record in enumerate(records))
    return Input(rows, schema, count, path.parent)


@dataclass(frozen=True)
class _Record:
    place: str
    value: Any


def _decode(text: str, place: str) -> Any:
    import msgspec

    try:
        return msgspec.json.decode(text)
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"{place} is not valid JSON ({error}).") from None


def _infer_schema(records: Iterator[_Record]) -> "tuple[pa.Schema, int]":
    """Return the schema of all records, and how many there are."""
    import pyarrow as pa

    schema, count = pa.schema([]), 0
    while chunk := list(islice(records, INFERENCE_ROWS)):
        count += len(chunk)
        for record in chunk:
            if not isinstance(record.value, dict):
                raise InvalidInput(f"{record.place} is not a JSON object.")
        try:
            schema = _merge(schema, chunk)
        except (pa.ArrowException, OverflowError):
            for record in chunk:  # again one by one, to name the line
                try:
                    schema = _merge(schema, [record])
                except (pa.ArrowException, OverflowError) as error:
                    raise InvalidInput(
                        f"{record.place} has a value of another type than the rows before it ({error}); "
                        "make the column one type, for instance text."
                    ) from None
    return schema, count


def _merge(schema: "pa.Schema", records: list[_Record]) -> "pa.Schema":
    import pyarrow as pa

    names = dict.fromkeys(name for record in records for name in record.value)
    found = pa.schema([(name, pa.array([record.value.get(name) for record in records]).type) for name in names])
    return pa.unify_schemas([schema, found], promote_options="permissive")


@dataclass(frozen=True)
class _TextFile:
    path: Path
    encoding: str

    @contextmanager
    def open(self) -> Iterator[IO[str]]:
        """Open the file as lines of text, decompressed.

        Raises:
            InvalidInput: it cannot be read, or holds text of another encoding.
        """
        # A byte order mark is not part of the first column's name.
        encoding = "utf-8-sig" if self.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else self.encoding
        opened = gzip.open if self.path.suffix.lower() == ".gz" else open
        try:
            with opened(self.path, "rt", encoding=encoding, newline="") as lines:
                yield lines
        except UnicodeDecodeError as error:
            raise InvalidInput(
                f"{self.path.name}, line {self._line_of(error)} is not {self.encoding.upper()} (Windows-1252?). "
                "Name its encoding, such as --encoding windows-1252, or save the file as UTF-8."
            ) from None
        except LookupError:
            raise InvalidInput(f"The encoding {self.encoding!r} is not known; try utf-8 or windows-1252.") from None
        except (OSError, EOFError) as error:
            raise InvalidInput(f"{self.path} cannot be read ({reason_of(error)}).") from None

    def _line_of(self, error: UnicodeDecodeError) -> int:
        """Return the line of the first undecodable byte, from 1; 1 if it cannot be found again."""
        opened = gzip.open if self.path.suffix.lower() == ".gz" else open
        with opened(self.path, "rb") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    line.decode(self.encoding)
                except UnicodeDecodeError:
                    return number
        return 1
