"""The engine for more than one machine: shards of the input go to Ray's workers, their parts become the output."""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
import ray

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.errors import EndpointError, InvalidInput, InvalidSetting, RunStopped, StopReason
from ...engine import Execution, Progress
from ...engine.cache.opening import cache_folder, finish_run
from ...engine.http.budget import Budget
from ...engine.io.durable import sync_folder
from ...engine.io.inputs import open_input
from ...engine.io.outputs import OUTPUT_SUFFIXES, check_output, write_table
from ...engine.io.rows import ReadOptions
from ...engine.money import tier_of
from ...engine.run.outcome import Outcome
from ...engine.run.summary import RunCounter, RunSummary
from .coordinator import Stopped, start_coordinator
from .shards import Shard, absolute, cut, shares, with_absolute_paths
from .worker import BEAT, Assignment, Report, run_shard

__all__ = ["RayExecution", "execute_on_ray"]

LOST_TIMES = 10
"""How often a shard may lose its worker before the run is given up."""

FAREWELL = 3.0
"""Seconds that workers have to put their shards down after a cancel."""


def execute_on_ray(node: Node, configuration: Configuration, source: Any, out: Path | str, **options: Any) -> Path:
    """Run `node` on every row of `source` on a Ray cluster and return where the result is.

    Args:
        node: the node with its settings.
        configuration: where to send, and under which limits, which hold for all workers together.
        source: as for `endpoint_nodes.extension.engine.run.execution`.
        out: a folder for Parquet parts, or a file with one of the usual extensions.
        options: as `RayExecution` takes them.

    Raises:
        EndpointError: as for `execute`.
    """
    with RayExecution(node, configuration, source, out=Path(out), **options) as execution:
        execution.write()
        execution.complete()
    return Path(out)


class RayExecution:
    """One run of a node on a Ray cluster; the counterpart of the engine's `Execution` for hosts.

    The cluster is the one that is connected to or that RAY_ADDRESS names, else one on this machine is started.

    Args:
        node: the node with its settings.
        configuration: where to send, and under which limits.
        source: as for `Execution`, but not None.
        out: a folder for Parquet parts, or a file with one of the usual extensions; all workers must see it.
        workers: how many shards run at once; None for as many as the cluster has CPUs.
        progress: called with a `Progress` about twice a second.
        observe: called with the `Outcome` of each row, without contents, as shards are done.
        retrying: never called; outcomes tell the attempts.
        warn: called with sentences.
        cancelled: asked about twice a second whether to stop.
        reading: how the input is read, and which of its rows.
        select: names of the columns that the result keeps, in this order; None keeps all.
        overwrite: whether an output file that is not a result may be replaced.

    Attributes:
        total: number of input rows, None if it is not known before reading.

    Raises:
        EndpointError: node, Configuration, input and output do not go together; nothing was sent.
    """

    def __init__(
        self,
        node: Node,
        configuration: Configuration,
        source: Any,
        *,
        out: Path,
        workers: int | None = None,
        progress: Callable[[Progress], None] = lambda _: None,
        observe: Callable[[Outcome], None] = lambda _: None,
        retrying: Callable[[Any], None] = lambda _: None,
        warn: Callable[[str], None] = lambda _: None,
        cancelled: Callable[[], bool] = lambda: False,
        reading: ReadOptions | None = None,
        select: Sequence[str] | None = None,
        overwrite: bool = False,
    ) -> None:
        if configuration.delivery != "live":
            raise InvalidSetting("A run on Ray sends its requests live; say `delivery=live`, or run it on one machine.")
        path = absolute(source) if isinstance(source, str | Path) else None
        opened = open_input(path or source, node, reading)
        if opened is None:
            raise InvalidInput("A run on Ray needs an input; without one there is a single request.")
        self._out = absolute(out)
        if workers is not None and workers < 1:
            raise InvalidSetting(f"workers is {workers}, but must be at least 1.")
        checked = Execution(node, configuration, opened, select=select)
        self._select = select
        self._node, self._opened, self._workers = node, opened, workers
        self._configuration = with_absolute_paths(configuration)
        self._name = str(path or "")
        self._progress, self._observe, self._warn, self._cancelled = progress, observe, warn, cancelled
        self.schema, self.total = checked.schema, checked.total
        if self._is_file:
            check_output(self._out, self.schema, source=path, overwrite=overwrite)
        else:
            _check_folder(self._out)
        self._budget, self._counter = Budget(configuration, tier_of(node, configuration)), RunCounter()
        self._cache_folder = cache_folder(self._configuration)
        self._named_cache = configuration.cache is not None
        self._parts = self._out.with_name(f".{self._out.name}.parts")
        self._runs: dict[str, Configuration] = {}
        self._errors: dict[int, EndpointError] = {}
        self._own_cluster = False
        self._pending: dict[Any, tuple[Shard, Configuration]] = {}

    @property
    def _is_file(self) -> bool:
        return self._out.suffix.lower() in OUTPUT_SUFFIXES

    def __enter__(self) -> Self:
        self._own_cluster = _connect(self._workers)
        self._has_machines = sum(node["Alive"] for node in ray.nodes()) > 1
        if self.keeps_responses and self._has_machines and not self._named_cache:
            raise InvalidSetting("The cluster has several machines: let `cache` name a folder that all of them see.")
        workers = self._workers or int(ray.cluster_resources().get("CPU", 1))
        self._shares = shares(self._configuration, workers)
        tier = tier_of(self._node, self._configuration)
        self._coordinator = start_coordinator(self._configuration, len(self._shares), tier)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pending:
            self._coordinator.stop.remote("cancel")
            _, late = ray.wait(list(self._pending), num_returns=len(self._pending), timeout=FAREWELL)
            for task in late:
                ray.cancel(task, force=True)
        shutil.rmtree(self._parts, ignore_errors=True)
        if self._own_cluster:
            ray.shutdown()

    def write(self) -> None:
        """Run all shards and put the output in place, whole or not at all; after a spent budget, what arrived.

        Raises:
            EndpointError: a row failed and the node says "fail", the service refused the run, or it was cancelled.
        """
        shutil.rmtree(self._parts, ignore_errors=True)
        self._parts.mkdir()
        try:
            stopped_by = self._run_all()
        except ray.exceptions.RayActorError as error:  # also out of a worker that asked it
            lost = "The coordinator of the run was lost, and with it the count of what may be spent"
            raise EndpointError(f"{lost}; run it again: what was answered is in the cache.") from error
        if self._is_file:
            write_table(self._out, self.schema, self._batches())
        else:
            _replace_folder(self._parts, self._out)
        if stopped_by:
            raise stopped_by

    def complete(self) -> None:
        """Say that the result is in place: there is nothing left for a later run to resume."""
        for name, share in self._runs.items():
            finish_run(share, self._node.id(), name)

    @property
    def keeps_responses(self) -> bool:
        """Whether responses are kept for a later run."""
        return self._cache_folder is not None

    def summary(self) -> RunSummary:
        """Return what the run has come to until now."""
        return self._counter.summary(self._budget)

    def _run_all(self) -> EndpointError | None:
        """Run all shards; return the error of a spent budget, None if all rows are done."""
        shards, free = cut(self._opened, self._node.bundle_size()), list(self._shares)
        begin = ray.remote(run_shard).options(max_retries=LOST_TIMES, scheduling_strategy="SPREAD")
        while True:
            while free and not self._errors and (shard := next(shards, None)):
                share = free.pop()
                self._pending[begin.remote(self._assignment(shard, share), self._coordinator)] = (shard, share)
            if not self._pending:
                break
            done, _ = ray.wait(list(self._pending), timeout=BEAT)
            for task in done:
                shard, share = self._pending.pop(task)
                free.append(share)
                self._take(shard, task)
            self._tell()
            if self._cancelled():
                raise RunStopped("The run was cancelled.", StopReason.CANCELLED)
        first = self._errors.get(min(self._errors, default=-1))
        if first and not (isinstance(first, RunStopped) and first.reason is StopReason.BUDGET):
            raise first
        return first

    def _assignment(self, shard: Shard, share: Configuration) -> Assignment:
        name = f"{self._name} {shard.name}".strip()
        if self._cache_folder and self._has_machines:
            # A database must not be written from several machines: each shard has one of its own.
            share = replace(share, cache=str(self._cache_folder / shard.name.replace(" ", "-")))
        self._runs[name] = share
        part = self._parts / f"part-{shard.number:06}.parquet"
        opened = self._opened
        fields = dict(opened.fields)
        return Assignment(self._node, share, shard, opened.schema, opened.folder, fields, name, part, self._select)

    def _take(self, shard: Shard, reference: Any) -> None:
        try:
            report: Report = ray.get(reference)
        except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError):
            lost = f"The worker of {shard.name} was lost {LOST_TIMES + 1} times; what was answered is in the cache."
            report = Report([], {}, EndpointError(lost))
        for outcome in report.outcomes:
            self._counter.observe(outcome)
            self._observe(outcome)
        for model, usage in report.tokens.items():
            self._budget.use_tokens(model, usage, spent=True)
        if report.error and not isinstance(report.error, Stopped):
            self._errors[shard.number] = report.error
            self._coordinator.stop.remote("halt")

    def _tell(self) -> None:
        totals = ray.get(self._coordinator.totals.remote())
        self._budget.requests = totals.requests
        for sentence in totals.warnings:
            self._warn(sentence)
        self._progress(Progress(totals.done, totals.failed, self.total))

    def _batches(self) -> Iterator[pa.RecordBatch]:
        for part in sorted(self._parts.iterdir()):
            with pq.ParquetFile(part) as file:
                for batch in file.iter_batches():
                    yield batch.cast(self.schema)


_SUFFIXES = ", ".join(OUTPUT_SUFFIXES)
_PART = re.compile(r"part-\d{6,}\.parquet")
"""Names of the files in a result's folder."""


def _connect(workers: int | None) -> bool:
    """Connect to a cluster, if this process is not; return whether one was started for that."""
    if ray.is_initialized():
        return False
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    if os.environ.get("RAY_ADDRESS"):
        ray.init(**quiet)
        return False
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray.init("local", num_cpus=workers, include_dashboard=False, **quiet)
    return True


def _check_folder(folder: Path) -> None:
    """Refuse an output folder that could not or should not be replaced, before anything is sent.

    Raises:
        InvalidInput: its parent does not exist, it is a file, or it holds what no run has put there.
    """
    if not folder.parent.is_dir():
        raise InvalidInput(f"The output's folder {folder.parent} does not exist.")
    if folder.is_file():
        raise InvalidInput(f"The output {folder} is a file; name a folder, or end in one of {_SUFFIXES}.")
    strangers = [path for path in folder.iterdir() if not _PART.fullmatch(path.name)] if folder.is_dir() else []
    if strangers:
        raise InvalidInput(
            f"The output folder {folder} holds {strangers[0].name}, which is not part of a result; name another folder."
        )


def _replace_folder(new: Path, old: Path) -> None:
    aside = old.with_name(f".{old.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    if old.exists():
        old.rename(aside)
    new.rename(old)
    sync_folder(old.parent)
    shutil.rmtree(aside, ignore_errors=True)
