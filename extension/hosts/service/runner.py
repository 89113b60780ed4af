"""Runs of all clients: a bounded queue, some at once, and what is left of them after a crash."""

import logging
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from ....nodes import find_node
from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.errors import EndpointError, InvalidSetting, RunStopped, StopReason
from ...engine.packs import find_pack_node
from ..kit.collector import relax_collector
from ..kit.execution import LocalRun
from .configurations import Configurations
from .metrics import Metrics
from .run import ServiceRun
from .uploads import Uploads

__all__ = ["QueueFull", "Runner", "node_class"]

BATCHES_AT_ONCE = 100
"""Runs that wait for batches, which takes hours and hardly anything else; others run meanwhile."""

logger = logging.getLogger(__name__)


class QueueFull(Exception):
    """A token has as many unfinished runs as it may have."""


def node_class(name: str) -> type[Node]:
    """Return the class of a node by its id.

    Raises:
        InvalidSetting: there is none.
    """
    found = find_node(name) or find_pack_node(name)
    if found is None:
        raise InvalidSetting(f"There is no node {name!r}; GET /nodes lists them.")
    return found


class Runner:
    """Takes runs, does them one after the other in a few threads, and resumes those that a crash has left.

    Args:
        folder: where the folders of the runs are.
        uploads: the files that rows name.
        configurations: what runs name.
        metrics: counts what runs come to.
        at_once: how many runs are under way together.
        most_unfinished: how many runs of one owner may be under way or wait.
    """

    def __init__(
        self,
        folder: Path,
        uploads: Uploads,
        configurations: Configurations,
        metrics: Metrics,
        *,
        at_once: int,
        most_unfinished: int,
    ) -> None:
        self.folder, self._uploads, self._configurations, self._metrics = folder, uploads, configurations, metrics
        self._most_unfinished = most_unfinished
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="run")
        self._batches = ThreadPoolExecutor(BATCHES_AT_ONCE, thread_name_prefix="batch")
        self._lock = threading.Lock()
        self.stopping = threading.Event()
        self.runs: dict[str, ServiceRun] = {}

    def resume(self) -> None:
        """Find the runs on the disk and go on with those that have not ended."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = []
        for path in self.folder.iterdir():
            if run := ServiceRun.open(path):
                found.append(run)
            else:
                shutil.rmtree(path, ignore_errors=True)  # of a request that a crash cut off
        self.runs = {run.record.id: run for run in sorted(found, key=lambda run: run.record.created)}
        for run in self.runs.values():
            if not run.ended:
                self._pool(run).submit(self._work, run)

    def submit(self, run: ServiceRun) -> None:
        """Put a run that is on the disk into the queue.

        Raises:
            QueueFull: its owner has too many unfinished runs.
        """
        with self._lock:
            unfinished = sum(other.record.owner == run.record.owner and not other.ended for other in self.runs.values())
            if unfinished >= self._most_unfinished:
                raise QueueFull
            run.save()
            self.runs[run.record.id] = run
        self._pool(run).submit(self._work, run)

    def find(self, id_: str, owner: str) -> ServiceRun | None:
        """Return the owner's run of this id."""
        run = self.runs.get(id_)
        return run if run and run.record.owner == owner else None

    def by_cancel_key(self, key: str) -> ServiceRun | None:
        """Return the run that this key cancels."""
        return next((run for run in list(self.runs.values()) if run.record.cancel_key == key), None)

    def forget(self, run: ServiceRun) -> None:
        """Remove a run that has ended."""
        self.runs.pop(run.record.id, None)
        run.remove()

    def stop(self) -> None:
        """Let runs under way end within a second; the next start resumes them."""
        self.stopping.set()
        self._threads.shutdown(cancel_futures=True)
        self._batches.shutdown(cancel_futures=True)

    def _pool(self, run: ServiceRun) -> ThreadPoolExecutor:
        try:
            delivery = self._configuration(run).delivery
        except EndpointError:
            return self._threads  # where it is said
        return self._threads if delivery == "live" else self._batches

    def _configuration(self, run: ServiceRun) -> Configuration:
        configuration = self._configurations.load(run.record.configuration, node_class(run.record.node))
        return replace(configuration, wait=True)  # a run of the service ends with its results

    def _work(self, run: ServiceRun) -> None:
        try:
            self._run(run)
        except EndpointError as error:
            run.end("failed", error=error)
        except Exception:
            logger.exception("run %s failed", run.record.id)
            run.end("failed", error="The service could not do this run; its log says why.")
        if run.ended:
            self._metrics.ended(run.record)
            for name in run.record.own_files:
                self._uploads.delete(run.record.owner, name)

    def _run(self, run: ServiceRun) -> None:
        record = run.record
        node, configuration = node_class(record.node)(**record.settings), self._configuration(run)
        if self._to_stop(run) or not run.begin():
            return
        with LocalRun(
            node,
            configuration,
            run.source,
            out=run.result,
            overwrite=True,
            progress=run.advance,
            warn=run.warn,
            cancelled=lambda: self._to_stop(run),
            name=record.id,
            uploads=self._uploads.folder / record.owner,
        ) as execution:
            relax_collector()
            try:
                execution.write()
            except EndpointError as error:
                if not _is_cancelled(error):
                    run.end("failed", execution.summary(), error)
                elif not self.stopping.is_set():
                    run.end("cancelled", execution.summary(), run.cancel_asked)
                return
            run.end("done", execution.summary())
            execution.complete()

    def _to_stop(self, run: ServiceRun) -> bool:
        if run.lease_is_over():
            run.cancel(f"Nobody asked for the run for {run.record.lease_seconds:g} seconds.")
        return bool(run.cancel_asked) or self.stopping.is_set()


def _is_cancelled(error: EndpointError) -> bool:
    return isinstance(error, RunStopped) and error.reason is StopReason.CANCELLED
