"""Secrets of a run: blotted out of whatever comes back from outside."""

from collections.abc import Iterable

from ....nodes.base import Response

__all__ = ["Secrets"]

SHORTEST = 8
"""Characters; shorter ones, such as the "none" of a service without keys, are words that a response may well hold."""

BLOT = b"[hidden]"


class Secrets:
    """What no response may show: services, proxies and debug pages repeat the headers that they were sent."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values: list[bytes] = []
        for value in values:
            self.add(value)

    def add(self, value: str) -> None:
        """Hide `value` from now on."""
        if len(value) >= SHORTEST and value.encode() not in self._values:
            # The longest first: one may be a part of another.
            self._values = sorted([*self._values, value.encode()], key=len, reverse=True)

    def hide(self, content: bytes) -> bytes:
        """Return `content` without any of them."""
        for value in self._values:
            if value in content:
                content = content.replace(value, BLOT)
        return content

    def hidden(self, response: Response) -> Response:
        """Return `response` without any of them in its headers and body."""
        body, headers = self.hide(response.body), response.headers
        for value in self._values:
            if any(value.decode() in text for text in headers.values()):
                headers = {name: text.replace(value.decode(), BLOT.decode()) for name, text in headers.items()}
        if body is response.body and headers is response.headers:
            return response
        return Response(response.status, headers, body)
