"""What a worker does: one shard, from its rows to its own Parquet file."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import ray

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.errors import EndpointError
from ...engine import Execution
from ...engine.io.inputs import Input, Row
from ...engine.io.outputs import write_table
from ...engine.money import tier_of
from ...engine.run.outcome import Outcome
from ..kit.result_files import ResultBatches
from .coordinator import Beat, LeasedBudget
from .shards import Shard

__all__ = ["BEAT", "Assignment", "Report", "Watch", "run_shard"]

BEAT = 0.5
"""Seconds between two reports of how far a worker is; also how long a word to stop may take to arrive."""


@dataclass(frozen=True)
class Assignment:
    """All that a worker needs to know.

    Attributes:
        node: the node with its settings.
        configuration: with the worker's share of the limits.
        shard: the rows.
        schema: Arrow schema of the input.
        folder: folder that relative paths in cells refer to.
        fields: columns by field, as in `Input`.
        name: tells the shard's run from others.
        part: the file to write.
        select: names of the columns that it keeps; None keeps all.
    """

    node: Node
    configuration: Configuration
    shard: Shard
    schema: pa.Schema
    folder: Path | None
    fields: dict[str, str]
    name: str
    part: Path
    select: Sequence[str] | None = None


@dataclass(frozen=True)
class Report:
    """What became of a shard: its rows' outcomes without their contents, tokens by model, why it stopped early."""

    outcomes: list[Outcome]
    tokens: dict[str, dict[str, int]]
    error: EndpointError | None


class Watch:
    """Tells the coordinator how far a run is, and hears from it when to stop.

    Args:
        coordinator: the run's coordinator.
        configuration: the worker's own.
        name: what is run.
        tier: the service tier of every request, as far as it has prices of its own.
    """

    def __init__(self, coordinator: Any, configuration: Configuration, name: str, tier: str = "") -> None:
        self._coordinator, self._name = coordinator, name
        self.attempt: int = ray.get(coordinator.begin.remote(name))
        self.budget = LeasedBudget(configuration, coordinator, tier)
        self.outcomes: list[Outcome] = []
        self._failed, self._next, self._cancelled = 0, 0.0, False
        # A pace begins with a request at once; the one before it may just have been sent.
        if configuration.requests_per_minute:
            time.sleep(60 / configuration.requests_per_minute)

    def observe(self, outcome: Outcome) -> None:
        """Note an outcome, without the contents of its row."""
        self._failed += outcome.error is not None
        row = Row(outcome.row.id, {}, outcome.row.key) if outcome.row else None
        self.outcomes.append(outcome._replace(row=row, rows=({},) * len(outcome.rows), sources={}))

    def warn(self, sentence: str) -> None:
        """Pass a warning on."""
        self._coordinator.warn.remote(sentence)

    def cancelled(self) -> bool:
        """Return whether to stop at once; called several times a second."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + BEAT
            self.beat()
        return self._cancelled

    def beat(self) -> None:
        """Tell how far the run is."""
        beat = Beat(len(self.outcomes), self._failed, self.budget.requests)
        word = ray.get(self._coordinator.beat.remote(self._name, self.attempt, beat))
        self.budget.stopped, self._cancelled = bool(word), word == "cancel"

    def execution(
        self, node: Node, configuration: Configuration, source: Any, select: Sequence[str] | None = None
    ) -> Execution:
        """Return a run that is watched."""
        return Execution(
            node,
            configuration,
            source,
            observe=self.observe,
            warn=self.warn,
            cancelled=self.cancelled,
            budget=self.budget,
            name=self._name,
            select=select,
        )


def run_shard(assignment: Assignment, coordinator: Any) -> Report:
    """Run the shard of `assignment` and write its part; a part that is there is whole."""
    shard = assignment.shard
    error: EndpointError | None = None
    tier = tier_of(assignment.node, assignment.configuration)
    watch = Watch(coordinator, assignment.configuration, assignment.name, tier)
    source = Input(iter(shard.rows), assignment.schema, len(shard.rows), assignment.folder, assignment.fields)
    try:
        with watch.execution(assignment.node, assignment.configuration, source, assignment.select) as execution:
            batches = ResultBatches(execution)
            write_table(assignment.part, execution.schema, batches)
        error = batches.stopped_by
    except EndpointError as problem:
        error = problem
    watch.budget.return_lease()
    watch.beat()
    tokens = {model: dict(count) for model, count in watch.budget.tokens.items()}
    return Report(watch.outcomes, tokens, error)
