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
        found = {value for value in values if len(value) >= SHORTEST}
        # The longest first: one may be a part of another.
        self._values = sorted((value.encode() for value in found), key=len, reverse=True)

    def hidden(self, response: Response) -> Response:
        """Return `response` without any of them in its headers and body."""
        body, headers = response.body, response.headers
        for value in self._values:
            if value in body:
                body = body.replace(value, BLOT)
            if any(value.decode() in text for text in headers.values()):
                headers = {name: text.replace(value.decode(), BLOT.decode()) for name, text in headers.items()}
        if body is response.body and headers is response.headers:
            return response
        return Response(response.status, headers, body)
