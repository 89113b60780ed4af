"""The sandbox as its own command serves it, for clients that live in an environment of their own."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

COMMAND = Path(__file__).parents[2] / ".venv/bin/endpoint-nodes"


@pytest.fixture(scope="session", autouse=True)
def _sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Serve the sandbox, and name it where every client looks."""
    with subprocess.Popen([COMMAND, "sandbox", "--port", "0"], stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout
        url = re.search(r"http://\S+", served.stdout.readline())
        assert url
        os.environ |= {
            "OPENAI_BASE_URL": url[0],
            "OPENAI_API_KEY": "sk-any",
            "LLM_USER_PATH": str(tmp_path_factory.mktemp("llm")),
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }
        yield
        served.terminate()


@pytest.fixture(scope="session")
def photo() -> Path:
    """An example image."""
    return next((Path(__file__).parents[2] / "examples/images").glob("*.png"))
