"""A node as a stage of a Ray Data pipeline."""

import hashlib
import socket
from dataclasses import replace
from typing import Any

import pyarrow as pa
import ray

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.errors import InvalidSetting
from ...engine.cache.opening import cache_folder
from ...engine.money import tier_of
from .coordinator import start_coordinator
from .shards import shares, with_absolute_paths
from .worker import Watch

__all__ = ["ray_stage"]


def ray_stage(node: Node, configuration: Configuration, *, workers: int) -> "_Stage":
    """Return a function for `Dataset.map_batches(stage, batch_format="pyarrow", concurrency=workers)`.

    It takes a batch of input rows and returns their result rows. What was answered is in the cache: a batch that Ray
    runs again, and a pipeline that is run again, ask only for what is lacking. Equal rows of different batches share
    one response. On several machines each has a cache of its own.

    Args:
        node: the node with its settings; "Keep columns" tells which result belongs to which row.
        configuration: where to send, and under which limits, which hold for all workers together.
        workers: the `concurrency` given to `map_batches`, among which the limits are shared.

    Raises:
        InvalidSetting: there is less to share than there are workers. The stage itself raises what `execute` does.
    """
    configuration = with_absolute_paths(configuration)
    given = shares(configuration, workers)
    if len(given) < workers:
        raise InvalidSetting(
            f"workers is {workers}, but the limits of the Configuration leave work for {len(given)} at most."
        )
    return _Stage(node, given[-1], start_coordinator(configuration, workers, tier_of(node, configuration)))


class _Stage:
    def __init__(self, node: Node, share: Configuration, coordinator: Any) -> None:
        self._node, self._share, self._coordinator = node, share, coordinator

    def __call__(self, batch: pa.Table) -> pa.Table:
        name = f"batch {_digest(batch)}"
        share = _own_cache(self._share)
        watch = Watch(self._coordinator, share, name, tier_of(self._node, share))
        with watch.execution(self._node, share, batch) as execution:
            try:
                table = pa.Table.from_batches(list(execution), schema=execution.schema)
            finally:
                watch.budget.return_lease()
            execution.complete()
        return table


def _own_cache(share: Configuration) -> Configuration:
    """Return the Configuration with a cache for this machine alone: a database is not written from several."""
    folder = cache_folder(share)
    if folder and sum(node["Alive"] for node in ray.nodes()) > 1:
        return replace(share, cache=str(folder / socket.gethostname()))
    return share


def _digest(batch: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_table(batch.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()
