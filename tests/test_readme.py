"""The README's commands work as written; those that would go to OpenAI go to the sandbox here."""

import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SCHEDULE = (ROOT / "docs" / "schedule.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for language, block in BLOCKS if not language for line in block.splitlines()]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder that has the examples, and in which results may be left."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("endpoint-nodes ")])
def test_a_command_works_as_written(command: str, checkout: Path) -> None:
    folder = Path(sys.executable).parent
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    # An option goes before the environment, so that a command's own --base-url is kept.
    environment = {**os.environ, "PATH": path, "ENDPOINT_NODES_BASE_URL": "sandbox:"}
    ended = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False, env=environment)
    assert ended.returncode == 0, ended.stderr
    for name in re.findall(r"--(?:out|report) (\S+)", command):
        assert (checkout / name).stat().st_size > 10_000


def test_the_other_commands_are_of_make_and_pip() -> None:
    others = {line.split()[0] for line in COMMANDS if not line.startswith("endpoint-nodes ")}
    assert others == {"make", "pip"}


def test_an_extra_that_pip_is_told_to_install_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(re.findall(r"^pip install '\.\[(\w+)\]'", README, re.MULTILINE)) == set(project["optional-dependencies"])


def test_the_python_works_as_written(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENDPOINT_NODES_BASE_URL", "sandbox:")
    (block,) = [block for language, block in BLOCKS if language == "python"]
    (checkout / "readme.py").write_text(block, encoding="utf-8")
    products = [{"name": "Lamp", "price": "20 EUR"}, {"name": "Mug", "price": "8 EUR"}]
    left = runpy.run_path(str(checkout / "readme.py"), {"products": products})
    assert len(left["variations"]) == 32
    assert len(list((checkout / "out" / "pictures").iterdir())) == 32
    assert left["captions"].rows == 2


def test_links_lead_somewhere() -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)", README):
        assert (ROOT / link).exists(), link


def test_exit_codes_are_those_of_the_command() -> None:
    from endpoint_nodes.extension.hosts.cli import exits

    told = [int(code) for code in re.findall(r"^\| (\d+) \|", SCHEDULE, re.MULTILINE)]
    assert told == list(exits.CODES)
