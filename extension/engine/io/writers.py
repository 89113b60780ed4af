"""Writers of result tables, one for each format."""

import csv
import gzip
import re
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from ....port_types.errors import InvalidInput
from ....port_types.table import KIND_KEY, ColumnKind
from .media_files import MediaFiles

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["OWN_KEY", "JsonWriter", "Writer", "open_writer"]

OWN_KEY = b"endpoint_nodes"
"""Key of a schema's metadata that says that a file is a result of ours."""

ROW_GROUP_ROWS, ROW_GROUP_BYTES = 10_000, 8_000_000
"""Of Parquet: whichever comes first ends a row group."""

_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\s\d.])")
"""How a cell begins that a spreadsheet would take for a formula (owasp.org/www-community/attacks/CSV_Injection)."""


class Writer(Protocol):
    """Takes batches of one schema, in order."""

    def write_batch(self, batch: "pa.RecordBatch") -> Any:
        """Write one batch."""

    def close(self) -> None:
        """Finish the file."""


def open_writer(suffix: str, path: Path, schema: "pa.Schema", media: MediaFiles) -> Writer:
    """Open a writer.

    Args:
        suffix: names the format, such as ".csv" or ".csv.gz".
        path: the file to write.
        schema: of the batches.
        media: saves images and recordings beside formats whose cells cannot hold them.

    Raises:
        InvalidInput: the format cannot hold a column.
    """
    import pyarrow as pa

    base = suffix.removesuffix(".gz")
    if base in (".csv", ".tsv"):
        return _DelimitedWriter(_open_text(suffix, path), schema, media, "\t" if base == ".tsv" else ",")
    if base in (".jsonl", ".json"):
        return JsonWriter(_open_text(suffix, path), schema, as_list=base == ".json")
    if base == ".xlsx":
        return _WorkbookWriter(path, schema, media)
    marked = schema.with_metadata({**(schema.metadata or {}), OWN_KEY: b"result"})
    try:
        return _ParquetWriter(path, marked) if base == ".parquet" else pa.ipc.new_file(str(path), marked)
    except pa.ArrowException as error:
        raise InvalidInput(f"A {base} file cannot hold this table ({error}); drop the column, or use .jsonl.") from None


def _open_text(suffix: str, path: Path) -> IO[str]:
    opened = gzip.open if suffix.endswith(".gz") else open
    file: IO[str] = opened(path, "wt", encoding="utf-8", newline="")
    return file


class _ParquetWriter:
    """Row groups of several batches: each is described in the file's footer, which is in memory until the end."""

    def __init__(self, path: Path, schema: "pa.Schema") -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        # Parquet knows no views, which pyarrow before 21 refuses to write.
        columns = [field.with_type(pa.string()) if pa.types.is_string_view(field.type) else field for field in schema]
        schema = pa.schema(columns).with_metadata(schema.metadata)
        # Images and recordings are compressed already: trying again only takes time.
        encoded = {field.name for field in schema if pa.types.is_binary(field.type)}
        others = [name for name in schema.names if name not in encoded]
        self._schema = schema
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
        rows = sum(waiting.num_rows for waiting in self._waiting)
        # In older versions of pyarrow `nbytes` does not know views of texts.
        size = sum(waiting.get_total_buffer_size() for waiting in self._waiting)
        if rows >= ROW_GROUP_ROWS or size >= ROW_GROUP_BYTES:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa

        waiting, self._waiting = self._waiting, []  # closing must not try again what has failed
        if waiting:
            self._writer.write_table(pa.Table.from_batches(waiting).cast(self._schema))

    def close(self) -> None:
        self._write()
        self._writer.close()


class _DelimitedWriter:
    """CSV and TSV; images and recordings are files beside it, whose names stand in the cells."""

    def __init__(self, file: IO[str], schema: "pa.Schema", media: MediaFiles, delimiter: str) -> None:
        self._file, self._media = file, media
        self._csv = csv.writer(file, delimiter=delimiter)
        self._csv.writerow(schema.names)

    def write_batch(self, batch: "pa.RecordBatch") -> None:
        for row in _plain_rows(batch, self._media):
            # True as in JSON and SQL: Python's own spelling is not read as a boolean everywhere.
            values = [str(value).lower() if isinstance(value, bool) else value for value in row.values()]
            self._csv.writerow([_cell(value) for value in values])

    def close(self) -> None:
        self._file.close()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and _FORMULA.match(value):
        return f"'{value}"
    if isinstance(value, list | tuple | dict):
        import msgspec

        return msgspec.json.encode(value).decode()
    return value


def _as_text(value: Any) -> str:
    """Return what msgspec does not know as text: pandas' times in nanoseconds, spans of months."""
    return str(value.isoformat() if hasattr(value, "isoformat") else value)


class JsonWriter:
    """JSON lines, or one JSON list; bytes are base64, lists and records are as such."""

    def __init__(self, file: IO[str], schema: "pa.Schema", *, as_list: bool = False) -> None:
        self._file, self._as_list, self._first = file, as_list, True
        kinds = {field.name: (field.metadata or {}).get(KIND_KEY) for field in schema}
        self._json = [name for name, kind in kinds.items() if kind == ColumnKind.JSON.value.encode()]
        if as_list:
            file.write("[")

    def write_batch(self, batch: "pa.RecordBatch") -> None:
        import msgspec

        for row in batch.to_pylist():
            for name in self._json:
                if row[name] is not None:
                    row[name] = msgspec.Raw(row[name].encode())
            text = msgspec.json.encode(row, enc_hook=_as_text).decode()
            self._file.write(("\n" if self._first else ",\n") + text if self._as_list else f"{text}\n")
            self._first = False

    def close(self) -> None:
        if self._as_list:
            self._file.write("\n]\n")
        self._file.close()


class _WorkbookWriter:
    """The first sheet of an Excel workbook; images and recordings are files beside it, to which the cells link."""

    ROWS, CHARACTERS = 1_048_575, 32_767
    """What a sheet and a cell can hold (support.microsoft.com, Excel specifications and limits)."""

    def __init__(self, path: Path, schema: "pa.Schema", media: MediaFiles) -> None:
        import openpyxl

        self._path, self._media, self._rows = path, media, 0
        self._book = openpyxl.Workbook(write_only=True)
        self._book.properties.creator = OWN_KEY.decode()
        self._sheet = self._book.create_sheet("result")
        self._sheet.append(schema.names)

    def write_batch(self, batch: "pa.RecordBatch") -> None:
        from openpyxl.cell import WriteOnlyCell

        for row in _plain_rows(batch, self._media):
            self._rows += 1
            if self._rows > self.ROWS:
                raise InvalidInput(f"An Excel sheet holds {self.ROWS:,} rows; write .csv or .parquet instead.")
            cells = []
            for name, value in row.items():
                cell = WriteOnlyCell(self._sheet)
                if isinstance(value, str):
                    cell.value = _without_control_characters(value)[: self.CHARACTERS]
                    cell.data_type = "s"  # text, even where it begins as a formula does
                else:
                    cell.value = _cell(value)
                if name in self._media.columns and value:
                    cell.hyperlink = value
                cells.append(cell)
            self._sheet.append(cells)

    def close(self) -> None:
        from openpyxl.writer.excel import ExcelWriter

        with self._path.open("wb") as file:
            archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
            try:
                ExcelWriter(self._book, archive).save()
            except OSError:
                archive.fp = None  # else it tries again when it is collected, and Python prints the traceback
                raise


def _without_control_characters(text: str) -> str:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    return ILLEGAL_CHARACTERS_RE.sub("", text)


def _plain_rows(batch: "pa.RecordBatch", media: MediaFiles) -> list[dict[str, Any]]:
    """Return the rows without what a cell of text cannot hold: files instead of bytes, times without a zone."""
    import msgspec

    rows = []
    for row in batch.to_pylist():
        files = {name: f"{path.parent.name}/{path.name}" for name, path in media.save(row).items()}
        rows.append(msgspec.to_builtins({**row, **files}, enc_hook=_as_text))
    return rows
