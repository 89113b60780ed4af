"""Cutting an input into shards and limits into shares."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ....port_types.configuration import Configuration
from ...engine.cache.opening import cache_folder
from ...engine.io.inputs import Input, Row

__all__ = ["Shard", "absolute", "cut", "shares", "with_absolute_paths"]

SHARD_BYTES = 64_000_000
"""Files inside a table's cells travel with their shard; larger ones make shorter shards."""

FEWEST_REQUESTS, MOST_REQUESTS, ABOUT_SHARDS = 128, 1024, 32
"""Requests in a shard, and how many shards an input of middle size has at least."""


@dataclass(frozen=True)
class Shard:
    """Consecutive rows of the input, the same for the same input whatever the cluster: one worker's task.

    Attributes:
        number: its place in the order of the results.
        first: position of its first row in the input.
        rows: its rows, under the ids and keys that they have in the whole input.
    """

    number: int
    first: int
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """What tells it from the other shards of the input, in words."""
        return f"rows {self.first + 1} to {self.first + len(self.rows)}"


def cut(opened: Input, together: int) -> Iterator[Shard]:
    """Yield the shards of an input, read as they are asked for; `together` rows may share one request."""
    most = _shard_requests(opened.count and opened.count // together) * together
    rows: list[Row] = []
    number = first = size = 0
    for row in opened.rows:
        rows.append(row)
        size += sum(len(value) for value in row.cells.values() if isinstance(value, bytes))
        if len(rows) == most or size >= SHARD_BYTES:
            yield Shard(number, first, tuple(rows))
            number, first, rows, size = number + 1, first + len(rows), [], 0
    if rows:
        yield Shard(number, first, tuple(rows))


def shares(configuration: Configuration, workers: int) -> list[Configuration]:
    """Return each worker's even share of the limits; fewer shares than `workers` where there is less to share."""
    rate = configuration.requests_per_minute
    count = min(workers, configuration.concurrency, max(1, int(rate)) if rate else workers)
    each, more = divmod(configuration.concurrency, count)
    return [
        replace(configuration, concurrency=each + (at < more), requests_per_minute=rate / count if rate else None)
        for at in range(count)
    ]


def with_absolute_paths(configuration: Configuration) -> Configuration:
    """Return the Configuration for workers, which run in other folders."""
    paths: dict[str, Any] = {
        name: str(absolute(path))
        for name, path in (("cache", cache_folder(configuration)), ("ca_bundle", configuration.ca_bundle))
        if path
    }
    return replace(configuration, **paths)


def absolute(path: Path | str) -> Path:
    """Return a path that means the same in every folder."""
    return Path(path).expanduser().resolve()


def _shard_requests(count: int | None) -> int:
    """Return how many requests a shard has: enough to be worth its set-up, few enough to keep all workers busy."""
    if count is None:
        return MOST_REQUESTS
    # In steps, so that a table that grows a little keeps the shards, and with them the interrupted runs, that it has.
    step: int = 2 ** ((count // ABOUT_SHARDS).bit_length() - 1) if count >= ABOUT_SHARDS else 1
    return min(MOST_REQUESTS, max(FEWEST_REQUESTS, step))
