"""Running a node from a script or a notebook."""

import asyncio
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.errors import EndpointError
from ...engine import Execution
from ...engine.config_loader import load_configuration
from ...engine.io.rows import ReadOptions
from ..kit.wording import for_python
from .progress import open_progress
from .result import Result

__all__ = ["arun", "run"]


def run(
    node: Node,
    table: Any = None,
    *,
    configuration: Configuration | None = None,
    limit: int | None = None,
    sample: int | None = None,
    seed: int = 0,
    id_column: str | None = None,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    select: Sequence[str] | None = None,
    progress: bool | None = None,
    warn: Callable[[str], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Result:
    """Run `node` on each row of `table` and return the result.

    Args:
        node: the node with its settings.
        table: None for a single request; a path (file, folder, pattern), a DataFrame of pandas or polars, an Arrow
            table, a list of dicts, a dict of lists, or a list of values for the node's first field.
        configuration: where to send, and under which limits; None reads the environment.
        limit: run the first rows only.
        sample: run this many rows, drawn at random.
        seed: start of the random numbers; the same one draws the same rows.
        id_column: column whose values name the rows; None numbers them.
        delimiter: what separates the cells of a CSV file; None is a comma, or a tab in a .tsv file.
        encoding: how text files are encoded.
        select: names of the columns that the result keeps, in this order; None keeps all.
        progress: whether to show a progress bar; None shows one in notebooks and on terminals.
        warn: called with sentences the user should know; None raises Python warnings.
        cancelled: asked several times a second whether to stop.

    Raises:
        EndpointError: the run could not start, a row failed and the node says "fail", or the run was stopped.
    """
    import pyarrow as pa

    with ExitStack() as stack:
        stack.enter_context(_python_words(node))
        bar = stack.enter_context(open_progress(progress))
        execution = stack.enter_context(
            Execution(
                node,
                configuration or load_configuration(),
                table,
                progress=bar,
                warn=lambda sentence: (warn or _warn)(for_python(sentence, type(node))),
                cancelled=cancelled,
                select=select,
                reading=ReadOptions(delimiter, encoding, id_column, limit, sample, seed),
            )
        )
        found = pa.Table.from_batches(list(execution), schema=execution.schema)
        execution.complete()
        summary = execution.summary()
    return Result(
        found,
        execution.configuration,
        node,
        rows=summary.rows,
        failed=summary.failed,
        reused=summary.from_cache,
        seconds=summary.elapsed_seconds,
    )


async def arun(node: Node, table: Any = None, **options: Any) -> Result:
    """Run `node` as `run` does, without blocking the event loop; cancelling the task cancels the run.

    Args:
        node: the node with its settings.
        table: as for `run`.
        options: the keywords of `run`.

    Raises:
        EndpointError: as `run` does.
    """
    stop = threading.Event()
    asked = options.pop("cancelled", lambda: False)
    work = asyncio.to_thread(run, node, table, cancelled=lambda: stop.is_set() or asked(), **options)
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([task])  # what was paid for is kept before the caller goes on
        raise


@contextmanager
def _python_words(node: Node) -> Iterator[None]:
    """Let errors name fields and values as Python writes them."""
    try:
        yield
    except EndpointError as error:
        raise error.with_sentence(for_python(error, type(node))) from error.__cause__


def _warn(sentence: str) -> None:
    warnings.warn(sentence, stacklevel=2)
