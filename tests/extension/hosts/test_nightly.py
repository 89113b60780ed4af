"""Jobs that run again and again: each row is asked for once, by the service's own count."""

from __future__ import annotations

import json
import os
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from endpoint_nodes.extension.hosts.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = 20


class Job:
    """A job of the command line over a table in a folder of its own."""

    def __init__(self, base_url: str, folder: Path) -> None:
        self.base_url, self.folder = base_url, folder
        self.names = [f"product {number}" for number in range(ROWS)]
        self.input, self.prompt = "products.csv", "Describe {name}."

    def run(self, *options: str, out: str = "described.parquet") -> Result:
        (self.folder / self.input).write_text("\n".join(["name", *self.names, ""]), encoding="utf-8")
        arguments = ["create-chat-completion", str(self.folder / self.input), "--prompt", self.prompt]
        arguments += ["--model", "m", "--base-url", self.base_url, "--cache", str(self.folder.parent / "cache")]
        arguments += ["--out", str(self.folder / out), "--json", *options]
        return CliRunner().invoke(app, arguments)

    def summary(self, *options: str, out: str = "described.parquet") -> tuple[int, int]:
        """Run and return how many rows came from the cache, and how many were sent."""
        ended = self.run(*options, out=out)
        assert ended.exit_code == 0, ended.output
        said = json.loads(ended.stdout)
        return said["from_cache"], said["sent"]

    def asked(self) -> int:
        """How many requests the service has answered."""
        with urllib.request.urlopen(self.base_url.removesuffix("/v1") + "/sandbox/requests") as log:  # noqa: S310 - loopback
            requests: list[dict[str, Any]] = json.load(log)["requests"]
        return sum(request["method"] == "POST" for request in requests)


@pytest.fixture
def job(sandbox_server: Callable[..., str], tmp_path: Path) -> Job:
    (tmp_path / "shop").mkdir()
    return Job(sandbox_server(), tmp_path / "shop")


def test_three_nights_over_a_growing_table_ask_for_each_row_once(job: Job) -> None:
    assert job.summary() == (0, 20)
    job.names += [f"new {number}" for number in range(10)]
    assert job.summary() == (20, 10)
    job.names[3] = "a corrected name"
    assert job.summary() == (29, 1)
    assert job.asked() == 31


@pytest.mark.parametrize("at", [0, 10, 20])
def test_rows_may_be_added_anywhere(job: Job, at: int) -> None:
    job.summary()
    job.names[at:at] = [f"new {number}" for number in range(10)]
    assert job.summary() == (20, 10)
    assert job.asked() == 30


def test_another_output_or_a_report_afterwards_costs_nothing(job: Job) -> None:
    job.summary()
    assert job.summary(out="described.csv") == (20, 0)
    assert job.summary("--report", str(job.folder / "page.html"), out="again.jsonl") == (20, 0)
    assert job.asked() == 20


def test_a_moved_folder_and_a_renamed_input_cost_nothing(job: Job) -> None:
    job.summary()
    job.folder = job.folder.rename(job.folder.with_name("moved"))
    assert job.summary() == (20, 0)
    job.input = "renamed.csv"
    assert job.summary() == (20, 0)
    assert job.asked() == 20


def test_from_fail_to_continue_only_what_is_lacking_is_asked_for(job: Job) -> None:
    job.names[15], job.prompt = '""', "{name}"
    refused = job.run()
    assert refused.exit_code == 2
    assert "Row 15" in refused.stderr or "line 17" in refused.stderr
    assert job.asked() == 0, "the missing cell is found before anything is paid for"
    ended = job.run("--on-error", "continue")
    assert ended.exit_code == 1
    said = json.loads(ended.stdout)
    assert (said["rows"], said["failed"], said["from_cache"]) == (20, 1, 0)
    assert job.asked() == 19


def test_two_equal_runs_at_once_ask_once(sandbox_server: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    job = Job(sandbox_server(latency=0.1), tmp_path / "shop")
    # CliRunner redirects the streams of the whole process, so that the second run is not a command.
    from endpoint_nodes import Configuration, run
    from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion

    def another() -> None:
        where = Configuration(base_url=job.base_url, cache=str(tmp_path / "cache"))
        table = {"name": job.names}
        results.append(run(CreateChatCompletion(model="m", prompt="Describe {name}."), table, configuration=where))

    results: list[Any] = []
    thread = threading.Thread(target=another)
    thread.start()
    from_cache, sent = job.summary()
    thread.join()
    assert len(results) == 1
    assert from_cache + sent == 20
    assert job.asked() == 20


def test_another_take_and_back(job: Job) -> None:
    assert [job.summary(*take) for take in ([], ["--take", "2"], [], ["--take", "2"])] == [
        (0, 20),
        (0, 20),
        (20, 0),
        (20, 0),
    ]
    assert job.asked() == 40


def test_a_job_that_wants_fresh_answers_gets_them(job: Job) -> None:
    for _ in range(2):
        assert job.summary("--max-age", "0") == (0, 20)
    assert job.asked() == 40


def test_a_wrong_model_stops_a_job_that_continues_after_errors(
    sandbox_server: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "shop").mkdir()
    job = Job(sandbox_server(strict_models=True), tmp_path / "shop")
    job.names = [f"product {number}" for number in range(1000)]
    ended = job.run("--on-error", "continue")
    assert ended.exit_code == 3, ended.output
    assert job.asked() <= 8


def test_the_cache_shows_and_clears_what_jobs_kept(job: Job) -> None:
    job.summary()
    place = ["--cache", str(job.folder.parent / "cache")]
    shown = json.loads(CliRunner().invoke(app, ["cache", "show", *place, "--json"]).stdout)
    assert (shown["responses"], shown["runs"][0]["state"], shown["runs"][0]["sent"]) == (20, "finished", 20)
    assert "20 responses" in CliRunner().invoke(app, ["cache", "show", *place]).stdout
    assert "0 responses removed" in CliRunner().invoke(app, ["cache", "prune", *place]).stdout
    assert "20 responses removed" in CliRunner().invoke(app, ["cache", "clear", *place]).stdout
    assert job.summary() == (0, 20)


def test_files_of_results_beside_the_cache_are_counted_and_removed_by_age(job: Job) -> None:
    job.summary()
    cache = job.folder.parent / "cache"
    old, new = (cache / "files" / "create_image" / name for name in ("old.png", "new.png"))
    old.parent.mkdir(parents=True)
    for file in (old, new):
        file.write_bytes(bytes(500_000))
    os.utime(old, (time.time() - 91 * 86_400,) * 2)

    def invoke(*words: str) -> str:
        return CliRunner().invoke(app, ["cache", *words, "--cache", str(cache)]).stdout

    assert "2 files of results beside them, 1.0 MB" in invoke("show")
    assert "1 file removed, 0.5 MB freed." in invoke("clear-files", "--older-than", "90")
    assert [file.name for file in old.parent.iterdir()] == ["new.png"]
    assert "1 file removed" in invoke("clear-files")
    assert job.summary() == (20, 0), "responses stay"


def test_a_cache_in_a_relative_folder_is_shown_and_pruned(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(job.folder)
    job.summary("--cache", "caches/mine")
    place = ["--cache", "caches/mine"]
    assert "20 responses" in CliRunner().invoke(app, ["cache", "show", *place]).stdout
    assert "0 responses removed" in CliRunner().invoke(app, ["cache", "prune", *place]).stdout
