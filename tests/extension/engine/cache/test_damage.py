"""A cache that is damaged, full or cannot be used: never a wrong response, never a traceback."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from endpoint_nodes.extension.engine.cache.database import DATABASE, open_database
from endpoint_nodes.extension.engine.cache.response_cache import Claim, ResponseCache
from endpoint_nodes.extension.engine.cache.upkeep import clear, describe, keep_bounded, prune
from endpoint_nodes.port_types.errors import EndpointError, InvalidSetting, RunStopped

from .conftest import RUN, buy, key, response, use

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LARGE = 40_000


def fill(folder: Path, number: int = 4) -> None:
    cache = ResponseCache(folder, RUN)

    async def work() -> None:
        for place in range(number):
            await buy(cache, key(place), response(place, LARGE if place == 0 else 0))

    use(cache, work)


def check(folder: Path, number: int = 4) -> int:
    """Ask for everything that `fill` put there, as a run does; return how much of it was found."""
    found = 0
    cache = ResponseCache(folder, RUN)

    async def work() -> None:
        nonlocal found
        for place in range(number):
            expected = response(place, LARGE if place == 0 else 0)
            kept = await cache.find(key(place))
            if kept:
                assert kept == expected
                found += 1
            elif await cache.claim_if_free(key(place)):
                await cache.keep(key(place), expected)

    use(cache, work)
    return found


@pytest.mark.parametrize("damage", ["overwritten", "cut", "emptied"])
def test_a_damaged_database_is_moved_aside_or_begun_again(
    open_cache: Callable[..., ResponseCache], tmp_path: Path, damage: str
) -> None:
    fill(tmp_path / "cache")
    database = tmp_path / "cache" / "cache.sqlite"
    content = database.read_bytes()
    new = {"overwritten": b"not a database" * 500, "cut": content[: len(content) // 2 + 100], "emptied": b""}
    database.write_bytes(new[damage])
    cache = open_cache()
    use(cache, lambda: buy(cache, key(1), response(1)))
    if damage != "emptied":
        (sentence,) = open_cache.warnings  # type: ignore[attr-defined]
        assert "is damaged" in sentence
        assert "a new one was begun" in sentence
        assert list((tmp_path / "cache").glob("damaged-*"))
    again = open_cache()
    assert use(again, lambda: again.find(key(1))) == response(1)


def test_a_damaged_body_is_told_once_and_asked_for_again(
    open_cache: Callable[..., ResponseCache], tmp_path: Path
) -> None:
    fill(tmp_path / "cache")
    (body,) = (tmp_path / "cache" / "bodies").glob("*/*")
    body.write_bytes(body.read_bytes().replace(b"number", b"numbed"))
    cache = open_cache()

    async def work() -> None:
        assert await cache.find(key(0)) is None
        assert isinstance(await cache.claim(key(0)), Claim)

    use(cache, work)
    assert not list((tmp_path / "cache" / "bodies").glob("*/*"))
    assert ["is damaged; it is asked for again" in sentence for sentence in open_cache.warnings] == [True]  # type: ignore[attr-defined]


def test_a_value_of_another_type_is_damage_too(tmp_path: Path) -> None:
    """One bit makes a number four bytes, which nothing can be compared with."""
    for table in ("answers", "runs", "pending"):
        fill(tmp_path / table)
        with contextlib.closing(sqlite3.connect(tmp_path / table / DATABASE)) as database:
            columns = [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")]
            for column in columns:
                with contextlib.suppress(sqlite3.IntegrityError):  # two equal keys
                    database.execute(f"UPDATE {table} SET {column} = x'00ff2f00'")  # noqa: S608 - no value
            database.commit()
        describe(tmp_path / table)
        check(tmp_path / table)
        with contextlib.closing(open_database(tmp_path / table, print)) as database:
            keep_bounded(database, tmp_path / table, 0)
        prune(tmp_path / table, older_than=3600)
        clear(tmp_path / table)
        check(tmp_path / table)
        assert check(tmp_path / table) == 4


def test_an_index_that_names_other_records_is_made_again(tmp_path: Path) -> None:
    fill(tmp_path / "cache")
    database = tmp_path / "cache" / DATABASE
    content = database.read_bytes()
    # SQLite's record format: lengths and types of (key, 1, 0, row number), then the values that no type holds.
    entry = bytes([5, 12 + 2 * 16, 9, 8, 1]) + key(2).digest
    row = content.index(entry) + len(entry)
    database.write_bytes(content[:row] + bytes([content[row] % 4 + 1]) + content[row + 1 :])
    assert check(tmp_path / "cache") == 4


def test_a_damaged_file_goes_without_the_response_that_names_it(
    open_cache: Callable[..., ResponseCache], tmp_path: Path
) -> None:
    cache = open_cache()

    async def keep() -> None:
        await buy(cache, key(1), response(1))
        await cache.keep(key(1), response(2, LARGE), 1)

    use(cache, keep)
    (body,) = (tmp_path / "cache" / "bodies").glob("*/*")
    body.write_bytes(body.read_bytes()[:-1])
    cache = open_cache()

    async def look() -> None:
        assert await cache.find(key(1), 1) is None
        await cache.settle()
        assert await cache.find(key(1)) == response(1), "it is paid for, and its file may be fetched again"

    use(cache, look)
    assert not body.exists()


def test_flipped_and_cut_bytes_never_give_a_wrong_response(tmp_path: Path) -> None:
    fill(tmp_path / "whole")
    files = [path for path in (tmp_path / "whole").rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert {path.name for path in files if path.parent.name == "whole"} == {"cache.sqlite"}
    tried = 0
    for file in files:
        size = file.stat().st_size
        for at in range(0, size, max(1, size // 12)):
            for cut in (False, True):
                copy = tmp_path / "copy"
                shutil.copytree(tmp_path / "whole", copy)
                damaged = copy / file.relative_to(tmp_path / "whole")
                content = bytearray(damaged.read_bytes())
                if cut:
                    del content[at:]
                else:
                    content[at] ^= 0xFF
                damaged.write_bytes(content)
                with contextlib.suppress(EndpointError):  # a sentence, not a traceback
                    check(copy)
                tried += 1
                shutil.rmtree(copy)
    assert tried > 40


def test_a_file_in_place_of_the_folder_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidSetting, match=r"The cache .*file.* cannot be used .* or be 'off'"):
        ResponseCache(tmp_path / "file" / "cache", RUN)


def test_a_disk_without_shared_memory_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    # As on a disk over the network, SQLite cannot make the file that the processes of a write-ahead log share.
    (tmp_path / "cache" / f"{DATABASE}-shm").mkdir(parents=True)
    with pytest.raises(InvalidSetting, match=r"cannot be used .* another folder on a local disk, or be 'off'"):
        ResponseCache(tmp_path / "cache", RUN)
    assert not list((tmp_path / "cache").glob("damaged-*"))


def test_without_free_file_descriptors_a_healthy_cache_is_not_moved_aside(tmp_path: Path) -> None:
    fill(tmp_path / "cache")
    program = (
        "import os, resource, sys; from pathlib import Path\n"
        "from endpoint_nodes.extension.engine.cache.response_cache import ResponseCache\n"
        "from endpoint_nodes.extension.engine.cache.runs import RunFacts\n"
        "from endpoint_nodes.port_types.errors import InvalidSetting\n"
        "import filelock, sqlite3\n"
        "for free in range(12):\n"
        "    held = []\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))\n"
        "    try:\n"
        "        while True: held.append(os.open('/dev/null', os.O_RDONLY))\n"
        "    except OSError: pass\n"
        "    for file in held[:free]: os.close(file)\n"
        "    try:\n"
        f"        ResponseCache(Path({str(tmp_path / 'cache')!r}), RunFacts('n', 'b')).close(finished=True)\n"
        "    except InvalidSetting as error: print(free, error)\n"
        "    for file in held[free:]: os.close(file)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "cannot be used" in ended.stdout
    assert not list((tmp_path / "cache").glob("damaged-*"))
    assert check(tmp_path / "cache") == 4


def test_a_cache_that_another_program_writes_to_is_waited_for(tmp_path: Path) -> None:
    fill(tmp_path / "cache")
    with contextlib.closing(sqlite3.connect(tmp_path / "cache" / "cache.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        opened: list[int] = []
        opening = threading.Thread(target=lambda: opened.append(check(tmp_path / "cache")))
        opening.start()
        opening.join(0.3)
        assert not opened
        other.execute("COMMIT")
        opening.join()
    assert opened == [4]
    assert not list((tmp_path / "cache").glob("damaged-*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir(mode=0o500)
    with pytest.raises(InvalidSetting, match="cannot be used"):
        ResponseCache(tmp_path / "cache", RUN)


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A file system of 20 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    return folder


def test_a_nearly_full_disk_stops_the_run_before_anything_is_sent_in_vain(small_disk: Path) -> None:
    kept = 0

    async def work() -> None:
        nonlocal kept
        for place in range(100):
            # Several are under way while the disk fills up.
            claims = await asyncio.gather(*(cache.claim(key(8 * place + at)) for at in range(8)))
            assert all(isinstance(claim, Claim) for claim in claims)
            await asyncio.gather(*(cache.keep(key(8 * place + at), response(at, 100_000)) for at in range(8)))
            kept += 8

    try:
        cache = ResponseCache(small_disk / "cache", RUN)
        with pytest.raises(RunStopped, match=r"nearly full .* Make room and start again"):
            use(cache, work, finished=False)
        assert kept >= 24
        again = ResponseCache(small_disk / "cache", RUN)

        async def look() -> list[bool]:
            return [await again.find(key(number)) is not None for number in range(kept)]

        assert all(use(again, look))
    finally:
        subprocess.run(["umount", small_disk], check=True)
