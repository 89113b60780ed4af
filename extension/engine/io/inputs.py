"""Reading inputs: images, folders and tables of any kind become rows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....nodes.base import Node
from ....nodes.base.media.audio import AUDIO_EXTENSIONS
from ....port_types.errors import InvalidInput
from ....port_types.fields import FieldKind
from .media import without_pillow

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Input", "Row", "open_input"]

FILE_SUFFIXES = {
    FieldKind.IMAGE: (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    FieldKind.AUDIO: tuple(chain.from_iterable(AUDIO_EXTENSIONS.values())),
}
"""What is picked from a folder, by the kind of the field it is for."""
_FILES = {FieldKind.IMAGE: "images", FieldKind.AUDIO: "recordings"}
READ_BYTES = 8_000_000
"""About how much of a table file is read at once."""

TABLE_SUFFIXES = (".parquet", ".csv", ".jsonl", ".arrow", ".feather")


@dataclass(frozen=True)
class Row:
    """One input row.

    Attributes:
        id: what the result calls it.
        cells: values by column name.
        key: what the ledger calls it: unlike the id, no other row of the input has it.
    """

    id: str
    cells: Mapping[str, Any]
    key: str


@dataclass(frozen=True)
class Input:
    """An opened input.

    Attributes:
        rows: the rows, read as they are asked for.
        schema: Arrow schema of the cells.
        count: number of rows, None if it is not known before reading.
        folder: folder that relative paths in cells refer to.
        fields: columns by the field they are for, where the input itself says so.
    """

    rows: Iterator[Row]
    schema: "pa.Schema"
    count: int | None
    folder: Path | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


def open_input(source: Any, node: Node) -> Input | None:
    """Open `source`: None, a path (image, folder or table file), a DataFrame, an Arrow table or reader, an `Input`.

    Raises:
        InvalidInput: it does not exist, cannot be read, or lacks a column that the node needs.
    """
    if source is None:
        return None
    opened = _open(source, node)
    _check_columns(opened, node)
    return opened


def _open(source: Any, node: Node) -> Input:
    import pyarrow as pa

    if isinstance(source, Input):
        return source
    if isinstance(source, str | PathLike):
        return _open_path(Path(fspath(source)).expanduser(), node)
    if isinstance(source, pa.Table):
        return _from_batches(source.schema, source.to_batches(), source.num_rows)
    if isinstance(source, pa.RecordBatch):
        return _from_batches(source.schema, [source], source.num_rows)
    if isinstance(source, pa.RecordBatchReader):
        return _from_batches(source.schema, source, None)
    if hasattr(source, "itertuples"):
        table = _from_frame(source)
        ids = source.index.map(str)
        keys = ids if ids.is_unique else map(str, range(len(source)))
        rows = (Row(*each) for each in zip(ids, _cells(table.to_batches()), keys, strict=True))
        return Input(rows, table.schema, len(source))
    raise InvalidInput(f"The input is {type(source).__name__}; give a path, a pandas DataFrame or an Arrow table.")


def _from_frame(frame: Any) -> "pa.Table":
    import pyarrow as pa

    plain = frame.copy(deep=False)
    for name in (name for name, dtype in frame.dtypes.items() if dtype.kind == "O"):
        plain[name] = frame[name].map(without_pillow)
    try:
        return pa.Table.from_pandas(plain, preserve_index=False)
    except pa.ArrowException as error:
        raise InvalidInput(f"The DataFrame cannot be read as a table ({error.args[-1]}: {error.args[0]}).") from None


def _open_path(path: Path, node: Node) -> Input:
    import pyarrow as pa

    if not path.exists():
        raise InvalidInput(f"The input {path} does not exist.")
    if path.suffix.lower() in TABLE_SUFFIXES and path.is_file():
        return _open_table(path)
    taker = next((each for each in node.source_fields().values() if each.primary), None)
    if taker is None:
        raise InvalidInput(f"The input {path} is no table ({', '.join(TABLE_SUFFIXES)}).")
    suffixes = FILE_SUFFIXES[taker.kind]
    files = [path]
    if path.is_dir():
        files = sorted(each for each in path.iterdir() if each.suffix.lower() in suffixes and each.is_file())
        if not files:
            raise InvalidInput(f"The folder {path} has no {_FILES[taker.kind]} ({', '.join(suffixes)}).")
    rows = (Row(each.name, {taker.name: str(each)}, each.name) for each in files)
    schema = pa.schema([(taker.name, pa.string())])
    return Input(rows, schema, len(files), fields={taker.name: taker.name})


def _open_table(path: Path) -> Input:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.dataset
    import pyarrow.parquet

    # In CSV an empty cell is the only way to say that there is no value.
    blank = pa.csv.ConvertOptions(null_values=[""], strings_can_be_null=True)
    suffix = path.suffix.lower().removeprefix(".")
    formats: dict[str, Any] = {"jsonl": "json", "csv": pa.dataset.CsvFileFormat(convert_options=blank)}
    try:
        dataset = pa.dataset.dataset(path, format=formats.get(suffix, suffix))
        count = dataset.count_rows()
        rows = max(1, min(256, READ_BYTES * count // max(1, path.stat().st_size)))
        batches: Iterable[pa.RecordBatch]
        if suffix == "parquet":
            # A scanner would hold whole row groups, however large they are.
            batches = pa.parquet.ParquetFile(path, buffer_size=READ_BYTES).iter_batches(rows)
        else:
            batches = dataset.scanner(batch_size=rows, batch_readahead=1, fragment_readahead=1).to_reader()
        opened = _from_batches(dataset.schema, batches, count)
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(f"The input {path} cannot be read as a table ({error}).") from None
    return Input(opened.rows, opened.schema, opened.count, path.parent)


def _from_batches(schema: "pa.Schema", batches: "Iterable[pa.RecordBatch]", count: int | None) -> Input:
    rows = (Row(str(number), cells, str(number)) for number, cells in enumerate(_cells(batches)))
    return Input(rows, schema, count)


def _cells(batches: "Iterable[pa.RecordBatch]") -> Iterator[dict[str, Any]]:
    return chain.from_iterable(batch.to_pylist() for batch in batches)


def _check_columns(opened: Input, node: Node) -> None:
    names = opened.schema.names
    for name, column in node.columns.items():
        if column not in names:
            raise InvalidInput(f"The input has no column {column!r} for {name}; its columns are {', '.join(names)}.")
    for name in node.unfilled(names):
        raise InvalidInput(
            f"The input has no column {name!r}, and no other column was chosen for {name}; "
            f"its columns are {', '.join(names)}."
        )
