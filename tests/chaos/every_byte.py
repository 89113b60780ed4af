"""Every byte of a small cache flipped, and every file cut there: never a wrong response, never a traceback.

The files are the database, its write-ahead log as a killed run leaves it, and the file of a large body. The shared
memory beside the log is not among them: whoever opens the database first writes it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

from endpoint_nodes.extension.engine.cache.cache_key import CacheKey
from endpoint_nodes.extension.engine.cache.records import BODIES, SELECT, DamagedRecord, read_record
from endpoint_nodes.extension.engine.cache.response_cache import ResponseCache
from endpoint_nodes.extension.engine.cache.runs import RunFacts
from endpoint_nodes.extension.engine.cache.upkeep import describe, prune
from endpoint_nodes.nodes.base import Response
from endpoint_nodes.port_types.errors import EndpointError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FACTS = RunFacts("create_chat_completion", "http://127.0.0.1/v1", "products.csv")
ROWS = 4
AT_ONCE = 50
"""Damaged copies that are gone through side by side, because most of the time is waiting for what is durable."""

FILES = {"database": "cache.sqlite", "log": "cache.sqlite-wal"}
PARTS = 32
"""In which each file is gone through, so that processes can share them."""


def expected(number: int) -> Response:
    body = b'{"number": %d}' % number
    return Response(200, {"content-type": "application/json"}, body.ljust(33_000) if number == 0 else body)


def key(number: int) -> CacheKey:
    return CacheKey(number.to_bytes(16, "big"), 1)


async def ask(cache: ResponseCache) -> int:
    """Ask for every row as a run does, and return how many were kept."""
    kept = 0
    try:
        for number in range(ROWS):
            found = await cache.find(key(number))
            if found:
                assert found == expected(number)
                kept += 1
            elif await cache.claim_if_free(key(number)):
                await cache.keep(key(number), expected(number))
    finally:
        await cache.settle()
    return kept


async def run(folder: Path) -> None:
    cache = ResponseCache(folder, FACTS)
    try:
        await ask(cache)
    finally:
        cache.close(finished=True)


def look_after(folder: Path) -> None:
    """Do what a user's commands do."""
    describe(folder)
    prune(folder, older_than=3600)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of a run that has ended."""
    folder = tmp_path_factory.mktemp("finished") / "cache"
    asyncio.run(run(folder))
    return folder


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache as a run that is killed leaves it: all of it is in the log."""
    folder = tmp_path_factory.mktemp("killed") / "cache"

    async def interrupted() -> None:
        cache = ResponseCache(folder, FACTS)
        await asyncio.gather(*(cache.claim(key(number)) for number in range(ROWS)))
        await asyncio.gather(*(cache.keep(key(number), expected(number)) for number in range(ROWS)))
        shutil.copytree(folder, folder.with_name("copy"))
        cache.close(finished=False)

    asyncio.run(interrupted())
    return folder.with_name("copy")


def damaged(content: bytes, how: str, part: int) -> Iterator[bytes]:
    for at in range(part, len(content), PARTS):
        yield content[:at] + (bytes([content[at] ^ 0xFF]) + content[at + 1 :] if how == "flipped" else b"")


@pytest.fixture(params=[(file, part) for file in FILES for part in range(PARTS)], ids="{0[0]}{0[1]}".format)
def share(request: pytest.FixtureRequest) -> tuple[str, int]:
    """A file, and the number of one of its parts."""
    found: tuple[str, int] = request.param
    return found


@pytest.mark.parametrize("how", ["flipped", "cut"])
def test_a_damaged_byte_never_gives_a_wrong_response(
    finished: Path, killed: Path, space: Path, share: tuple[str, int], how: str
) -> None:
    file, part = share
    whole = killed if file == "log" else finished
    (path,) = whole.glob(FILES[file])

    async def go_through(number: int, content: bytes) -> None:
        # SQLite reads whole pages, so that cuts within one are much alike.
        looks = how == "flipped" or number % 8 == 0
        folder = space / str(number)
        shutil.copytree(whole, folder)
        (folder / path.relative_to(whole)).write_bytes(content)
        with contextlib.suppress(EndpointError):  # a sentence
            await run(folder)
        with contextlib.suppress(EndpointError):
            if looks:
                look_after(folder)
        shutil.rmtree(folder)

    async def go_through_all() -> None:
        contents = damaged(path.read_bytes(), how, part)
        numbered = enumerate(contents)

        async def work() -> None:
            for number, content in numbered:
                await go_through(number, content)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    asyncio.run(go_through_all())


@pytest.mark.parametrize("how", ["flipped", "cut"])
def test_a_damaged_byte_of_a_body_is_found(finished: Path, how: str) -> None:
    """The database is whole here, so that only what reads the file is gone through for every byte."""
    with contextlib.closing(sqlite3.connect(finished / FILES["database"])) as database:
        row = database.execute(SELECT, (*key(0), 0)).fetchone()
    file = finished / BODIES / row[6]
    content = file.read_bytes()
    assert read_record(key(0), 0, row, finished / BODIES).response == expected(0)
    for at in range(len(content)):
        file.write_bytes(content[:at] + (bytes([content[at] ^ 0xFF]) + content[at + 1 :] if how == "flipped" else b""))
        with pytest.raises(DamagedRecord):
            read_record(key(0), 0, row, finished / BODIES)
    file.write_bytes(content)
