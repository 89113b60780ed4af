"""Whole runs over changing rows, in any order with stops, kills, two processes and clean-ups, against a service's log.

No row ever gets another's response, and nothing is asked for again that was delivered whole and kept.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from chaos_support import Echo, check_contents, job_command, prompts
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from serving import serving

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.engine.cache.upkeep import clear, describe, prune
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import RunStopped

ROWS = st.lists(st.integers(0, 9), min_size=1, max_size=30)
"""Rows of an input, of which some may be equal; another list is a changed input."""


class AnyOrder(RuleBasedStateMachine):
    """A cache, and a model of it: how many responses to each row it keeps."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.cache = self.folder / "cache"
        self.stack = ExitStack()
        self.echo = Echo()
        self.echo.base_url = self.stack.enter_context(serving(self.echo.serve))
        self.kept: Counter[int] = Counter()

    def asked(self) -> Counter[int]:
        """Return what was asked for, and delivered whole, since the last time."""
        asked = Counter({int(prompt.rpartition(" ")[2]): times for prompt, times in self.echo.asked.items()})
        self.echo.asked.clear()
        return asked

    def lacking(self, rows: list[int]) -> Counter[int]:
        return Counter(rows) - self.kept

    def run(self, rows: list[int], **limits: int) -> None:
        where = Configuration(base_url=self.echo.base_url, cache=str(self.cache), concurrency=8, **limits)  # type: ignore[arg-type]
        table, _ = execute(CreateChatCompletion(model="m"), where, prompts(rows))
        check_contents(table, rows)

    @rule(rows=ROWS)
    def run_to_the_end(self, rows: list[int]) -> None:
        lacking = self.lacking(rows)
        self.run(rows)
        assert self.asked() == lacking
        self.kept += lacking

    @rule(rows=ROWS, requests=st.integers(1, 20))
    def stop_by_budget(self, rows: list[int], requests: int) -> None:
        lacking = self.lacking(rows)
        if lacking.total() <= requests:
            self.run(rows, max_requests=requests)
        else:
            with pytest.raises(RunStopped, match="budget"):
                self.run(rows, max_requests=requests)
        asked = self.asked()
        assert asked <= lacking
        assert asked.total() == min(requests, lacking.total())
        self.kept += asked

    @rule(rows=ROWS, after=st.integers(0, 25))
    def kill_and_resume(self, rows: list[int], after: int) -> None:
        command = job_command(self.echo, self.cache, rows, self.folder / "out.parquet")
        lacking = self.lacking(rows)
        self.echo.latency = 0.05
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as job:
            assert job.stdout is not None
            told = [line for line, _ in zip(job.stdout, range(after), strict=False)]
            job.kill()
            told += job.stdout
        self.echo.latency = 0
        assert self.asked() <= lacking
        reported = Counter(rows[int(line)] for line in told)
        self.run(rows)
        assert self.asked() <= lacking - (reported - self.kept), "nothing that was reported is asked for again"
        self.kept += lacking

    @rule(rows=ROWS, others=ROWS)
    def run_in_two_processes(self, rows: list[int], others: list[int]) -> None:
        lacking = self.lacking(rows) | self.lacking(others)
        outs = [self.folder / "one.parquet", self.folder / "other.parquet"]
        jobs = [
            subprocess.Popen(job_command(self.echo, self.cache, numbers, out), stdout=subprocess.DEVNULL)
            for numbers, out in zip((rows, others), outs, strict=True)
        ]
        for job, numbers, out in zip(jobs, (rows, others), outs, strict=True):
            assert job.wait() == 0
            check_contents(pq.read_table(out), numbers)
        assert self.asked() == lacking
        self.kept += lacking

    @rule()
    def clear_everything(self) -> None:
        clear(self.cache)
        self.kept.clear()

    @rule()
    def prune_what_is_old(self) -> None:
        prune(self.cache, older_than=3600)
        facts = describe(self.cache)
        assert (facts.responses if facts else 0) == self.kept.total()

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()
            shutil.rmtree(self.folder)


AnyOrder.TestCase.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
test_any_order = AnyOrder.TestCase
