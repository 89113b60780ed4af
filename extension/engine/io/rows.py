"""Input rows, and what opening an input yields."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ....port_types.errors import InvalidInput
from ....port_types.nearest import nearest

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Input", "ReadOptions", "Row"]


@dataclass(frozen=True)
class ReadOptions:
    """How an input is read.

    Attributes:
        delimiter: what separates the cells of a CSV file; None is a comma, or a tab in a .tsv file.
        encoding: how text files are encoded.
        id_column: column whose values name the rows; None numbers them from 0.
        limit: read this many rows at most.
        sample: read this many rows, drawn at random; the same `seed` draws the same rows.
        seed: start of the random numbers.
    """

    delimiter: str | None = None
    encoding: str = "utf-8"
    id_column: str | None = None
    limit: int | None = None
    sample: int | None = None
    seed: int = 0


class Row(NamedTuple):
    """One input row.

    Attributes:
        id: what the result calls it.
        cells: values by column name.
        key: unlike the id, no other row of the input has it.
        place: where a person finds it, such as "products.csv, line 12"; "" if only the id says so.
    """

    id: str
    cells: Mapping[str, Any]
    key: str
    place: str = ""

    @property
    def name(self) -> str:
        """How a message names the row, at the beginning of a sentence."""
        return self.place or (self.id if self.id.lower().startswith("row") else f"Row {self.id}")


@dataclass(frozen=True)
class Input:
    """An opened input.

    Attributes:
        rows: the rows, read as they are asked for; an iterator can be gone through once.
        schema: Arrow schema of the cells.
        count: number of rows, None if it is not known before reading.
        folder: folder that relative paths in cells refer to.
        fields: columns by the field they are for, where the input itself says so.
        notes: sentences about what was left out, for the user.
    """

    rows: Iterable[Row]
    schema: "pa.Schema"
    count: int | None
    folder: Path | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def select(self, options: ReadOptions) -> "Input":
        """Return the input with the rows and row ids that `options` ask for.

        Raises:
            InvalidInput: there is no such id column, or a sample is asked of rows that cannot be counted.
        """
        rows, count = self.rows, self.count
        if options.id_column is not None:
            if options.id_column not in self.schema.names:
                near = nearest(options.id_column, self.schema.names)
                advice = f"did you mean {near!r}?" if near else f"its columns are {', '.join(self.schema.names)}."
                raise InvalidInput(f"The input has no column {options.id_column!r} to name its rows; {advice}")
            rows = _named_by(options.id_column, rows)
        if options.sample is not None:
            if count is None:
                raise InvalidInput("A sample needs an input whose rows can be counted, such as a file or a table.")
            chosen = set(random.Random(options.seed).sample(range(count), min(options.sample, count)))  # noqa: S311 - no secret
            rows, count = _chosen(chosen, rows), len(chosen)
        if options.limit is not None:
            rows, count = islice(rows, options.limit), None if count is None else min(count, options.limit)
        return replace(self, rows=rows, count=count)


def _named_by(column: str, rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        value = row.cells.get(column)
        yield row if value is None else row._replace(id=str(value))


def _chosen(numbers: set[int], rows: Iterable[Row]) -> Iterator[Row]:
    return (row for number, row in enumerate(rows) if number in numbers)
