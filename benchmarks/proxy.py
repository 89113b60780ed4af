"""A proxy between contenders and the service: passes bytes on in both directions, a connection for a connection."""

import asyncio
import os
import sys

import uvloop


class Side(asyncio.Protocol):
    """One end of a pair of connections; what comes on one goes out on the other."""

    def __init__(self, target: int, other: "Side | None" = None) -> None:
        self._target, self._other = target, other
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        if self._other is None:
            self._task = asyncio.create_task(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, other = await loop.create_connection(lambda: Side(self._target, self), "127.0.0.1", self._target)
        for data in self._early:
            other.transport.write(data)
        self._other = other

    def data_received(self, data: bytes) -> None:
        if self._other is None:
            self._early.append(data)
        else:
            self._other.transport.write(data)

    def connection_lost(self, _: Exception | None) -> None:
        if self._other is not None:
            self._other.transport.close()


async def serve(core: int, target: int) -> None:
    """Serve on a free port of the loopback, which is printed, until standard input ends."""
    os.sched_setaffinity(0, {core})
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Side(target), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
