"""The examples for schedulers, run as they are written."""

import configparser
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from endpoint_nodes.extension.engine.config_loader import load_configuration

EXAMPLES = Path(__file__).parents[2] / "examples"
SCHEDULE = EXAMPLES / "schedule"


@pytest.fixture
def home(tmp_path: Path, sandbox_url: str) -> Path:
    """A home folder with the table, the photos and a Configuration of the sandbox."""
    products = tmp_path / "products"
    shutil.copytree(EXAMPLES / "images", products / "images")
    shutil.copy(EXAMPLES / "products.csv", products)
    (products / "service.toml").write_text(f'base_url = "{sandbox_url}"\n')
    return tmp_path


def environment(home: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {"HOME": str(home), "PATH": path, "XDG_STATE_HOME": str(home / "state")}


def test_the_crontab(home: Path) -> None:
    *_, line = (SCHEDULE / "crontab").read_text().splitlines()
    command = line.split(maxsplit=5)[5]
    subprocess.run(["/bin/sh", "-c", command], check=True, env=environment(home))
    products = home / "products"
    assert pq.read_table(products / "variations.parquet").num_rows == 8
    assert json.loads((products / "summary.jsonl").read_text())["exit_code"] == 0
    events = [json.loads(line)["event"] for line in (products / "events.jsonl").read_text().splitlines()]
    assert (events[0], events[-1]) == ("start", "end")


def test_the_systemd_service(home: Path) -> None:
    service = configparser.ConfigParser(interpolation=None)
    service.read(SCHEDULE / "endpoint-nodes.service")
    folder = service["Service"]["WorkingDirectory"].replace("%h", str(home))
    command = shlex.split(service["Service"]["ExecStart"])
    subprocess.run(command, check=True, capture_output=True, env=environment(home), cwd=folder)
    assert pq.read_table(Path(folder) / "variations.parquet").num_rows == 8


def test_the_configuration_is_one() -> None:
    configuration = load_configuration(SCHEDULE / "service.toml")
    assert configuration.credential == "env:OPENAI_API_KEY"
    assert not configuration.to_json().get("unknown")


def test_a_run_that_holds_the_lock_is_left_alone(home: Path) -> None:
    from filelock import FileLock

    *_, line = (SCHEDULE / "crontab").read_text().splitlines()
    with FileLock(home / "products" / "variations.lock"):
        ended = subprocess.run(["/bin/sh", "-c", line.split(maxsplit=5)[5]], check=False, env=environment(home))
    assert ended.returncode == 2
    event = json.loads((home / "products" / "events.jsonl").read_text())
    assert (event["event"], event["exit_code"]) == ("end", 2)
    assert "Another run holds the lock" in event["error"]
