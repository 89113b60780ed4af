"""Engines of other hosts on the command line, where they are not installed: one sentence that says what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("endpoint-nodes")
IMAGES = Path(__file__).parents[3] / "examples" / "images"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--engine", "ray", "--out", "parts"], "needs ray, which pip install 'endpoint-nodes[ray]' brings"),
        (["--engine", "abacus", "--out", "parts"], "Unknown engine 'abacus'. Available: ray."),
        (["--engine", "ray", "--report", "page.html"], "--engine needs --out"),
    ],
)
def test_an_engine_that_cannot_run_is_refused(given: list[str], sentence: str, tmp_path: Path) -> None:
    command = [COMMAND, "create-image-variation", IMAGES, "--base-url", "sandbox:", *given]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert not list(tmp_path.iterdir())
