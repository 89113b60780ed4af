"""The service that every program of chaos asks."""

from __future__ import annotations

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
