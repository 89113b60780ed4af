"""Writing result tables: the format by extension, to a temporary name that is moved into place."""

import contextlib
import glob
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ....port_types.errors import InvalidInput

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["OUTPUT_SUFFIXES", "write_table"]

OUTPUT_SUFFIXES = (".parquet", ".csv", ".jsonl", ".arrow", ".feather")

ROW_GROUP_ROWS, ROW_GROUP_BYTES = 10_000, 8_000_000
"""Of Parquet: whichever comes first ends a row group."""


class _Writer(Protocol):
    def write_batch(self, batch: "pa.RecordBatch") -> Any: ...
    def close(self) -> None: ...


def check_output(path: Path) -> None:
    """Refuse an output that could not be written, before anything is spent.

    Raises:
        InvalidInput: its extension is unknown or its folder does not exist.
    """
    if path.suffix.lower() not in OUTPUT_SUFFIXES:
        raise InvalidInput(f"The output {path} must end in one of {', '.join(OUTPUT_SUFFIXES)}.")
    if not path.parent.is_dir():
        raise InvalidInput(f"The output's folder {path.parent} does not exist.")


def write_table(path: Path, schema: "pa.Schema", batches: "Iterable[pa.RecordBatch]") -> None:
    """Write `batches` to `path` as they come; on any error nothing is left behind.

    Raises:
        InvalidInput: the extension is unknown or the folder does not exist.
    """
    check_output(path)
    _clear_abandoned(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with contextlib.closing(_open(path.suffix.lower(), temporary, schema)) as writer:
            for batch in batches:
                writer.write_batch(batch)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _clear_abandoned(path: Path) -> None:
    """Remove what runs that were killed have left of this output."""
    if os.name != "posix":
        return
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        number = part.suffixes[-2].removeprefix(".")
        if number.isdigit() and not _alive(int(number)):
            part.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _open(suffix: str, path: Path, schema: "pa.Schema") -> _Writer:
    import pyarrow as pa

    if suffix == ".parquet":
        return _ParquetWriter(path, schema)
    if suffix in (".csv", ".jsonl"):
        return _TextWriter(suffix, path, schema)
    return pa.ipc.new_file(str(path), schema)


class _ParquetWriter:
    """Row groups of several batches: each is described in the file's footer, which is in memory until the end."""

    def __init__(self, path: Path, schema: "pa.Schema") -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        # Images and recordings are compressed already: trying again only takes time.
        encoded = {each.name for each in schema if pa.types.is_binary(each.type)}
        others = [name for name in schema.names if name not in encoded]
        self._writer = pq.ParquetWriter(
            path,
            schema,
            compression={name: "none" if name in encoded else "zstd" for name in schema.names},
            use_dictionary=others,  # type: ignore[arg-type]  # the stubs know the boolean form only
            write_statistics=others,
        )
        self._waiting: list[pa.RecordBatch] = []

    def write_batch(self, batch: "pa.RecordBatch") -> None:
        self._waiting.append(batch)
        rows, size = (sum(getattr(each, name) for each in self._waiting) for name in ("num_rows", "nbytes"))
        if rows >= ROW_GROUP_ROWS or size >= ROW_GROUP_BYTES:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting))
            self._waiting = []

    def close(self) -> None:
        self._write()
        self._writer.close()


class _TextWriter:
    """CSV and JSON lines; bytes are base64, as in the services' own answers."""

    def __init__(self, suffix: str, path: Path, schema: "pa.Schema") -> None:
        import csv

        self._file = path.open("w", encoding="utf-8", newline="")
        self._csv = csv.writer(self._file) if suffix == ".csv" else None
        if self._csv:
            self._csv.writerow(schema.names)

    def write_batch(self, batch: "pa.RecordBatch") -> None:
        import msgspec

        for row in batch.to_pylist():
            plain = msgspec.to_builtins(row)
            if self._csv:
                self._csv.writerow(plain.values())
            else:
                self._file.write(msgspec.json.encode(plain).decode() + "\n")

    def close(self) -> None:
        self._file.close()
