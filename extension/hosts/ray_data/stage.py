"""A node as a stage of a Ray Data pipeline."""

import hashlib
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
from filelock import FileLock

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.errors import InvalidSetting
from ...engine.cache.store import keeps_ledger, ledger_name
from .coordinator import start_coordinator
from .shards import shares, with_absolute_paths
from .worker import Watch

__all__ = ["ray_stage"]


def ray_stage(node: Node, configuration: Configuration, *, workers: int) -> "_Stage":
    """Return a function for `Dataset.map_batches(stage, batch_format="pyarrow", concurrency=workers)`.

    It takes a batch of input rows and returns their result rows. A batch that Ray runs again takes the answers it has
    from the ledger, if the Configuration names one, and so does a pipeline that is run again if its batches are the
    same, for which Ray Data's option `preserve_order` cares. The ledgers stay until `endpoint-nodes ledger prune`,
    because a stage cannot know when its results are safe.

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
    return _Stage(node, given[-1], start_coordinator(configuration, workers))


class _Stage:
    def __init__(self, node: Node, share: Configuration, coordinator: Any) -> None:
        self._node, self._share, self._coordinator = node, share, coordinator

    def __call__(self, batch: pa.Table) -> pa.Table:
        name = f"batch {_digest(batch)}"
        with self._turn(name):
            watch = Watch(self._coordinator, self._share, name)
            with watch.execution(self._node, self._share, batch) as execution:
                try:
                    return pa.Table.from_batches(list(execution), schema=execution.schema)
                finally:
                    watch.budget.return_lease()

    def _turn(self, name: str) -> AbstractContextManager[Any]:
        """Wait until no other worker has a batch of the same content, whose answers can then be taken."""
        if not self._share.ledger or not keeps_ledger(self._share):
            return nullcontext()
        folder = Path(self._share.ledger) / ledger_name(self._node.id(), self._share.base_url, name)
        folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / "turn")


def _digest(batch: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_table(batch.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()
