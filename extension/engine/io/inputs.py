"""Opening inputs: images, folders and tables of any kind become rows."""

import glob
from collections.abc import Iterator
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from ....nodes.base import Node
from ....port_types.errors import InvalidInput, reason_of
from ....port_types.fields import Field, FieldKind
from ....port_types.nearest import nearest
from .arrow_tables import open_arrow_files
from .folders import open_media_files
from .memory_tables import open_in_memory
from .parts import join_parts
from .rows import Input, ReadOptions, Row
from .spreadsheets import open_workbook
from .text_tables import open_csv, open_json, open_json_lines

__all__ = ["ARROW_SUFFIXES", "TABLE_SUFFIXES", "Input", "ReadOptions", "Row", "can_be_read_again", "open_input"]

ARROW_SUFFIXES = (".parquet", ".arrow", ".feather")
_TEXT_TABLES = {".csv": open_csv, ".tsv": open_csv, ".jsonl": open_json_lines, ".json": open_json}
TABLE_SUFFIXES = (*ARROW_SUFFIXES, *_TEXT_TABLES, ".xlsx")


def open_input(source: Any, node: Node, options: ReadOptions | None = None) -> Input | None:
    """Open `source`, None if there is none.

    Args:
        source: None, a path (file, folder or pattern), an `Input`, or a table in memory: pandas, polars, Arrow, a list
            of dicts, a dict of lists, a list of values for the node's first field.
        node: what the rows are for.
        options: how it is read.

    Raises:
        InvalidInput: it does not exist, cannot be read, or lacks a column that the node needs.
    """
    if source is None:
        return None
    options = options or ReadOptions()
    opened = _open(source, node, options).select(options)
    _check_columns(opened, node)
    return opened


def can_be_read_again(source: Any) -> bool:
    """Return whether the rows of `source` can be gone through more than once."""
    if isinstance(source, Input):
        return not isinstance(source.rows, Iterator)
    return isinstance(source, str | PathLike) or hasattr(source, "__len__")


def _open(source: Any, node: Node, options: ReadOptions) -> Input:
    if isinstance(source, Input):
        return source
    if isinstance(source, str | PathLike):
        return _open_path(str(fspath(source)), node, options)
    first = next(iter(node.fields().values()), None)
    opened = open_in_memory(source, first.name if first else None)
    if opened is None:
        raise InvalidInput(
            f"The input is {type(source).__name__}; give a path, a DataFrame, an Arrow table or a list of dicts."
        )
    return opened


def _open_path(text: str, node: Node, options: ReadOptions) -> Input:
    if text.startswith(("http://", "https://")):
        raise InvalidInput(f"The input {text} is an address; tables are read from files, so download it first.")
    path = Path(text).expanduser()
    files = _files(path)
    # Jobs leave marks such as _SUCCESS beside the parts of a table.
    tables = [file for file in files if not file.name.startswith("_")] if len(files) > 1 else files
    field = _media_field(node)
    if tables and all(_table_suffix(file) in TABLE_SUFFIXES for file in tables):
        if field is None or not _takes_tables(field, node):
            return _open_tables(tables, options)
        if found := _table_of_files(tables, options, field):
            return found
        note = f"{path} is taken as it is, not as a table: a table would have a column {field.name!r}."
        return replace(open_media_files(path, files, field), notes=(note,))
    alone = files == [path] and _table_suffix(path) in (".xls", ".ods", ".txt", ".pdf", ".docx")
    if field is None or (alone and field.kind is not FieldKind.FILE):
        raise InvalidInput(f"{path} is not a table that can be read ({', '.join(TABLE_SUFFIXES)}).")
    return open_media_files(path, files, field)


def _files(path: Path) -> list[Path]:
    """Return the files that `path` names: itself, those of a folder and its subfolders, those of a pattern."""
    try:
        if path.is_dir():
            visible = (
                file for file in path.rglob("*") if not any(p.startswith(".") for p in file.relative_to(path).parts)
            )
            return sorted(file for file in visible if file.is_file())
        if path.exists():
            return [path]
    except (OSError, ValueError) as error:
        raise InvalidInput(f"The input {path} cannot be read ({reason_of(error)}).") from None
    if found := sorted(Path(name) for name in glob.glob(str(path), recursive=True)):  # noqa: PTH207 - a whole pattern
        return [file for file in found if file.is_file()]
    if glob.has_magic(str(path)):
        raise InvalidInput(f"No file matches {path}.")
    near = nearest(path.name, [file.name for file in path.parent.iterdir()]) if path.parent.is_dir() else None
    raise InvalidInput(f"The input {path} does not exist{f'; did you mean {path.with_name(near)}?' if near else '.'}")


def _table_suffix(path: Path) -> str:
    """Return the suffix that names the format: that before .gz, if the file is compressed."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else suffixes[-1] if suffixes else ""


def _takes_tables(field: Field, node: Node) -> bool:
    """Return whether a table may itself be what `field` asks for, as nobody has said what else is."""
    return field.kind is FieldKind.FILE and field.name in node.missing() and field.name not in node.columns


def _table_of_files(tables: list[Path], options: ReadOptions, field: Field) -> Input | None:
    """Return the table with a column that fills `field`, None if there is no such column: then it is a file as any."""
    try:
        opened = _open_tables(tables, options)
    except InvalidInput:
        return None
    return opened if field.name in opened.schema.names else None


def _open_tables(paths: list[Path], options: ReadOptions) -> Input:
    if all(_table_suffix(path) in ARROW_SUFFIXES for path in paths):
        return open_arrow_files(paths)
    mixed = next((path for path in paths if _table_suffix(path) in ARROW_SUFFIXES), None)
    if mixed:
        raise InvalidInput(
            f"{mixed.name} and the other files are of different formats; name those of one, such as '*{mixed.suffix}'."
        )
    parts = [_open_table(path, options) for path in paths]
    return parts[0] if len(parts) == 1 else join_parts(paths, parts)


def _open_table(path: Path, options: ReadOptions) -> Input:
    suffix = _table_suffix(path)
    if suffix == ".xlsx":
        return open_workbook(path)
    return _TEXT_TABLES[suffix](path, options)


def _media_field(node: Node) -> Field | None:
    return next((field for field in node.media_fields().values() if field.primary), None)


def _check_columns(opened: Input, node: Node) -> None:
    names = opened.schema.names
    for name, column in node.columns.items():
        if column not in names:
            # A single column may be a line that was not cut at its separator.
            near = nearest(column, names) if len(names) > 1 else None
            advice = f"did you mean {near!r}?" if near else _columns(names)
            raise InvalidInput(f"The input has no column {column!r} for `{name}`; {advice}")
    for name in node.unfilled(names):
        raise InvalidInput(
            f"`{name}` is missing: give it a value, or choose a column for it. The input has no column {name!r}; "
            f"{_columns(names)}"
        )


def _columns(names: list[str]) -> str:
    separators = {";": "semicolons", "\t": "tabs", "|": "bars"}
    for separator, word in separators.items():
        if len(names) == 1 and separator in names[0]:
            option = repr(separator) if separator != "\t" else "'\\t'"
            return f"its only column is {names[0]!r}. Is the file separated by {word}? Say --delimiter {option}."
    return f"its columns are {', '.join(names)}."
