"""Running nodes from synchronous and asynchronous code: `execute` returns a table, `stream` yields batches."""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...nodes.base import Node
from ...port_types.configuration import Configuration
from ...port_types.errors import Cancelled, EndpointError, InvalidInput, InvalidSetting, RequestFailed
from ...port_types.table import Column, ColumnKind, arrow_schema, record_batch
from .client import open_client
from .credentials import HostCredentials
from .inputs import Input, Row, open_input
from .run import Outcome, Run

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Progress", "execute", "result_schema", "stream"]

BATCH_ROWS, BATCH_BYTES = 256, 8_000_000
WINDOW = 4
"""Rows under way or waiting for an earlier one, as a multiple of the concurrency: the bound of the memory."""

ROW_ID = Column("row_id", ColumnKind.TEXT, "Id of the input row.")


@dataclass(frozen=True)
class Progress:
    """How far a run is: input rows done and failed, and their number if it is known."""

    done: int
    failed: int
    total: int | None


def execute(
    node: Node, configuration: Configuration, source: Any = None, **options: Any
) -> "tuple[pa.Table, Configuration]":
    """Run `node` on every row of `source` and return the result table and the Configuration, passed through.

    Args:
        node: the node with its settings.
        configuration: where to send, and under which limits.
        source: None, a path (image, folder or table file), a pandas DataFrame, an Arrow table or reader.
        options: as `stream` takes them.

    Raises:
        EndpointError: the run could not start, a row failed and the node says "fail", or the service refused.
    """
    import pyarrow as pa

    opened = open_input(source, node)
    batches = list(_batches(node, configuration, opened, **options))
    return pa.Table.from_batches(batches, schema=result_schema(node, opened)), configuration


def stream(node: Node, configuration: Configuration, source: Any = None, **options: Any) -> "pa.RecordBatchReader":
    """Run `node` and return a reader that yields result batches in input order as they complete.

    Args:
        node: the node with its settings.
        configuration: where to send, and under which limits.
        source: as for `execute`.
        options: `progress`, called with a `Progress` after each row; `observe`, called with each `Outcome`;
            `warn`, called with sentences; `cancelled`, asked several times a second; `credentials`, the host's own.
    """
    import pyarrow as pa

    opened = open_input(source, node)
    return pa.RecordBatchReader.from_batches(
        result_schema(node, opened), _batches(node, configuration, opened, **options)
    )


def result_schema(node: Node, opened: Input | None) -> "pa.Schema":
    """Return the schema of the result, known before anything runs."""
    import pyarrow as pa

    if opened is None:
        return arrow_schema(node.result_columns())
    schema = arrow_schema((ROW_ID, *node.result_columns()))
    if not node.keep_columns:
        return schema
    taken = set(schema.names)
    kept = []
    for each in opened.schema:
        name, number = each.name, 1
        while name in taken:
            name, number = f"{each.name} (#{number})", number + 1
        taken.add(name)
        kept.append(pa.field(name, each.type, metadata={b"endpoint_nodes.input": each.name}))
    return pa.schema([*schema, *kept])


def _batches(
    node: Node,
    configuration: Configuration,
    opened: Input | None,
    *,
    progress: Callable[[Progress], None] | None = None,
    observe: Callable[[Outcome], None] | None = None,
    warn: Callable[[str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    credentials: HostCredentials | None = None,
) -> "Iterator[pa.RecordBatch]":
    _check_constants(node)
    schema = result_schema(node, opened)
    done = failed = pending_bytes = 0
    pending: list[dict[str, Any]] = []
    run = Run(node, configuration, opened, warn or (lambda _: None))
    for outcome in _outcomes(run, cancelled or (lambda: False), credentials):
        done, failed = done + 1, failed + (outcome.error is not None)
        if observe:
            observe(outcome)
        if progress:
            progress(Progress(done, failed, opened.count if opened else 1))
        if outcome.error and node.on_error == "fail":
            raise _of_row(outcome)
        for row in _kept(outcome, schema, node):
            pending.append(row)
            pending_bytes += sum(len(value) for value in row.values() if isinstance(value, bytes))
        if len(pending) >= BATCH_ROWS or pending_bytes >= BATCH_BYTES:
            yield record_batch(schema, pending)
            pending, pending_bytes = [], 0
    if pending:
        yield record_batch(schema, pending)


def _check_constants(node: Node) -> None:
    """Refuse what no row could send, before anything is."""
    if sentence := node.refusal(node.routes()[0]):
        raise InvalidSetting(sentence)


def _of_row(outcome: Outcome) -> EndpointError:
    error = outcome.error
    where = f"Row {outcome.row.id}: " if outcome.row else ""
    if isinstance(error, RequestFailed):
        return RequestFailed(f"{where}{error}", status=error.status, code=error.code)
    return type(error)(f"{where}{error}") if error else InvalidInput(where)


def _kept(outcome: Outcome, schema: "pa.Schema", node: Node) -> Iterator[dict[str, Any]]:
    kept = {}
    if node.keep_columns and outcome.row:
        for each in schema:
            if name := (each.metadata or {}).get(b"endpoint_nodes.input"):
                kept[each.name] = outcome.row.cells.get(name.decode())
    for row in outcome.rows:
        yield {**row, **kept}


def _outcomes(run: Run, cancelled: Callable[[], bool], credentials: HostCredentials | None) -> Iterator[Outcome]:
    """Process rows on an event loop in its own thread; yield outcomes in input order."""
    finished: queue.Queue[Outcome | BaseException | None] = queue.Queue()
    room = threading.Semaphore(run.configuration.concurrency * WINDOW)
    loop = asyncio.new_event_loop()
    task: asyncio.Task[None] = loop.create_task(_feed(run, room, finished, credentials))

    def work() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(task)
            finished.put(None)
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread, whatever it is
            finished.put(error)
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    thread = threading.Thread(target=work, name="endpoint-nodes")
    thread.start()
    try:
        while True:
            if cancelled():
                raise Cancelled("The run was cancelled.")
            try:
                outcome = finished.get(timeout=0.1)
            except queue.Empty:
                continue
            if outcome is None:
                return
            if isinstance(outcome, BaseException):
                raise outcome
            room.release()
            yield outcome
    finally:
        if thread.is_alive() and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)
        thread.join()


async def _feed(
    run: Run,
    room: threading.Semaphore,
    finished: "queue.Queue[Outcome | BaseException | None]",
    credentials: HostCredentials | None,
) -> None:
    import httpx

    slots = asyncio.Semaphore(run.configuration.concurrency)
    under_way: deque[asyncio.Task[Outcome]] = deque()

    async with (
        open_client(run.configuration, credentials) as api,
        httpx.AsyncClient(timeout=60, follow_redirects=True) as web,
    ):

        async def one(row: Row | None) -> Outcome:
            try:
                return await run.process(row, api, web)
            finally:
                slots.release()

        def emit() -> None:
            while under_way and under_way[0].done():
                finished.put(under_way.popleft().result())

        try:
            for row in run.rows():
                await slots.acquire()
                under_way.append(asyncio.create_task(one(row)))
                emit()
                while not room.acquire(blocking=False):
                    await asyncio.sleep(0.005)
                    emit()
            while under_way:
                await under_way[0]
                emit()
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
