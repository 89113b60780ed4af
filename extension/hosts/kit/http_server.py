"""Serving an application over HTTP, with a sentence where that cannot be."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from ....port_types.errors import InvalidSetting

__all__ = ["listen"]


@contextmanager
def listen(host: str, port: int) -> Iterator[tuple[socket.socket, str]]:
    """Give a listening socket and its address, such as ``http://127.0.0.1:8090``.

    Args:
        host: name or address to listen on.
        port: 0 takes a free one.

    Raises:
        InvalidSetting: the host is not an address of this machine, or the port is in use.
    """
    # asyncio turns Nagle's delay (40 ms an answer) off only for sockets that name their protocol.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            raise InvalidSetting(
                f"Port {port} of {host} cannot be used ({error.strerror}); choose another with --port."
            ) from None
        listening.listen(1024)
        name = f"[{host}]" if ":" in host else host
        yield listening, f"http://{name}:{listening.getsockname()[1]}"
