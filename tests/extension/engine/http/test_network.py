"""What servers may say in HTTP/1.1, byte by byte on real sockets, and which connections are used again."""

from __future__ import annotations

import asyncio
import gc
import gzip
import zlib

import pytest
import trustme

from endpoint_nodes.extension.engine.http.attempt import EncodedRequest, NotSent, Unreachable
from endpoint_nodes.port_types.errors import RequestFailed

from .conftest import OK, PAUSE, answering, asking, run

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def compressed(body: bytes, encoding: str = "gzip") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (OK, b"ok"),
        (b"HTTP/1.1 200 OK\r\nContent-" + PAUSE + b"Length: 2\r\n\r\no" + PAUSE + b"k", b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + OK, b"ok"),
        (CHUNKED + b"1\r\no\r\n" + PAUSE + b"1\r\nk\r\n0\r\nX-Late: 1\r\n\r\n", b"ok"),
        (CHUNKED + b"2  \r\nok\r\n0\r\n\r\n", b"ok"),
        (b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n  b\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
        (compressed(gzip.compress(b"o") + gzip.compress(b"k")), b"ok"),
        (compressed(zlib.compress(b"ok"), "deflate"), b"ok"),
    ],
)
def test_an_answer_is_read_however_it_comes_and_the_connection_is_kept(answer: bytes, body: bytes) -> None:
    async def ask() -> None:
        async with asking(answering(answer)) as service:
            for _ in range(3):
                response = await service.post(b"question")
                assert (response.body, "x-late" in response.headers) == (body, False)
            assert service.server.connections == 1

    run(ask())


@pytest.mark.parametrize(
    ("answer", "close"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", False),
        (b"HTTP/1.1 200 OK\r\n\r\no" + PAUSE + b"k", True),
    ],
)
def test_a_connection_that_cannot_be_used_again_is_closed(answer: bytes, close: bool) -> None:
    async def ask() -> None:
        async with asking(answering(answer, close=close)) as service:
            for number in (1, 2):
                assert (await service.post(b"question")).body == b"ok"
                assert service.server.connections == number

    run(ask())


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000, r"what came is not HTTP/1.1 \(Got more than"),
        (CHUNKED + b"zz\r\n", r"what came is not HTTP/1.1 \(Invalid character in chunk size\)"),
        (CHUNKED + PAUSE + b"zz\r\n", r"what came is not HTTP/1.1 \(Invalid character in chunk size\)"),
        (CHUNKED + b"2\r\nok\r\n" + PAUSE + b"zz\r\n", r"not HTTP/1.1 \(Invalid character in chunk size\)"),
        (OK + b"stray", "not HTTP/1.1"),
        (b"220 mail.example ESMTP\r\n\r\n", "not HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\n", "closed without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", "closed in the middle of the answer"),
        (CHUNKED + b"2\r\nok\r\n", "closed in the middle of the answer"),
        (compressed(gzip.compress(b"ok" * 1000)[:-9]), "gzip body of the response ends too early"),
        (compressed(b"ok"), "gzip body of the response is broken"),
    ],
)
def test_what_is_not_a_whole_answer_is_an_error_that_may_pass(answer: bytes, problem: str) -> None:
    async def ask() -> None:
        async with asking(answering(answer, close=True)) as service:
            with pytest.raises(Unreachable, match=problem):
                await service.post(b"question")

    run(ask())


@pytest.mark.parametrize(
    "lengths",
    ["Content-Length: 2\r\nContent-Length: 2", "Content-Length: 2\r\nContent-Length: 3", "Content-Length: 2, 2"],
)
def test_a_length_that_is_told_twice_is_refused_and_not_bought_again(lengths: str) -> None:
    async def ask() -> None:
        async with asking(answering(f"HTTP/1.1 200 OK\r\n{lengths}\r\n\r\nok".encode(), close=True)) as service:
            with pytest.raises(RequestFailed, match=r"not HTTP/1.1 \(.*Content-Length\)") as refused:
                await service.post(b"question")
            assert not isinstance(refused.value, Unreachable), "another attempt would bring the same"

    run(ask())


@pytest.mark.parametrize("parting", [b"", PAUSE], ids=["in the same packet", "a moment later"])
@pytest.mark.parametrize(
    "stray", [b"HTTP/1.1 401 No\r\nContent-Length: 4\r\n\r\nlate", b"HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n"]
)
def test_a_second_answer_reaches_nobody(parting: bytes, stray: bytes) -> None:
    async def ask() -> None:
        async with asking(answering(OK + parting + stray)) as service:
            for _ in range(4):
                response = await service.post(b"question")
                assert (response.status, response.body) == (200, b"ok")
                await asyncio.sleep(0.03)
            assert service.server.connections == 4

    run(ask())


def test_a_host_that_says_too_much_once_gets_a_connection_for_each_request() -> None:
    async def ask() -> None:
        async with asking(answering(OK + PAUSE + OK, OK)) as service:
            await service.post(b"question")
            await asyncio.sleep(0.05)
            for number in range(2, 6):
                await service.post(b"question")
                assert service.server.connections == number

    run(ask())


def test_bytes_after_the_answer_do_not_become_part_of_it() -> None:
    async def ask() -> None:
        async with asking(answering(OK + PAUSE + b"stray", OK)) as service:
            assert (await service.post(b"question")).body == b"ok"
            await asyncio.sleep(0.05)
            assert (await service.post(b"question")).body == b"ok"

    run(ask())


def test_a_connection_that_the_service_closed_is_replaced_at_once_and_without_an_attempt() -> None:
    seen: list[bytes] = []

    async def close_at_the_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (OK, b""):
            seen.append(await reader.readuntil(b"question"))
            writer.write(answer)

    async def ask() -> None:
        async with asking(close_at_the_second) as service:
            for _ in range(5):
                assert (await service.post(b"question")).body == b"ok"
            assert len(seen) == 9
            assert service.server.connections == 5

    run(ask())


def test_a_new_connection_that_ends_without_an_answer_is_not_asked_again() -> None:
    seen: list[bytes] = []

    async def close(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"question"))

    async def ask() -> None:
        async with asking(close) as service:
            with pytest.raises(Unreachable, match="closed without an answer"):
                await service.post(b"question")
            assert len(seen) == 1

    run(ask())


@pytest.mark.parametrize("size", [300_000, 30_000_000])
def test_an_early_refusal_of_an_upload_is_read_although_the_connection_is_closed(
    size: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        await writer.drain()

    async def ask() -> None:
        async with asking(refuse) as service:
            for _ in range(10):
                response = await service.post(b"x" * size)
                assert (response.status, response.body) == (413, b"big")

    run(ask())
    assert not caplog.records, "nothing for standard error"


def test_an_answer_without_a_body_is_whole_and_the_encrypted_connection_is_kept() -> None:
    async def ask() -> None:
        async with asking(answering(b"HTTP/1.1 204 No Content\r\n\r\n"), trustme.CA()) as service:
            for _ in range(3):
                assert (await service.post(b"question")).status == 204
            assert service.server.connections == 1

    run(ask())


def test_large_bodies_arrive_whole_both_ways() -> None:
    size = 30_000_000

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        assert set(await reader.readexactly(size)) == {120}
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // 100_000):
            writer.write(b"y" * 100_000)
            await writer.drain()

    async def ask() -> None:
        async with asking(echo) as service:
            response = await service.post(*([b"x" * (size // 3)] * 3), seconds=50)
            assert (len(response.body), set(response.body)) == (size, {121})

    run(ask())


@pytest.mark.parametrize("end", ["\r\n", "0\r\n"], ids=["tiny chunks", "trailers without an end"])
def test_what_drips_ends_with_the_timeout_and_takes_no_memory(end: str) -> None:
    import tracemalloc

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"question")
        writer.write(CHUNKED + b"")
        piece = b"2\r\nok\r\n" * 10_000 if end == "\r\n" else b"X-More: 1\r\n" * 10_000
        if end != "\r\n":
            writer.write(b"0\r\n")
        while True:
            writer.write(piece)
            await writer.drain()

    async def ask() -> None:
        async with asking(drip) as service:
            tracemalloc.start()
            with pytest.raises(RequestFailed):
                await service.post(b"question", seconds=2, max_bytes=20_000_000)
            assert tracemalloc.get_traced_memory()[1] < 100_000_000
            tracemalloc.stop()

    run(ask())


def test_a_compressed_bomb_is_refused_before_it_takes_memory() -> None:
    import tracemalloc

    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(1000)) + packer.flush()

    async def ask() -> None:
        for encoding, body, problem in (
            ("gzip", bomb, "expands to more than 9[0-9],"),
            ("gzip, gzip", gzip.compress(bomb), "content encoding 'gzip, gzip', which was not asked for"),
        ):
            async with asking(answering(compressed(body, encoding))) as service:
                tracemalloc.start()
                with pytest.raises(RequestFailed, match=problem):
                    await service.post(b"question")
                assert tracemalloc.get_traced_memory()[1] < 250_000_000
                tracemalloc.stop()

    run(ask())


@pytest.mark.parametrize(
    "head", ["Content-Length: 2000000000", "Transfer-Encoding: chunked"], ids=["announced", "endless"]
)
def test_a_body_that_is_too_large_is_refused(head: str) -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"question")
        writer.write(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode())
        while True:
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await writer.drain()

    async def ask() -> None:
        async with asking(flood) as service:
            with pytest.raises(RequestFailed, match="more than 5 MB") as refused:
                await service.post(b"question", max_bytes=5_000_000)
            assert not isinstance(refused.value, Unreachable)

    run(ask())


def test_silence_ends_with_the_timeout_and_closes_the_connection() -> None:
    async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def ask() -> None:
        async with asking(silence) as service:
            with pytest.raises(Unreachable, match=r"did not answer within 0.2 s"):
                await service.post(b"question", seconds=0.2)
            await asyncio.sleep(0.1)
            assert service.server.ended == 1

    run(ask())


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://127.0.0.1:9/", r"127.0.0.1:9 cannot be reached \(Connection refused"),
        ("http://nobody.invalid/", r"nobody.invalid cannot be reached: its name is not known"),
    ],
)
def test_who_cannot_be_reached_has_been_sent_nothing(url: str, problem: str) -> None:
    async def ask() -> None:
        async with asking(answering(OK)) as service:
            service.server.url = url
            with pytest.raises(NotSent, match=problem):
                await service.post(b"question")

    run(ask())


def test_a_request_that_failed_is_in_memory_no_longer_than_its_error() -> None:
    async def ask() -> None:
        async with asking(answering(OK)) as service:
            service.server.url = "http://127.0.0.1:9/"
            gc.collect()
            gc.disable()
            try:
                with pytest.raises(NotSent):
                    await service.post(b"question")
                await asyncio.sleep(0)  # the event loop holds what it has just called
                assert not [found for found in gc.get_objects() if isinstance(found, EncodedRequest)]
            finally:
                gc.enable()

    run(ask())
