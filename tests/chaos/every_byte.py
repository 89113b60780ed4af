"""Every byte of a small cache flipped, and every file cut there: never a wrong response, never a traceback."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from pathlib import Path

import pytest

from endpoint_nodes.extension.engine.cache.response_cache import ResponseCache
from endpoint_nodes.extension.engine.cache.runs import RunFacts
from endpoint_nodes.extension.engine.cache.upkeep import describe, prune
from endpoint_nodes.nodes.base import Response
from endpoint_nodes.port_types.errors import EndpointError

FACTS = RunFacts("create_chat_completion", "http://127.0.0.1/v1", "products.csv")
ROWS = 4
MEMORY = Path("/dev/shm")  # noqa: S108 - where flushing costs nothing


def expected(number: int) -> Response:
    body = b'{"number": %d}' % number
    return Response(200, {"content-type": "application/json"}, body.ljust(40_000) if number == 0 else body)


def ask(folder: Path) -> int:
    """Ask for every row as a run does, and return how many were kept."""
    kept = 0
    cache = ResponseCache(folder, FACTS)

    async def work() -> None:
        nonlocal kept
        try:
            for number in range(ROWS):
                key = cache.key(number.to_bytes(16, "big"))
                found = await cache.find(key)
                if found:
                    assert found == expected(number)
                    kept += 1
                elif await cache.claim_if_free(key):
                    await cache.keep(key, expected(number))
        finally:
            await cache.settle()

    try:
        asyncio.run(work())
    finally:
        cache.close(finished=True)
    return kept


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "cache"
    assert ask(folder) == 0
    assert ask(folder) == ROWS
    return folder


def sizes() -> list[tuple[str, int]]:
    """The parts in which the files are gone through, so that several processes can share them."""
    return [("database", part) for part in range(16)] + [("body", part) for part in range(4)]


@pytest.mark.parametrize("how", ["flipped", "cut"])
@pytest.mark.parametrize(("which", "part"), sizes())
def test_a_damaged_byte_never_gives_a_wrong_response(
    whole: Path, tmp_path: Path, which: str, part: int, how: str
) -> None:
    (file,) = whole.glob("cache.sqlite") if which == "database" else whole.glob("bodies/*/*")
    content = file.read_bytes()
    parts = sum(name == which for name, _ in sizes())
    space = (MEMORY if MEMORY.is_dir() else tmp_path) / f"{tmp_path.name}-{how}-{which}-{part}"
    try:
        for at in range(part, len(content), parts):
            copy = space / "cache"
            shutil.copytree(whole, copy)
            damaged = content[:at] + (bytes([content[at] ^ 0xFF]) + content[at + 1 :] if how == "flipped" else b"")
            (copy / file.relative_to(whole)).write_bytes(damaged)
            with contextlib.suppress(EndpointError):  # a sentence
                ask(copy)
            with contextlib.suppress(EndpointError):
                describe(copy)
                prune(copy, older_than=3600)
            shutil.rmtree(copy)
    finally:
        shutil.rmtree(space, ignore_errors=True)
