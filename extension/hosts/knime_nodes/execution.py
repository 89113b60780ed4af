"""Running a node in KNIME: rows in, result table and gallery out."""

from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from ....nodes.base import Node
from ...engine import Execution, Progress
from ...engine.run.outcome import Outcome
from ...engine.run.summary import RunSummary
from ..kit.progress import ProgressWords
from ..kit.result_files import ResultBatches
from ..kit.summary import summary_facts
from ..kit.wording import for_dialog
from .credentials import credentials_of
from .gallery import View
from .notes import Notes
from .paths import WorkflowPaths
from .plan import Plan
from .ports import ConfigurationSpec
from .results import Results
from .rows import open_table

__all__ = ["run"]

TOTALS = ("rows", "failed", "from_cache", "sent", "tokens", "cost_usd")
"""Of a run's summary, what nodes behind it may want to act upon."""


def run(plan: Plan, spec: ConfigurationSpec, context: Any, table: Any, *, shown_rows: int) -> tuple[Any, Any]:
    """Run a node and return KNIME's table and the view, None if there is to be none.

    Raises:
        EndpointError: the run could not start, was cancelled, a row failed and the node says "fail", or the service
            refused.
    """
    notes, words = Notes(), ProgressWords()
    paths = WorkflowPaths(context.get_workflow_data_area_dir())
    with ExitStack() as stack:
        view = stack.enter_context(View(plan.node, shown_rows)) if shown_rows else None

        def observe(outcome: Outcome) -> None:
            notes.observe(outcome)
            if view:
                view.observe(outcome)

        execution = stack.enter_context(
            Execution(
                # The host keeps the input's columns itself: their cells are KNIME's, and most never leave the disk.
                replace(plan.node, keep_columns=False, **_constant_files(plan.node, paths)),
                spec.configuration,
                None if table is None else open_table(table, plan, paths),
                progress=lambda progress: show(context, progress, words),
                observe=observe,
                warn=notes.warn,
                cancelled=context.is_canceled,
                credentials=credentials_of(context, spec),
                name=str(context.get_workflow_data_area_dir()),
            )
        )
        results = Results(plan, table)
        batches = ResultBatches(execution)
        for batch in batches:
            results.add(batch)
        if batches.stopped_by:
            # What arrived is paid for, and an error would leave the user without it.
            notes.warn(str(batches.stopped_by))
        finished = results.finish()
        execution.complete()
        summary = execution.summary()
        context.flow_variables.update(_totals(plan.node, summary))
        if sentence := notes.summary():
            context.set_warning(for_dialog(sentence, type(plan.node)))
        return finished, view.shown(summary) if view else None


def _constant_files(node: Node, paths: WorkflowPaths) -> dict[str, Any]:
    """Return the files that the dialog names, as paths of this machine where they are addresses of KNIME."""
    return {name: paths.plain(value) for name in node.media_fields() if (value := getattr(node, name)) is not None}


def _totals(node: Node, summary: RunSummary) -> dict[str, int | float]:
    """Return what a run came to as flow variables; there is no cost where a price is unknown."""
    facts = summary_facts(summary)
    if facts["cost_usd"] is not None:
        facts["cost_usd"] = float(facts["cost_usd"])  # KNIME's variables have a type each
    return {f"{node.function_name()}_{name}": facts[name] for name in TOTALS if facts[name] is not None}


def show(context: Any, progress: Progress, words: ProgressWords) -> None:
    """Tell KNIME how far a run is."""
    context.set_progress(float(progress.done / (progress.total or progress.done or 1)), words.update(progress))
