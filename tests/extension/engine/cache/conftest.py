"""Caches of their own, and responses to put there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from endpoint_nodes.extension.engine.cache.cache_key import CacheKey
from endpoint_nodes.extension.engine.cache.response_cache import Claim, ResponseCache
from endpoint_nodes.extension.engine.cache.runs import RunFacts
from endpoint_nodes.nodes.base import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

Result = TypeVar("Result")
RUN = RunFacts("create_chat_completion", "http://127.0.0.1/v1", "products.csv")


def response(number: int = 0, size: int = 0) -> Response:
    body = b'{"number": %d}' % number
    return Response(200, {"content-type": "application/json", "x-request-id": f"r{number}"}, body.ljust(size))


def key(number: int, occurrence: int = 1) -> CacheKey:
    return CacheKey(number.to_bytes(16, "big"), occurrence)


@pytest.fixture
def open_cache(tmp_path: Path) -> Callable[..., ResponseCache]:
    """Open a cache in the test's own folder; its warnings go to the list `warnings` of the function."""

    def opened(facts: RunFacts = RUN, **options: Any) -> ResponseCache:
        return ResponseCache(tmp_path / "cache", facts, **({"warn": warnings.append} | options))

    warnings: list[str] = []
    opened.warnings = warnings  # type: ignore[attr-defined]
    return opened


def use(cache: ResponseCache, work: Callable[[], Coroutine[Any, Any, Result]], *, finished: bool = True) -> Result:
    """Do `work` with an open cache in an event loop of its own, as a run does, and close it."""

    async def settled() -> Result:
        try:
            return await work()
        finally:
            await cache.settle()

    try:
        return asyncio.run(settled())
    finally:
        cache.close(finished=finished)


async def buy(cache: ResponseCache, key: CacheKey, answer: Response) -> str:
    """Ask for a response and keep it; return the idempotency key."""
    claim = await cache.claim(key)
    assert isinstance(claim, Claim)
    await cache.keep(key, answer)
    return claim.idempotency_key
