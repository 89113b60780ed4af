"""Running nodes: `execute` returns a table, `Execution` gives a host the whole of it."""

import datetime as dt
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.errors import InvalidSetting, RunStopped, StopReason
from ..cache.opening import NoCache, cache_folder, open_cache
from ..cache.response_cache import ResponseCache
from ..credentials import HostCredentials
from ..http.budget import Budget
from ..io.inputs import ReadOptions, Row, can_be_read_again, open_input
from ..io.spool import SpooledRows
from ..known_models import shutdown_warning
from ..money import require_prices, tier_of
from .batching import check_batches
from .hints import with_hint
from .loop_thread import outcomes
from .outcome import Outcome, Retry, bytes_in
from .progress import Progress
from .result_table import ResultTable, TableRow, result_schema
from .row_check import check_rows
from .run import Run
from .summary import RunCounter, RunSummary

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Execution", "Progress", "execute", "result_schema"]

BATCH_ROWS, BATCH_BYTES = 256, 8_000_000


def execute(
    node: Node, configuration: Configuration, source: Any = None, **options: Any
) -> "tuple[pa.Table, Configuration]":
    """Run `node` on every row of `source` and return the result table and the Configuration, passed through.

    Args:
        node: the node with its settings.
        configuration: where to send, and under which limits.
        source: None, a path (image, folder or table file), a pandas DataFrame, an Arrow table or reader.
        options: as `Execution` takes them.

    Raises:
        EndpointError: the run could not start, a row failed and the node says "fail", or the service refused.
    """
    import pyarrow as pa

    with Execution(node, configuration, source, **options) as execution:
        table = pa.Table.from_batches(list(execution), schema=execution.schema)
        execution.complete()
    return table, configuration


class Execution:
    """One run of a node; a context manager, in which it yields its result batches once.

    Args:
        node: the node with its settings.
        configuration: where to send, and under which limits.
        source: as for `execute`.
        progress: called with a `Progress` after each row.
        observe: called with each `Outcome`, in input order.
        retrying: called with a `Retry` before a request is sent again, from the run's own thread.
        warn: called with sentences.
        cancelled: asked several times a second whether to stop.
        credentials: the host's own credentials.
        budget: what may be spent, where it is not the Configuration's alone; for one run.
        reading: how the input is read, and which of its rows.
        select: names of the result's columns to keep, in this order; None keeps all.
        name: tells this run from others of the same node, so that it resumes its own; the input's path if it has one.
        uploads: the only folder from which images and recordings are read, by their names; None reads any path.

    Attributes:
        configuration: the Configuration, passed through.
        schema: Arrow schema of the result.
        total: number of input rows, None if it is not known before reading.
        run: the run under way, with its budget; None before.
        cache: the open cache, one that keeps nothing before.

    Raises:
        EndpointError: node, Configuration and input do not go together; nothing was sent.
    """

    def __init__(
        self,
        node: Node,
        configuration: Configuration,
        source: Any = None,
        *,
        progress: Callable[[Progress], None] = lambda _: None,
        observe: Callable[[Outcome], None] = lambda _: None,
        retrying: Callable[[Retry], None] = lambda _: None,
        warn: Callable[[str], None] = lambda _: None,
        cancelled: Callable[[], bool] = lambda: False,
        credentials: HostCredentials | None = None,
        budget: Budget | None = None,
        name: str = "",
        reading: ReadOptions | None = None,
        select: Sequence[str] | None = None,
        uploads: Path | None = None,
    ) -> None:
        self._at_service = node.at_service(configuration)
        node = node.apply_configuration(configuration)
        if sentence := node.validate():
            raise InvalidSetting(sentence)
        check_batches(node, configuration)
        require_prices(configuration, node)
        self._node, self.configuration, self._opened = node, configuration, open_input(source, node, reading)
        opened = self._opened
        self._binding = node.bind_table(opened.schema.names, opened.fields) if opened else node.bind({})
        self._source, self._reading = source, reading
        if opened and configuration.delivery != "live" and not can_be_read_again(source):
            self._opened = replace(opened, rows=SpooledRows(opened.rows))
        self._progress, self._observe, self._retrying, self._warn = progress, observe, retrying, warn
        self._cancelled, self._credentials, self._budget = cancelled, credentials, budget
        self._uploads = uploads
        self._name = name or (_readable_path(source) if isinstance(source, str | Path) else "")
        self._counter = RunCounter()
        self._failed = 0
        self._temporary: TemporaryDirectory[str] | None = None
        self._at_end = self._complete = False
        self._stopped_by: RunStopped | None = None
        self._table = ResultTable(node, self._opened, select)
        self.schema = self._table.schema
        self.total = self._opened.count if self._opened else 1
        self.cache: ResponseCache | NoCache = NoCache()
        self.run: Run | None = None

    def __enter__(self) -> Self:
        for note in self._opened.notes if self._opened else ():
            self._warn(note)
        for name in self._node.unfilled_templates() if self._opened is None else ():
            self._warn(f"`{name}` names a column in braces, but there is no table; the braces are sent as they stand.")
        if sentence := shutdown_warning(self._node, self._at_service, dt.datetime.now(dt.UTC).date()):
            self._warn(sentence)
        self.cache = open_cache(self._with_cache(), self._node.id(), self._name, self._warn)
        if self.cache.in_doubt:
            self._warn(
                f"Requests under way when the run was interrupted: {self.cache.in_doubt}. They may be billed; "
                "they are sent again under the same idempotency keys."
            )
        self.run = Run(
            self._node,
            self._at_service,
            self._opened,
            self._binding,
            self.cache,
            self._budget or Budget(self._at_service, tier_of(self._node, self._at_service)),
            self._credentials,
            self._warn,
            self._retrying,
            self._uploads,
            self._check_rows,
            self._reread,
            lambda waiting: self._progress(Progress(waiting.done, waiting.failed, self.total, waiting)),
        )
        return self

    def _with_cache(self) -> Configuration:
        """Return the Configuration, with a cache for the run where batches have none: the embedded sandbox's end so."""
        if self.configuration.delivery == "live" or cache_folder(self.configuration):
            return self.configuration
        self._temporary = TemporaryDirectory(prefix="endpoint-nodes-")
        return replace(self.configuration, cache=self._temporary.name)

    def _check_rows(self) -> None:
        check_rows(self._node, self._source, self._reading, self._binding, warn=self._warn, uploads=self._uploads)

    def _reread(self) -> Iterator[Row | None]:
        """Return the input rows once more, from the first."""
        if self._opened is None:
            return iter([None])
        if not isinstance(self._opened.rows, Iterator):
            return iter(self._opened.rows)
        again = open_input(self._source, self._node, self._reading)
        return (row for row in again.rows) if again else iter(())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.cache.close(finished=self._complete)
        if self._temporary:
            self._temporary.cleanup()

    def __iter__(self) -> "Iterator[pa.RecordBatch]":
        """Yield the result in batches; where a budget ends the run, all that arrived before it raises.

        Raises:
            EndpointError: a row failed and the node says "fail", the service refused the run, or it was cancelled.
        """
        if self.run is None:
            raise RuntimeError("an Execution runs within its with statement")
        done = pending_bytes = 0
        pending: list[TableRow] = []
        for outcome in self._until_stopped(self.run):
            done, self._failed = done + 1, self._failed + (outcome.error is not None)
            self._counter.observe(outcome)
            self._observe(outcome)
            self._progress(Progress(done, self._failed, self.total))
            cells = outcome.row.cells if outcome.row else {}
            pending += [(cells, result) for result in outcome.rows]
            if self._table.holds_files:
                pending_bytes += bytes_in(outcome.rows) + len(outcome.rows) * bytes_in((cells,))
            if len(pending) >= BATCH_ROWS or pending_bytes >= BATCH_BYTES:
                yield self._table.batch(pending)
                pending, pending_bytes = [], 0
        if pending:
            yield self._table.batch(pending)
        if self._stopped_by:
            raise self._stopped_by
        self._at_end = True

    def _until_stopped(self, run: Run) -> Iterator[Outcome]:
        """Yield outcomes; where a budget ends the run, those that arrived are followed by nothing."""
        try:
            yield from outcomes(run, self._cancelled)
        except RunStopped as error:
            if error.reason is not StopReason.BUDGET:
                raise with_hint(error, self._at_service) from None
            self._stopped_by = error

    @property
    def keeps_responses(self) -> bool:
        """Whether responses are kept for a later run."""
        return self.cache.keeps

    def summary(self) -> RunSummary:
        """Return what the run has come to until now."""
        return self._counter.summary(self.run.budget if self.run else Budget(self.configuration))

    def complete(self) -> None:
        """Say that the result is in place: there is nothing left for a later run to resume."""
        self._complete = self._at_end


def _readable_path(source: str | Path) -> str:
    return os.fsencode(Path(source).expanduser().resolve()).decode("utf-8", "replace")
