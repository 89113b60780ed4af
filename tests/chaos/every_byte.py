"""Every byte of a small cache damaged, and every file cut there: never a wrong response, never a traceback.

The files are the database, its write-ahead log as a killed run leaves it, and the file of a large body. The shared
memory beside the log is not among them: whoever opens the database first writes it again.

The database has small pages, so that 10 kB hold nearly every kind of page (interior and leaf pages of tables, leaf
pages of indices, overflow pages, the map of pages) and every kind of record, and little that is not in use.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from endpoint_nodes.extension.engine.cache.cache_key import CacheKey
from endpoint_nodes.extension.engine.cache.database import DATABASE
from endpoint_nodes.extension.engine.cache.records import BODIES, FILE_AT, SELECT, DamagedRecord, read_record
from endpoint_nodes.extension.engine.cache.response_cache import ResponseCache
from endpoint_nodes.extension.engine.cache.runs import RunFacts
from endpoint_nodes.extension.hosts.cli.cache import cache
from endpoint_nodes.nodes.base import Response
from endpoint_nodes.port_types.errors import EndpointError

if TYPE_CHECKING:
    from pathlib import Path

FACTS = RunFacts("create_chat_completion", "http://127.0.0.1/v1", "products.csv")
ROWS = 14
IN_DOUBT = 100
"""The number of a request that was sent and never answered."""

AT_ONCE = 50
"""Damaged copies that are gone through side by side, because most of the time is waiting for what is durable."""

HANGS = 60
"""Seconds after which a run is taken to hang."""

FILES = {"database": DATABASE, "log": f"{DATABASE}-wal"}
BITS = [f"bit {bit}" for bit in range(8)]
DAMAGES = [
    *(("database", damage) for damage in [*BITS, "cut"]),
    # SQLite's checksums guard the log, and a digest guards a body, against each bit alike.
    *(("log", damage) for damage in ["any bit", "cut"]),
]
PARTS = 4
"""In which each file is gone through, so that processes can share them."""


def expected(number: int) -> Response:
    body = b'{"number": %d}' % number
    size = {0: 33_000, 1: 1_500}.get(number, 0)  # in a file of its own, and longer than a page
    return Response(200, {"content-type": "application/json", "x-request-id": f"{number:x}"}, body.ljust(size))


def key(number: int) -> CacheKey:
    return CacheKey(number.to_bytes(16, "big"), 1)


PARTS_OF_ANSWERS = [*((key(number), 0) for number in range(ROWS)), (key(2), 1)]
ALL = len(PARTS_OF_ANSWERS)


def expected_part(wanted: tuple[CacheKey, int]) -> Response:
    return expected(int.from_bytes(wanted[0].digest, "big") + 20 * wanted[1])


async def ask(opened: ResponseCache, *, together: bool = False) -> int:
    """Ask for every row as a run does, and return how many responses were kept.

    Args:
        opened: the run's cache.
        together: whether all are looked up at once, as for requests that share one.
    """
    try:
        if together:
            opened.look_up([key(number) for number in range(ROWS)])
        missing = []
        for wanted in PARTS_OF_ANSWERS:
            found = await opened.find(*wanted)
            if not found:
                missing.append(wanted)
            else:
                assert found == expected_part(wanted)
        await asyncio.gather(*(opened.claim_if_free(key) for key, part in missing if part == 0))
        await asyncio.gather(*(opened.keep(key, expected_part((key, part)), part) for key, part in missing))
        opened.note("models", ["m"])
    finally:
        await opened.settle()
    return ALL - len(missing)


async def run(folder: Path, *, together: bool = False) -> int:
    opened = ResponseCache(folder, FACTS)
    try:
        async with asyncio.timeout(HANGS):
            return await ask(opened, together=together)
    finally:
        opened.close(finished=True)


def command(folder: Path, *arguments: str) -> None:
    """Do as a user does who looks after the cache."""
    done = CliRunner().invoke(cache, [*arguments, "--cache", str(folder)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception


def with_small_pages(folder: Path) -> None:
    """Begin a database that has no tables yet."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        database.executescript("PRAGMA page_size = 512; PRAGMA auto_vacuum = INCREMENTAL; VACUUM")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of a run that has ended, after one that was stopped."""
    folder = tmp_path_factory.mktemp("finished") / "cache"
    with_small_pages(folder)

    async def stopped() -> None:
        opened = ResponseCache(folder, FACTS)
        await opened.claim(key(IN_DOUBT))
        opened.doubt(key(IN_DOUBT))
        await opened.settle()
        opened.close(finished=False)

    asyncio.run(stopped())
    asyncio.run(run(folder))
    return folder


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache as a run that is killed leaves it: all of it is in the log."""
    folder = tmp_path_factory.mktemp("killed") / "cache"
    with_small_pages(folder)

    async def interrupted() -> None:
        opened = ResponseCache(folder, FACTS)
        await asyncio.gather(*(opened.claim(key(number)) for number in [*range(ROWS), IN_DOUBT]))
        for half in range(2):  # that are written in one turn of the loop
            turn = PARTS_OF_ANSWERS[half::2]
            await asyncio.gather(*(opened.keep(key, expected_part((key, part)), part) for key, part in turn))
        shutil.copytree(folder, folder.with_name("copy"))
        opened.close(finished=False)

    asyncio.run(interrupted())
    return folder.with_name("copy")


def damaged(content: bytes, damage: str, at: int) -> bytes:
    """Return `content` cut at a byte, or with a bit of it flipped."""
    if damage == "cut":
        return content[:at]
    bit = at % 8 if damage == "any bit" else BITS.index(damage)
    return content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]


async def go_through(folder: Path, *, together: bool, look_first: bool) -> str:
    """Use a damaged cache as a user would; return what came of it."""
    if look_first:
        command(folder, "show")
        command(folder, "prune")
    try:
        kept = await run(folder, together=together)
        # A database that is moved aside half-way takes with it what the run had found there.
        series = [kept]
        while series[-1] < ALL:
            series.append(await run(folder))
            assert len(series) < 5, f"damage lasts: {folder.name} {series}"
    except EndpointError:  # a sentence
        kept = -1
    command(folder, "show")
    command(folder, "clear")
    return "refused" if kept < 0 else "some was asked for again" if kept < ALL else "everything was there"


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(("file", "damage"), DAMAGES)
def test_damage_never_gives_a_wrong_response(
    request: pytest.FixtureRequest, space: Path, file: str, damage: str, part: int
) -> None:
    whole: Path = request.getfixturevalue("killed" if file == "log" else "finished")
    content = (whole / FILES[file]).read_bytes()
    places = iter(range(part, len(content), PARTS))
    results: Counter[str] = Counter()
    # Each byte is gone through in every way, with one bit or another.
    way = part + DAMAGES.index((file, damage))
    together, look_first = way % 2 == 0, way // 2 % 2 == 0

    async def work() -> None:
        for at in places:
            folder = space / str(at)
            shutil.copytree(whole, folder)
            (folder / FILES[file]).write_bytes(damaged(content, damage, at))
            results[await go_through(folder, together=together, look_first=look_first)] += 1
            shutil.rmtree(folder)

    async def work_side_by_side() -> None:
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    asyncio.run(work_side_by_side())
    print(f"{file}, {damage}: {results.total()} copies, {dict(results)}")  # noqa: T201
    assert results.total() == len(range(part, len(content), PARTS))


@pytest.mark.parametrize("damage", ["any bit", "cut"])
def test_a_damaged_byte_of_a_body_is_found(finished: Path, damage: str) -> None:
    """The database is whole here, so that only what reads the file is gone through for every byte."""
    with closing(sqlite3.connect(finished / DATABASE)) as database:
        row = database.execute(SELECT, (*key(0), 0)).fetchone()
    file = finished / BODIES / row[FILE_AT]
    content = file.read_bytes()
    assert read_record(key(0), 0, row, finished / BODIES).response == expected(0)
    for at in range(len(content)):
        file.write_bytes(damaged(content, damage, at))
        with pytest.raises(DamagedRecord):
            read_record(key(0), 0, row, finished / BODIES)
    file.write_bytes(content)
