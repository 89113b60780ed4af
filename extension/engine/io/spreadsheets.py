"""Excel workbooks: the first sheet as a table."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ....port_types.errors import InvalidInput, reason_of
from .rows import Input, Row

__all__ = ["open_workbook"]


def open_workbook(path: Path) -> Input:
    """Open the first sheet of an .xlsx workbook; its first row names the columns.

    Raises:
        InvalidInput: it cannot be read, or has no header, or two columns share a name.
    """
    import pyarrow as pa

    numbered = list(_records(path))
    header = numbered[0][1] if numbered else ()
    numbers, cells = [number for number, _ in numbered[1:]], [row for _, row in numbered[1:]]
    names = [str(name) for name in header if name is not None]
    if not names:
        raise InvalidInput(f"{path.name} is empty: its first sheet has no header row.")
    if doubles := [name for name, times in Counter(names).items() if times > 1]:
        raise InvalidInput(f"{path.name} has several columns named {doubles[0]!r}; rename all but one.")
    columns = {name: [row[at] if at < len(row) else None for row in cells] for at, name in enumerate(names)}
    kinds = {name: _kind(values) for name, values in columns.items()}
    schema = pa.schema([(name, getattr(pa, kind)()) for name, kind in kinds.items()])
    rows = (
        Row(
            str(number),
            {name: _cell(columns[name][number], kinds[name]) for name in names},
            str(number),
            f"{path.name}, row {numbers[number]}",
        )
        for number in range(len(cells))
    )
    return Input(rows, schema, len(cells), path.parent)


def _records(path: Path) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield the rows that are not blank, with their number in the sheet."""
    import zipfile

    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError) as error:
        raise InvalidInput(f"{path} cannot be read as an Excel workbook ({reason_of(error)}).") from None
    try:
        sheet = workbook.worksheets[0]
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            if any(cell is not None for cell in row):
                yield number, row
    finally:
        workbook.close()


def _kind(values: list[Any]) -> str:
    """Return the Arrow type of a column: numbers and truth values where all cells are, else text."""
    types = {type(value) for value in values if value is not None}
    if types == {bool}:
        return "bool_"
    if types == {int}:
        return "int64"
    return "float64" if types and types <= {int, float} else "string"


def _cell(value: Any, kind: str) -> Any:
    if value is None or kind != "string" or isinstance(value, str):
        return value
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)
