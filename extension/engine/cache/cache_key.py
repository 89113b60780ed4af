"""Cache keys: which response belongs to which request."""

import hashlib
from array import array
from typing import NamedTuple

from ....nodes.base import Body, Request
from ....port_types.configuration import Configuration

__all__ = ["CacheKey", "Occurrences", "RequestDigests"]

DIGEST_BYTES = 16
KEPT_BEGINNINGS = 100
"""Paths whose digests are begun once: most nodes have one, but a path may hold a row's values."""


class CacheKey(NamedTuple):
    """What a response is kept under.

    Attributes:
        digest: of the request, see `RequestDigests`.
        occurrence: 1 for the first of a run's equal requests, 2 for the second, and so on.
    """

    digest: bytes
    occurrence: int


class RequestDigests:
    """Tells requests apart: equal ones have equal digests, of everything that a response depends on.

    That is the service, method, path, body and take, and the headers: those that hold a secret count as the reference
    to it, and the credential does not count at all.

    Args:
        configuration: names the service.
        take: the node's.
    """

    def __init__(self, configuration: Configuration, take: int = 1) -> None:
        self._service = (
            configuration.base_url,
            configuration.organization or "",
            configuration.project or "",
            str(take),
            *(text for name, value in sorted(configuration.headers.items()) for text in (name.lower(), value)),
        )
        self._begun: dict[tuple[str, ...], hashlib.blake2b] = {}

    def digest(self, request: Request) -> bytes:
        """Return the digest of a request."""
        headers, chunks = request.encode()
        content_type = headers.get("Content-Type", "")
        if request.route.body is Body.MULTIPART:
            # The boundary, which is in the content type, is a digest of all its content, which may be large.
            return self._begin(request, content_type).digest()
        head = (request.path, content_type)
        begun = self._begun.get(head)
        if begun is None:
            begun = self._begin(request, content_type)
            if len(self._begun) < KEPT_BEGINNINGS:
                self._begun[head] = begun
        digest = begun.copy()
        for chunk in chunks:
            digest.update(chunk)
        return digest.digest()

    def _begin(self, request: Request, content_type: str) -> "hashlib.blake2b":
        own = ("Content-Type", content_type) if content_type else ()
        parts = (*self._service, request.route.method, request.path, *own)
        # Every part is told from the next by its length.
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES)


class Occurrences:
    """Counts the equal requests of a run in 16 bytes for each different one: a run may have millions.

    Requests are told apart by 63 bits of their digest. Should two that differ ever meet, one counts as the second
    occurrence of itself, which costs it nothing but a response kept earlier.
    """

    def __init__(self) -> None:
        self._tables = [_DigestSet() for _ in range(64)]
        self._repeated: dict[int, int] = {}

    def count(self, digest: bytes) -> int:
        """Return how often `digest` has been counted, this time included."""
        number = int.from_bytes(digest[:8], "big") | 1
        if self._tables[number >> 58].add(number):
            return 1
        times = self._repeated[number] = self._repeated.get(number, 1) + 1
        return times


class _DigestSet:
    """A set of odd 64-bit numbers: a hash table with open addressing, which is never more than half full."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * 256))
        self._used = 0

    def add(self, number: int) -> bool:
        """Add `number` and return whether it was not there before."""
        slots, last = self._slots, len(self._slots) - 1
        at = number >> 1 & last
        while found := slots[at]:
            if found == number:
                return False
            at = at + 1 & last
        slots[at] = number
        self._used += 1
        if self._used * 2 > last:
            self._slots, self._used = array("Q", bytes(16 * len(slots))), 0
            for member in filter(None, slots):
                self.add(member)
        return True
