"""The installed command in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("endpoint-nodes")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command in `tmp_path` without a key; keywords are environment variables, `input` is standard input."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "ENDPOINT_NODES_"))}

    def start(*arguments: object, input: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:  # noqa: A002 - as subprocess has it
        return subprocess.run(
            [COMMAND, *map(str, arguments)],
            cwd=tmp_path,
            input=input,
            capture_output=True,
            text=True,
            env={**clean, **environment},
            check=False,
        )

    return start


@pytest.fixture
def products(tmp_path: Path) -> Path:
    """A table of five products."""
    path = tmp_path / "products.csv"
    path.write_text("sku,name\nA1,plum\nB2,pear\nC3,fig\nD4,lime\nE5,quince\n", encoding="utf-8")
    return path
