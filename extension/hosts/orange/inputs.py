"""From an Orange table to the rows a node is run on."""

import os
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import numpy as np
from Orange.data import DiscreteVariable, StringVariable, Table, TimeVariable, Variable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["captions", "column_names", "file_path", "request_rows"]

REMOTE = ("http", "https", "data")
NUMBER = "#"
"""Column that numbers the rows: a table that gives no value still gives one request a row."""


def column_names(table: Table) -> list[str]:
    """Return the names of all columns of `table`."""
    return [variable.name for variable in (*table.domain.variables, *table.domain.metas)]


def request_rows(table: Table, columns: Collection[str]) -> "pd.DataFrame":
    """Return `columns` of `table`, one row a request, numbered from 1 as Data Table shows them.

    A column the table lacks is left out, for the engine to name it.
    """
    import pandas as pd

    present = {variable.name: variable for variable in (*table.domain.variables, *table.domain.metas)}
    frame = pd.DataFrame({NUMBER: range(1, len(table) + 1)}, index=pd.RangeIndex(1, len(table) + 1))
    for name in dict.fromkeys(columns):
        if name in present:
            frame[name] = pd.Series(_cells(table, present[name]), index=frame.index, dtype=object)
    return frame


def captions(table: Table) -> list[str]:
    """Return a short name for each row: its first text that is no file, or its number."""
    texts = [
        variable
        for variable in table.domain.metas
        if isinstance(variable, StringVariable) and "type" not in variable.attributes
    ]
    names: Iterable[Any] = table.get_column(texts[0]) if texts else [""] * len(table)
    return [str(name) or f"row {number}" for number, name in enumerate(names, 1)]


def _cells(table: Table, variable: Variable) -> list[Any]:
    values = table.get_column(variable)
    if isinstance(variable, StringVariable):
        return [file_path(str(value), variable) if value else None for value in values]
    numbers = np.asarray(values, dtype=float)
    if isinstance(variable, DiscreteVariable):
        return [None if np.isnan(number) else file_path(variable.str_val(number), variable) for number in numbers]
    if isinstance(variable, TimeVariable):
        return [None if np.isnan(number) else variable.repr_val(number) for number in numbers]
    return [None if np.isnan(number) else int(number) if number.is_integer() else float(number) for number in numbers]


def file_path(value: str, variable: Variable) -> str:
    """Return `value` with the folder or address that Orange keeps beside a column of files."""
    origin = str(variable.attributes.get("origin", ""))
    if not origin or urlsplit(value).scheme in REMOTE:
        return value
    if urlsplit(origin).scheme in REMOTE:
        return urljoin(origin.rstrip("/") + "/", value)
    return os.path.join(origin, value)  # noqa: PTH118 - joins text; an absolute value stands for itself
