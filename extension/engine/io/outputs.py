"""Writing result tables: the format by extension, whole or not at all, and on the disk when it is said to be."""

import contextlib
import csv
import gzip
import os
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....port_types.errors import InvalidInput, RunStopped, StopReason
from .durable import replace_durably
from .media_files import MediaFiles
from .writers import OWN_KEY, JsonWriter, open_writer

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["OUTPUT_SUFFIXES", "STANDARD_OUTPUT", "check_output", "output_suffix", "write_table"]

OUTPUT_SUFFIXES = (".parquet", ".csv", ".tsv", ".jsonl", ".json", ".xlsx", ".arrow", ".feather")
STANDARD_OUTPUT = Path("-")
"""In place of an output file: JSON lines go to standard output."""

_COMPRESSED = (".csv.gz", ".tsv.gz", ".jsonl.gz", ".json.gz")


def output_suffix(path: Path) -> str:
    """Return what names the format of `path`: its suffix, with that before .gz.

    Raises:
        InvalidInput: it names none of the formats.
    """
    suffix = "".join(path.suffixes[-2:]).lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
    if suffix not in (*OUTPUT_SUFFIXES, *_COMPRESSED):
        raise InvalidInput(f"The output {path} must end in one of {', '.join(OUTPUT_SUFFIXES)}.")
    return suffix


def check_output(path: Path, schema: "pa.Schema | None" = None, *, source: Any = None, overwrite: bool = False) -> None:
    """Refuse an output that could not or should not be written, before anything is spent.

    Args:
        path: the output.
        schema: of what will be written; the format must be able to hold it.
        source: the input, which must not be overwritten.
        overwrite: whether a file that is not a result of ours may be replaced.

    Raises:
        InvalidInput: its extension is unknown, its folder is missing or not writable, it is the input or a folder, or
            a file of somebody else.
    """
    if path == STANDARD_OUTPUT:
        return
    suffix = output_suffix(path)
    if not path.parent.is_dir():
        raise InvalidInput(f"The output's folder {path.parent} does not exist.")
    if path.is_dir():
        raise InvalidInput(f"The output {path} is a folder; name a file in it.")
    if isinstance(source, str | Path) and path.exists() and Path(source).exists() and path.samefile(source):
        raise InvalidInput(f"The output {path} is the input; choose another name, so that the input is kept.")
    if path.exists() and not overwrite and not is_own_result(path, schema):
        raise InvalidInput(
            f"The output {path} exists and is not a result of this node; choose another name, or say --overwrite."
        )
    try:
        with _probe(path) as temporary:
            if schema is not None:
                open_writer(suffix, temporary, schema, MediaFiles(_media_folder(path), schema)).close()
            else:
                temporary.touch()
    except OSError as error:
        raise InvalidInput(f"The output {path} cannot be written ({error.strerror}).") from None


@contextlib.contextmanager
def _probe(path: Path) -> Iterator[Path]:
    """Give a temporary file beside `path` and remove it again, to see whether it can be written."""
    temporary = path.with_name(f".{path.name}.probe")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def is_own_result(path: Path, schema: "pa.Schema | None") -> bool:
    """Return whether the file looks like a result: it says so, or has the columns of `schema`; an empty file does."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    suffix = output_suffix(path)
    try:
        if not path.stat().st_size:
            return True
        if suffix == ".parquet":
            return OWN_KEY in (pq.read_schema(path).metadata or {}) or _has_row_columns(
                pq.read_schema(path).names, schema
            )
        if suffix in (".arrow", ".feather"):
            with pa.ipc.open_file(str(path)) as file:
                return OWN_KEY in (file.schema.metadata or {})
        if suffix == ".xlsx":
            import openpyxl

            return str(openpyxl.load_workbook(path, read_only=True).properties.creator) == OWN_KEY.decode()
        return _has_row_columns(_text_columns(path), schema)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, StopIteration, zipfile.BadZipFile):
        return False


def _has_row_columns(names: list[str], schema: "pa.Schema | None") -> bool:
    return schema is not None and set(names) == set(schema.names)


def _text_columns(path: Path) -> list[str]:
    """Return the columns that the beginning of a text file names, as our own writers put them there."""
    import msgspec

    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as lines:
        first = next(lines)
        base = output_suffix(path).removesuffix(".gz")
        if base in (".csv", ".tsv"):
            return next(csv.reader([first], delimiter="\t" if base == ".tsv" else ","))
        record = msgspec.json.decode((next(lines) if base == ".json" else first).rstrip().removesuffix(","))
        return list(record)


def write_table(path: Path, schema: "pa.Schema", batches: "Iterable[pa.RecordBatch]") -> None:
    """Write `batches` to `path` as they come; on any error nothing is left behind.

    Images and recordings that a format cannot hold go into a folder beside it. When this returns, the result survives
    a power cut.

    Raises:
        InvalidInput: the extension is unknown, the folder does not exist, or the format cannot hold a value.
        RunStopped: the disk is full or broken.
    """
    if path == STANDARD_OUTPUT:
        _print_lines(schema, batches)
        return
    suffix = output_suffix(path)
    media = MediaFiles(_media_folder(path), schema)
    try:
        with (
            replace_durably(path) as temporary,
            contextlib.closing(open_writer(suffix, temporary, schema, media)) as writer,
        ):
            for batch in batches:
                writer.write_batch(batch)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise RunStopped(
            f"{path} cannot be written ({reason}). Make room, or name another output, and start "
            "again: what the cache has kept is not asked for again.",
            StopReason.STORAGE,
        ) from None


def _media_folder(path: Path) -> Path:
    return path.with_name(f"{path.name.partition('.')[0]}_files")


def _print_lines(schema: "pa.Schema", batches: "Iterable[pa.RecordBatch]") -> None:
    """Write JSON lines to standard output, each batch at once."""
    writer = JsonWriter(sys.stdout, schema)
    for batch in batches:
        writer.write_batch(batch)
        sys.stdout.flush()
