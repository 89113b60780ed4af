"""JSON objects that hold nothing but numbers, such as scores and tokens, as columns that can be plotted and summed."""

from collections.abc import Iterator, Mapping
from typing import Any

from ....port_types.table import Column, ColumnKind

__all__ = ["numbers_of"]


def numbers_of(column: Column, values: list[Any]) -> list[tuple[Column, list[Any]]]:
    """Return a column for each number or truth value in the objects of `values`, with its cells.

    Counts are integers, and where one value of the column is a fraction all its numbers are measurements.

    Args:
        column: a column of JSON text.
        values: its cells, null where there is none.

    Returns:
        [] if there is no object, or if one holds anything but numbers, truth values, nulls and such objects.
    """
    import msgspec

    objects: list[dict[str, Any]] = []
    for text in values:
        parsed = msgspec.json.decode(text) if text else {}
        if not isinstance(parsed, dict):
            return []
        objects.append(dict(_leaves(parsed)))
    leaves = [value for leaf in objects for value in leaf.values() if value is not None]
    if not leaves or not all(isinstance(value, bool | int | float) for value in leaves):
        return []
    number = ColumnKind.NUMBER if any(isinstance(value, float) for value in leaves) else ColumnKind.INTEGER
    columns = []
    for name in dict.fromkeys(name for leaf in objects for name in leaf):
        cells = [leaf.get(name) for leaf in objects]
        truth = {isinstance(cell, bool) for cell in cells if cell is not None}
        if truth == {True, False}:
            return []
        kind = ColumnKind.BOOLEAN if truth == {True} else number
        columns.append((Column(f"{column.name}_{name}", kind, column.help), cells))
    return columns


def _leaves(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _leaves(inner, f"{path}{name}_")
        else:
            yield f"{path}{name}", inner
