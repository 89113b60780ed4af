"""Variants side by side: the same rows with several models, prompts or takes, in one table and on one page."""

import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.errors import InvalidSetting, RunStopped, StopReason
from ...engine import Execution, Progress
from ...engine.http.budget import Budget
from ...engine.io.inputs import ReadOptions, open_input
from ...engine.io.outputs import check_output, write_table
from ...engine.io.spool import SpooledRows
from ...engine.money import tier_of
from ...engine.run.result_table import INPUT_KEY, result_schema, select_columns
from ...engine.run.summary import RunSummary
from .gallery import check_page
from .result_files import ResultBatches

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["RATING", "VARIANT", "ComparisonRun", "expand_variants"]

VARIANT, RATING = "variant", "rating"
"""Columns of the result: what the row was run with, and an empty one to rate it in."""


def expand_variants(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the settings of every variant by its name; there is one for each combination of what was given.

    Args:
        values: settings of a node by field; a tuple holds several values, of which each variant has one.
    """
    several = {name: value for name, value in values.items() if isinstance(value, tuple)}
    variants = {}
    for chosen in itertools.product(*several.values()):
        settings = dict(zip(several, chosen, strict=True))
        name = ", ".join(str(value) for name, value in settings.items() if len(several[name]) > 1)
        variants[name] = {**values, **settings}
    return variants


class ComparisonRun:
    """Runs every variant of a node over the same input, one after the other, under one budget.

    Args:
        variants: the nodes by the name of the variant.
        configuration: where to send, and under which limits.
        source: as for `Execution`; it is read once for all variants.
        out: the result table, in which the column `variant` comes first; None is none.
        report: the page that shows variants side by side; None is none.
        overwrite: whether files that are not results may be replaced.
        select: names of the columns that the table keeps between those two, in this order; None keeps all.
        reading: how the input is read, and which of its rows.
        progress: called with a `Progress` over all variants.
        options: as `Execution` takes them.

    Raises:
        EndpointError: it could not start; nothing was sent.
    """

    def __init__(
        self,
        variants: Mapping[str, Node],
        configuration: Configuration,
        source: Any = None,
        *,
        out: Path | None = None,
        report: Path | None = None,
        overwrite: bool = False,
        select: Sequence[str] | None = None,
        reading: ReadOptions | None = None,
        progress: Callable[[Progress], None] = lambda _: None,
        **options: Any,
    ) -> None:
        self._out, self._report, self._progress = out, report, progress
        self._title = next(iter(variants.values())).label()
        tiers = {tier_of(node, configuration) for node in variants.values()}
        budget = Budget(configuration, tiers.pop() if len(tiers) == 1 else "")
        opened = open_input(source, next(iter(variants.values())), reading)
        if opened:
            opened = replace(opened, rows=SpooledRows(opened.rows))
        self._executions = {}
        self._submissions = []
        """Runs that submit the batches of all variants before any is waited for."""
        for name, node in variants.items():
            common: dict[str, Any] = {"budget": budget, "name": f"{source} {name}"}
            detailed = replace(node, request_details=True)  # the page shows tokens, cost and time of each variant
            self._executions[name] = Execution(
                detailed, configuration, opened, progress=self._advance, **common, **options
            )
            opened = opened and replace(opened, notes=())  # said once
            if configuration.delivery != "live":
                self._submissions.append(Execution(node, replace(configuration, wait=False), opened, **common))
        totals = [execution.total for execution in self._executions.values()]
        self.total = None if None in totals else sum(total or 0 for total in totals)
        self._before = Progress(0, 0, self.total)
        self._last = self._before
        self.schema = _with_variant([execution.schema for execution in self._executions.values()])
        if report:
            check_page(report)
        plain = result_schema(next(iter(variants.values())), opened).names
        self._out_schema = select_columns(self.schema, [VARIANT, *(select or plain), RATING])
        if out:
            check_output(out, self._out_schema, source=source, overwrite=overwrite)

    @property
    def keeps_responses(self) -> bool:
        """Whether responses are kept for a later run."""
        return any(execution.keeps_responses for execution in self._executions.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing stays open: each variant opens and closes its own run."""

    def write(self) -> None:
        """Run all variants and put table and page in place; after a spent budget, what arrived.

        Raises:
            EndpointError: a row failed and the node says "fail", or the run was stopped.
        """
        found = ResultBatches(self._batches())
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / "variants.arrow"
            write_table(whole, self.schema, found)
            if self._out:
                self._write_table(whole, self._out)
            if self._report:
                self._write_page(whole, self._report)
        if found.stopped_by:
            raise found.stopped_by

    def complete(self) -> None:
        """Say that the result is in place; each variant has said so itself."""

    def summary(self) -> RunSummary:
        """Return what all variants have come to; tokens and money are counted once, by the budget they share."""
        parts = [execution.summary() for execution in self._executions.values()]
        counted = ("rows", "failed", "results", "from_cache", "sent", "retries")
        sums = {name: sum(getattr(part, name) for part in parts) for name in counted}
        longest = max(parts, key=lambda part: part.requests)
        return replace(longest, **sums, elapsed_seconds=max(part.elapsed_seconds for part in parts))

    def _batches(self) -> "Iterator[pa.RecordBatch]":
        import pyarrow as pa

        for submission in self._submissions:
            _submit(submission)
        for name, execution in self._executions.items():
            with execution:
                for batch in execution:
                    variant = pa.array([name] * batch.num_rows, pa.string())
                    rating = pa.nulls(batch.num_rows, pa.int64())
                    yield pa.RecordBatch.from_arrays([variant, *batch.columns, rating], schema=self.schema)
                execution.complete()
            self._before = self._last

    def _advance(self, progress: Progress) -> None:
        done, failed = self._before.done + progress.done, self._before.failed + progress.failed
        self._last = Progress(done, failed, self.total, progress.waiting)
        self._progress(self._last)

    def _write_table(self, whole: Path, out: Path) -> None:
        import pyarrow as pa

        with pa.ipc.open_file(str(whole)) as file:
            batches = (file.get_batch(number) for number in range(file.num_record_batches))
            write_table(out, self._out_schema, (batch.select(self._out_schema.names) for batch in batches))

    def _write_page(self, table: Path, page: Path) -> None:
        from ...report import Gallery
        from ...report.results import open_results

        with Gallery(page, title=f"{self._title}: variants") as gallery:
            for cards in open_results(table).cards_by_variant(VARIANT):
                gallery.add(*cards)


def _submit(execution: Execution) -> None:
    """Start a run that does not wait for its batches; one that has all it needs goes through.

    Raises:
        RunStopped: something else than batches under way ended it.
    """
    try:
        with execution:
            for _ in execution:
                pass
    except RunStopped as error:
        if error.reason is not StopReason.PENDING:
            raise


def _with_variant(schemas: "Sequence[pa.Schema]") -> "pa.Schema":
    import pyarrow as pa

    if any(not schema.equals(schemas[0]) for schema in schemas):
        raise InvalidSetting("The variants have results with different columns, so they cannot be one table.")
    taken = [name for name in (VARIANT, RATING) if name in schemas[0].names]
    if taken:
        raise InvalidSetting(f"The input has a column {taken[0]!r}, which a comparison adds; rename it.")
    variant = pa.field(VARIANT, pa.string(), metadata={INPUT_KEY: VARIANT.encode()})
    return pa.schema([variant, *schemas[0], pa.field(RATING, pa.int64())])
