"""A node on several workers: the same result, and every promise of a run on one machine."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from endpoint_nodes.extension.engine import Progress, execute
from endpoint_nodes.extension.engine.cache.upkeep import describe
from endpoint_nodes.extension.hosts.cli.app import app
from endpoint_nodes.extension.hosts.ray_data import execute_on_ray
from endpoint_nodes.nodes.create_embeddings import CreateEmbeddings
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import EndpointError, InvalidInput, InvalidSetting, RequestFailed, RunStopped

WORKERS, IN_FLIGHT = 4, 16
Requested = Callable[[str], list[dict[str, Any]]]
Texts = Callable[[int], pa.Table]
NODE = CreateEmbeddings(model="sandbox-embedding", dimensions=4, rows_per_request=1)


def configured(base_url: str, folder: Path, **limits: Any) -> Configuration:
    return Configuration(
        base_url=base_url, **{"cache": str(folder / "cache"), "concurrency": WORKERS * IN_FLIGHT, **limits}
    )


@contextmanager
def killing(name: str, ready: Callable[[], bool], most: int | None = None) -> Iterator[None]:
    """Kill the cluster's processes of this name, at `most` so many, as soon as the run is `ready`."""
    killed: list[psutil.Process] = []

    def kill() -> None:
        while not ready():
            time.sleep(0.02)
        while not killed:
            killed.extend(find(name)[:most])
        for process in killed:
            process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    yield
    killer.join()


def find(name: str) -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.name().startswith(name):
                found.append(process)
    return found


def test_the_same_rows_in_the_same_order(sandbox_url: str, texts: Texts, tmp_path: Path) -> None:
    node = CreateEmbeddings(**{**NODE.non_default_values(), "on_error": "continue", "keep_columns": True})
    table = pa.table({"input": ["", *texts(199)["input"].to_pylist()]})
    told: list[Progress] = []
    failed: list[str] = []
    configuration = configured(sandbox_url, tmp_path)

    out = execute_on_ray(
        node,
        configuration,
        table,
        tmp_path / "parts",
        workers=WORKERS,
        progress=told.append,
        observe=lambda outcome: failed.append(outcome.row.id) if outcome.error and outcome.row else None,
    )

    expected, _ = execute(node, configured(sandbox_url, tmp_path, cache="off"), table)
    assert len(list(out.iterdir())) == 2
    assert pq.read_table(out).equals(expected)
    kinds = [field.metadata for field in pq.read_schema(out / "part-000000.parquet")]
    assert kinds == [field.metadata for field in expected.schema]
    assert failed == ["0"]
    assert told[-1] == Progress(200, 1, 200)
    assert {path.name for path in tmp_path.iterdir()} == {"parts", "cache"}


def test_a_killed_worker_costs_no_row_and_only_what_it_had_in_flight(
    sandbox_server: Callable[..., str], requested: Requested, texts: Texts, tmp_path: Path
) -> None:
    base_url = sandbox_server(latency=0.3)
    with killing("ray::run_shard", lambda: len(requested(base_url)) >= 150, most=1):
        out = execute_on_ray(
            NODE, configured(base_url, tmp_path), texts(600), tmp_path / "out.parquet", workers=WORKERS
        )
    assert pq.read_table(out)["row_id"].to_pylist() == [str(number) for number in range(600)]
    times = Counter(request["idempotency_key"] for request in requested(base_url))
    assert len(times) == 600
    assert 0 < sum(times.values()) - 600 <= IN_FLIGHT
    facts = describe(tmp_path / "cache")
    assert facts is not None
    assert facts.responses == 600
    assert facts.runs[0].state == "finished"


def test_without_its_coordinator_a_run_ends_in_a_sentence_and_can_be_resumed(
    sandbox_server: Callable[..., str], requested: Requested, texts: Texts, tmp_path: Path
) -> None:
    base_url = sandbox_server(latency=0.3)
    configuration, out = configured(base_url, tmp_path), tmp_path / "out.parquet"
    with (
        killing("ray::Coordinator", lambda: len(requested(base_url)) >= 150),
        pytest.raises(EndpointError, match=r"coordinator of the run was lost.*run it again"),
    ):
        execute_on_ray(NODE, configuration, texts(600), out, workers=WORKERS)
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]

    execute_on_ray(NODE, configuration, texts(600), out, workers=WORKERS)
    assert pq.read_table(out)["row_id"].to_pylist() == [str(number) for number in range(600)]
    times = Counter(request["idempotency_key"] for request in requested(base_url))
    assert len(times) == 600
    assert sum(times.values()) - 600 <= WORKERS * IN_FLIGHT


def test_the_limit_of_requests_per_minute_is_shared(sandbox_url: str, texts: Texts, tmp_path: Path) -> None:
    rows, rate = 512, 6000
    began = time.monotonic()
    configuration = configured(sandbox_url, tmp_path, requests_per_minute=rate)
    execute_on_ray(NODE, configuration, texts(rows), tmp_path / "out.parquet", workers=WORKERS)
    assert time.monotonic() - began >= (rows - WORKERS) * 60 / rate


def test_the_budget_is_shared_and_the_run_goes_on_from_the_cache(
    sandbox_server: Callable[..., str], requested: Requested, texts: Texts, tmp_path: Path
) -> None:
    base_url = sandbox_server()
    out = tmp_path / "out.csv"
    with pytest.raises(RunStopped, match="budget of 100 requests is spent"):
        execute_on_ray(NODE, configured(base_url, tmp_path, max_requests=100), texts(256), out, workers=WORKERS)
    assert len(requested(base_url)) == 100
    assert len(out.read_text().splitlines()) == 101, "what arrived is written"
    assert {path.name for path in tmp_path.iterdir()} == {"cache", "out.csv"}

    execute_on_ray(NODE, configured(base_url, tmp_path), texts(256), out, workers=2)
    assert len(requested(base_url)) == 256
    assert len(out.read_text().splitlines()) == 257


def test_a_token_budget_stops_the_run(sandbox_url: str, texts: Texts, tmp_path: Path) -> None:
    with pytest.raises(RunStopped, match="budget of 50 tokens is spent"):
        execute_on_ray(
            NODE,
            configured(sandbox_url, tmp_path, max_total_tokens=50),
            texts(256),
            tmp_path / "out.parquet",
            workers=WORKERS,
        )


def test_a_failed_row_stops_all_workers(sandbox_url: str, tmp_path: Path) -> None:
    table = pa.table({"input": [*map(str, range(100)), "", *map(str, range(400))]})
    with pytest.raises((InvalidInput, RequestFailed), match="Row 100: "):
        execute_on_ray(NODE, configured(sandbox_url, tmp_path), table, tmp_path / "parts", workers=WORKERS)
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_a_cancelled_run_leaves_nothing_half_done(
    sandbox_server: Callable[..., str], requested: Requested, texts: Texts, tmp_path: Path
) -> None:
    base_url = sandbox_server(latency=1)
    with pytest.raises(RunStopped):
        execute_on_ray(
            NODE,
            configured(base_url, tmp_path),
            texts(600),
            tmp_path / "parts",
            workers=WORKERS,
            cancelled=lambda: len(requested(base_url)) > 10,
        )
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
    assert len(requested(base_url)) < 600


def test_an_older_output_is_replaced(sandbox_url: str, texts: Texts, tmp_path: Path) -> None:
    for rows in (100, 10):
        execute_on_ray(NODE, configured(sandbox_url, tmp_path), texts(rows), tmp_path / "parts", workers=2)
        assert pq.read_table(tmp_path / "parts").num_rows == rows


def test_a_folder_of_somebody_else_is_never_replaced(sandbox_url: str, texts: Texts, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    (precious / "sub").mkdir(parents=True)
    (precious / "thesis.txt").write_text("Years of work", encoding="utf-8")
    (precious / "part-000000.parquet").write_bytes(b"")
    with pytest.raises(InvalidInput, match="which is not part of a result; name another folder"):
        execute_on_ray(NODE, configured(sandbox_url, tmp_path), texts(4), precious)
    assert sorted(path.name for path in precious.iterdir()) == ["part-000000.parquet", "sub", "thesis.txt"]


def test_on_the_command_line(sandbox_url: str, texts: Texts, tmp_path: Path) -> None:
    pq.write_table(texts(100), tmp_path / "texts.parquet")
    given = [
        "create-embeddings",
        "texts.parquet",
        "--model",
        "sandbox-embedding",
        "--base-url",
        sandbox_url,
        "--rows-per-request",
        "1",
    ]
    runner = CliRunner()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        ended = runner.invoke(
            app, [*given, "--cache", "cache", "--engine", "ray", "--workers", "2", "--out", "parts", "--json"]
        )
    assert ended.exit_code == 0, ended.output
    summary = json.loads(ended.stdout)
    assert (summary["rows"], summary["requests"], summary["written"]) == (100, 100, ["parts"])
    assert pq.read_table(tmp_path / "parts").num_rows == 100


def test_what_cannot_run_is_refused_before_anything_is_sent(sandbox_url: str, texts: Texts, tmp_path: Path) -> None:
    configuration = configured(sandbox_url, tmp_path)
    (tmp_path / "taken").touch()
    for source, out, sentence in (
        (None, "parts", "needs an input"),
        (texts(1), "no/parts", "does not exist"),
        (texts(1), "no/out.csv", "does not exist"),
        (texts(1), "taken", "is a file"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            execute_on_ray(NODE, configuration, source, tmp_path / out)
    with pytest.raises(InvalidSetting, match="workers is 0"):
        execute_on_ray(NODE, configuration, texts(1), tmp_path / "parts", workers=0)
