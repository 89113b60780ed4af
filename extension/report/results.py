"""Cards of a finished result table of ours: an Arrow table, or a Parquet or Arrow file."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...nodes.base.media.audio import sniff_audio
from ...nodes.base.media.images import sniff_image
from ...port_types.errors import InvalidInput
from ...port_types.table import KIND_KEY, ColumnKind
from ..engine.run.result_table import INPUT_KEY, OWN_KEY, ROW_ID
from .cards import Card, Media
from .columns import make_card

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Results", "open_results"]

RESULT_SUFFIXES = (".parquet", ".arrow", ".feather")

MEDIA_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".mp3", ".wav", ".flac", ".ogg", ".opus", ".m4a")
"""Endings of paths in input columns that are shown as what they lead to."""

LARGEST_SOURCE = 50_000_000
"""Bytes. Larger files that an input column names are not brought onto the page."""

READ_ROWS = 64
"""Rows that are read at once: each may hold an image."""


class Results:
    """The rows of a result table, as cards.

    Args:
        schema: The table's Arrow schema, with the kinds of columns that runs write into it.
        batches: The table's rows.
        folder: Folder of the files that rows and input columns name; None leaves them unread.

    Raises:
        InvalidInput: The table is not a result of ours.
    """

    def __init__(self, schema: "pa.Schema", batches: "Iterable[pa.RecordBatch]", folder: Path | None = None) -> None:
        metadata = {field.name: field.metadata or {} for field in schema}
        # A table that came through several nodes carries the marks of all of them; the last one says what is input.
        self._inputs = {name: held[INPUT_KEY].decode() for name, held in metadata.items() if INPUT_KEY in held}
        own = {name: held for name, held in metadata.items() if KIND_KEY in held and INPUT_KEY not in held}
        if not own:
            raise InvalidInput("The table is not a result of a node: none of its columns says what it holds.")
        self._own = {name: held.get(OWN_KEY, name.encode()).decode() for name, held in own.items()}
        self._kinds = {self._own[name]: ColumnKind(held[KIND_KEY].decode()) for name, held in own.items()}
        self.names = list(schema.names)
        self._batches = batches
        self._folder = folder

    def cards(self) -> Iterator[Card]:
        """Yield a card for each input row, in the order of the table."""
        for row_id, rows in groupby(self._rows(), key=self._row_id):
            yield self._card(row_id, list(rows))

    def cards_by_variant(self, column: str) -> Iterator[tuple[Card, ...]]:
        """Yield, for each input row, a card of each variant; the table is in memory until the last one.

        Rows belong together by their id, or, where each variant has ids of its own, by their other input columns.

        Args:
            column: The column that names the variant: the model, the prompt or the take that the row was run with.

        Raises:
            InvalidInput: There is no such column.
        """
        kept = {called: name for name, called in self._inputs.items()}
        name = kept.get(column, column)
        if name not in self.names:
            raise InvalidInput(f"The result has no column {column!r}; its columns are {', '.join(self.names)}.")
        rows = list(self._rows())
        variants = list(dict.fromkeys(str(row[name]) for row in rows))
        others = [other for other in self._inputs if other != name]
        groups = _grouped(rows, name, self._row_id)
        if others and len(variants) > 1 and all(len(found) == 1 for found in groups.values()):
            groups = _grouped(rows, name, lambda row: tuple(map(_hashable, map(row.get, others))))
        for found in groups.values():
            row_id = self._row_id(next(iter(found.values()))[0])
            yield tuple(
                dataclasses.replace(self._card(row_id, found.get(variant, []), without=name), variant=variant)
                for variant in variants
            )

    def _rows(self) -> Iterator[Mapping[str, Any]]:
        for batch in self._batches:
            for start in range(0, batch.num_rows, READ_ROWS):
                yield from batch.slice(start, READ_ROWS).to_pylist()

    def _row_id(self, row: Mapping[str, Any]) -> str:
        return str(row.get(ROW_ID.name, "1"))

    def _card(self, row_id: str, rows: list[Mapping[str, Any]], without: str = "") -> Card:
        first = rows[0] if rows else {}
        columns: dict[str, Any] = {}
        sources: list[Media] = []
        for name, called in self._inputs.items():
            if name in (without, ROW_ID.name):
                continue
            if media := self._media(called, first.get(name)):
                sources.append(media)
            else:
                columns[called] = first.get(name)
        if not sources and (media := self._media(ROW_ID.name, row_id)):
            sources.append(media)  # the row of a folder is called after its file
        results = [{own: row.get(name) for name, own in self._own.items()} for row in rows]
        kinds = {own: self._kinds[own] for name, own in self._own.items() if name != without}
        details = results[0] if results else {}
        labels = {own: name for name, own in self._own.items()}
        card = make_card(row_id, columns, results, kinds, details, labels=labels, sources=tuple(sources))
        if not card.results and not card.error:
            return dataclasses.replace(card, error="There is no result.")
        return card

    def _media(self, name: str, value: Any) -> Media | None:
        """Return the image or recording that an input cell holds or leads to."""
        if isinstance(value, bytes) and (mime := sniff_image(value) or sniff_audio(value)):
            return Media(value, mime, name)
        if self._folder is None or not isinstance(value, str) or not value.lower().endswith(MEDIA_SUFFIXES):
            return None
        # Tables name files relative to themselves, folders as they were given on the command line.
        path = next((path for path in (self._folder / value, Path(value)) if path.is_file()), self._folder / value)
        try:
            data = path.read_bytes() if path.stat().st_size <= LARGEST_SOURCE else b""
        except (OSError, ValueError):
            return None
        mime = sniff_image(data) or sniff_audio(data)
        return Media(data, mime, path.name) if mime else None


def _grouped(
    rows: Iterable[Mapping[str, Any]], variant: str, key: Callable[[Mapping[str, Any]], Any]
) -> dict[Any, dict[str, list[Mapping[str, Any]]]]:
    """Return the rows by key, and within each key by variant, in the order of their first appearance."""
    groups: dict[Any, dict[str, list[Mapping[str, Any]]]] = {}
    for row in rows:
        groups.setdefault(key(row), {}).setdefault(str(row[variant]), []).append(row)
    return groups


def _hashable(value: Any) -> Any:
    return value if isinstance(value, str | bytes | int | float | None) else repr(value)


def open_results(path: Path, folder: Path | None = None) -> Results:
    """Open a result table that a run wrote, to be read as its cards are asked for.

    Args:
        path: The table.
        folder: Folder of the files that rows and columns name; that of the table, if None.

    Raises:
        InvalidInput: It does not exist, is not a result of ours, or has a format that does not say what columns hold.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise InvalidInput(f"The result {path} does not exist.")
    suffix = path.suffix.lower()
    if suffix not in RESULT_SUFFIXES:
        raise InvalidInput(
            f"The result {path} must end in one of {', '.join(RESULT_SUFFIXES)}: "
            "other formats do not say what their columns hold."
        )
    try:
        if suffix == ".parquet":
            file = pq.ParquetFile(path)
            return Results(file.schema_arrow, file.iter_batches(READ_ROWS), folder or path.parent)
        reader = pa.ipc.open_file(pa.memory_map(str(path)))
        batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
        return Results(reader.schema, batches, folder or path.parent)
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(f"The result {path} cannot be read as a table ({error}).") from None
