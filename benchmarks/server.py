"""The service that is measured against: answers are made beforehand, so that it is never the bottleneck.

The base url says what it answers: ``/LATENCY_MS/chat/v1`` or ``/LATENCY_MS/b64-BYTES-N/v1`` (or ``url-BYTES-N``).
``GET /stats`` gives the numbers of connections and requests so far.
"""

import asyncio
import functools
import os
import sys

import uvloop
from samples import chat_answer, images_answer, png

BUFFER = 262_144


class Counts:
    """What all connections have seen together."""

    connections = requests = 0


@functools.cache
def whole(kind: str, host: str) -> bytes:
    """Return the whole HTTP answer, head and body, of one kind: "chat", "b64-BYTES-N", "url-BYTES-N", "png-BYTES"."""
    what, *numbers = kind.split("-")
    media = "application/json"
    if what == "chat":
        body = chat_answer()
    elif what == "png":
        body, media = png(int(numbers[0])), "image/png"
    else:
        size, n = map(int, numbers)
        body = images_answer(size, n, f"http://{host}/0/png-{size}/image.png" if what == "url" else "")
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\nx-request-id: r\r\n\r\n"
    return head.encode() + body


class Service(asyncio.BufferedProtocol):
    """One connection: reads a request, whose body it only counts, and answers after the latency."""

    def __init__(self) -> None:
        self._space = memoryview(bytearray(BUFFER))
        self._head = b""
        self._left = 0  # bytes of the request's body still to come
        self._answer = b""
        self._wait = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:
        Counts.connections += 1
        self._transport = transport
        transport.set_write_buffer_limits(high=1 << 30)

    def get_buffer(self, _: int) -> memoryview:
        return self._space

    def buffer_updated(self, count: int) -> None:
        if self._left:
            self._left -= count
        else:
            self._head += bytes(self._space[:count])
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            self._read_head(self._head[:end])
            self._left -= len(self._head) - end - 4
            self._head = b""
        if self._left <= 0:
            self._left = 0
            self._reply()

    def _read_head(self, head: bytes) -> None:
        Counts.requests += 1
        lowered = head.lower()
        at = lowered.find(b"\r\ncontent-length:")
        self._left = int(lowered[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        path = head.split(b" ", 2)[1]
        if path.startswith(b"http://"):  # as proxies are asked
            path = b"/" + path.split(b"/", 3)[3]
        if path == b"/stats":
            body = f'{{"connections": {Counts.connections}, "requests": {Counts.requests}}}'
            self._answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
            self._wait = 0.0
            return
        _, wait, kind, _ = path.split(b"/", 3)
        host = head[lowered.find(b"\r\nhost:") + 7 :].split(b"\r\n", 1)[0].strip()
        self._answer, self._wait = whole(kind.decode(), host.decode()), int(wait) / 1000

    def _reply(self) -> None:
        if self._wait:
            asyncio.get_running_loop().call_later(self._wait, self._transport.write, self._answer)
        else:
            self._transport.write(self._answer)


async def serve(core: int) -> None:
    """Serve on a free port of the loopback, which is printed, until standard input ends."""
    os.sched_setaffinity(0, {core})
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Service, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
