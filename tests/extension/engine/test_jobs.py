"""Operations that create a job: it is polled to its end, bought once, and kept beside the response that created it."""

import json
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as ServedPath

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.engine.run.execution import Execution
from endpoint_nodes.nodes.base import Column, ColumnKind, Job, JsonResultSchema, Node, Route, required
from endpoint_nodes.nodes.base import Response as Answer
from endpoint_nodes.nodes.base.result_schema import extract_columns, parse_object
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import BadResponse, RequestFailed, RunStopped

COMMAND = Path(sys.executable).with_name("endpoint-nodes")
PICTURE = (Column("picture", ColumnKind.TEXT, "What was rendered."),)


class Pictures(JsonResultSchema):
    """What a render has come to."""

    structured_columns = PICTURE

    def simplified(self) -> tuple[Column, ...]:
        return PICTURE

    def items(self, response: Answer, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        return [extract_columns(parse_object(response), PICTURE)]


class RenderScene(Node):
    """Renders a scene, which takes a while."""

    routes = (Route("renders", "POST", "/renders"),)
    response = Pictures()
    job = Job("/renders/{id}", result="/renders/{id}/result", id="job.id", error="problem.text")

    scene: str | None = required("Scene", "What to render.")


class Renderer:
    """A service of renders on a real socket.

    Attributes:
        states: what the status operation says, one after the other; the last one for ever.
        seen: the requests by method and path.
        wait: what it asks to wait, in seconds, None for nothing.
        forgets: whether it forgets its jobs.
    """

    def __init__(self) -> None:
        self.states = ["queued", "running", "succeeded"]
        self.seen: Counter[str] = Counter()
        self.times: list[float] = []
        self.wait: str | None = None
        self.forgets = False
        self.scenes: dict[str, str] = {}
        self.app = Starlette(
            routes=[
                ServedPath("/v1/renders", self.create, methods=["POST"]),
                ServedPath("/v1/renders/{id}", self.status),
                ServedPath("/v1/renders/{id}/result", self.result),
            ]
        )

    async def create(self, request: Request) -> Response:
        self.forgets = False
        job = f"job {len(self.scenes) + 1}"
        self.scenes[job] = (await request.json())["scene"]
        self.seen["create"] += 1
        return JSONResponse({"job": {"id": job}}, 202)

    async def status(self, request: Request) -> Response:
        job = request.path_params["id"]
        if self.forgets:
            return JSONResponse({"error": {"message": "No such job."}}, 404)
        self.seen[job] += 1
        self.times.append(time.monotonic())
        state = self.states[min(self.seen[job], len(self.states)) - 1]
        body = {"status": state, "problem": {"text": "The scene has no light."} if state == "failed" else None}
        return JSONResponse(body, headers={"Retry-After": self.wait} if self.wait else None)

    async def result(self, request: Request) -> Response:
        job = request.path_params["id"]
        self.seen[f"result of {job}"] += 1
        return JSONResponse({"picture": self.scenes[job].upper()})


@pytest.fixture
def renderer() -> Renderer:
    return Renderer()


@pytest.fixture
def configuration(renderer: Renderer, app_server: Callable[[Any], str], tmp_path: Path) -> Configuration:
    return Configuration(base_url=app_server(renderer.app), cache=str(tmp_path / "cache"), max_attempts=1)


def test_a_job_is_polled_until_it_has_finished_and_its_result_is_kept(
    renderer: Renderer, configuration: Configuration
) -> None:
    node = RenderScene(scene="lake")
    first, _ = execute(node, configuration)
    assert first.column("picture").to_pylist() == ["LAKE"]
    assert renderer.seen == {"create": 1, "job 1": 3, "result of job 1": 1}
    again, _ = execute(node, configuration)
    assert again == first
    assert renderer.seen.total() == 5, "a finished job is not asked about again"


def test_polls_do_not_count_towards_a_budget(renderer: Renderer, configuration: Configuration) -> None:
    scenes = pd.DataFrame({"scene": ["lake", "hill"]})
    with Execution(RenderScene(), replace(configuration, max_requests=2), scenes) as execution:
        pictures = [row["picture"] for batch in execution for row in batch.to_pylist()]
        summary = execution.summary()
    assert pictures == ["LAKE", "HILL"]
    assert (summary.sent, summary.requests) == (2, 2)
    assert renderer.seen["job 1"] == renderer.seen["job 2"] == 3


def test_jobs_that_a_spent_budget_has_paid_for_are_waited_for(configuration: Configuration) -> None:
    scenes = pd.DataFrame({"scene": ["lake", "hill", "dale"]})
    arrived: list[pa.RecordBatch] = []
    spent = pytest.raises(RunStopped, match="The budget of 2 requests is spent")
    with Execution(RenderScene(), replace(configuration, max_requests=2), scenes) as execution, spent:
        arrived.extend(execution)
    assert [row["picture"] for batch in arrived for row in batch.to_pylist()] == ["LAKE", "HILL"]


def test_a_failed_job_fails_its_row_with_the_sentence_of_the_service(
    renderer: Renderer, configuration: Configuration
) -> None:
    renderer.states = ["running", "failed"]
    with pytest.raises(BadResponse, match=r"job 1 has failed: The scene has no light\."):
        execute(RenderScene(scene="cave"), configuration)
    renderer.states = ["succeeded"]
    table, _ = execute(RenderScene(scene="cave"), configuration)
    assert table.column("picture").to_pylist() == ["CAVE"]
    assert renderer.seen["create"] == 2, "what has failed is asked for again, as after a refusal"


def test_the_pause_between_polls_is_what_the_service_asks_for(renderer: Renderer, configuration: Configuration) -> None:
    renderer.wait = "1"
    execute(RenderScene(scene="lake"), configuration)
    assert all(later - earlier >= 1 for earlier, later in pairwise(renderer.times))


def test_a_job_that_takes_too_long_is_polled_further_by_the_next_run(
    renderer: Renderer, configuration: Configuration
) -> None:
    renderer.states = ["running"]
    with pytest.raises(RequestFailed, match=r"job 1 has not finished within 1 s \(status is 'running'\)"):
        execute(RenderScene(scene="lake"), replace(configuration, timeout=1.0))
    renderer.states = ["succeeded"]
    table, _ = execute(RenderScene(scene="lake"), configuration)
    assert table.column("picture").to_pylist() == ["LAKE"]
    assert renderer.seen["create"] == 1


def test_a_job_that_the_service_has_forgotten_is_created_again_by_a_later_run_only(
    renderer: Renderer, configuration: Configuration
) -> None:
    renderer.states = ["running"]
    with pytest.raises(RequestFailed):
        execute(RenderScene(scene="lake"), replace(configuration, timeout=1.0))
    renderer.states, renderer.forgets = ["succeeded"], True
    table, _ = execute(RenderScene(scene="lake"), configuration)
    assert table.column("picture").to_pylist() == ["LAKE"]
    assert renderer.seen["create"] == 2


def test_a_response_without_a_job_fails_its_row(configuration: Configuration) -> None:
    class RenderWrongly(RenderScene):
        """Looks for the job in the wrong place."""

        job = replace(RenderScene.job, id="render_id")

    with pytest.raises(BadResponse, match=r"the service answered without a job \(render_id is None\)"):
        execute(RenderWrongly(scene="lake"), configuration)


def test_a_run_is_cancelled_between_two_polls(renderer: Renderer, configuration: Configuration) -> None:
    renderer.states, renderer.wait = ["running"], "3600"
    execution = Execution(RenderScene(scene="lake"), configuration, cancelled=lambda: renderer.seen["job 1"] > 0)
    with execution, pytest.raises(RunStopped, match="cancelled"):
        list(execution)
    renderer.states, renderer.wait = ["succeeded"], None
    execute(RenderScene(scene="lake"), configuration)
    assert renderer.seen["create"] == 1


def test_a_run_that_is_killed_while_it_polls_buys_no_job_twice(
    sandbox_server: Callable[..., str], tmp_path: Path
) -> None:
    base_url = sandbox_server(job_polls=5)
    (tmp_path / "fruit.csv").write_text("name\nplum\npear\nfig\n")
    command = [
        *(COMMAND, "create-response", tmp_path / "fruit.csv", "--prompt", "{name}", "--model", "m", "--background"),
        *("--base-url", base_url, "--cache", tmp_path / "cache", "--out", tmp_path / "out.csv", "--json"),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as job:
        while not any(request["method"] == "GET" for request in requests(base_url)):
            time.sleep(0.01)
        job.kill()
    assert job.returncode == -9, "it was not killed but ended by itself"
    created = sum(request["method"] == "POST" for request in requests(base_url))
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    asked = requests(base_url)
    assert json.loads(ended.stdout)["from_cache"] == created
    assert sum(request["method"] == "POST" for request in asked) == 3
    jobs = {request["path"] for request in asked if request["method"] == "GET"}
    assert len(jobs) == 3, "the second run polls the jobs of the first"
    answers = (tmp_path / "out.csv").read_text()
    assert all(f"You wrote: {fruit}" in answers for fruit in ("plum", "pear", "fig"))


def requests(base_url: str) -> list[dict[str, Any]]:
    """The service's own log."""
    with urllib.request.urlopen(base_url.removesuffix("/v1") + "/sandbox/requests") as response:  # noqa: S310 - loopback
        found: list[dict[str, Any]] = json.load(response)["requests"]
    return found
