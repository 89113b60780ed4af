"""The service that every program of chaos asks."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chaos_support import Echo
from serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def echo() -> Iterator[Echo]:
    service = Echo()
    with serving(service.serve) as service.base_url:
        yield service


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Path]:
    """A folder where flushing to the disk costs nothing, where there is one."""
    memory = Path("/dev/shm")  # noqa: S108 - its folders have names of their own
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)
