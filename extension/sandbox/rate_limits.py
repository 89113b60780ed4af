"""The limits of a minute, and the headers in which every answer tells them."""

import math
import time

from .errors import ApiError

__all__ = ["RateLimiter"]

# What a sandbox without a limit tells; it refuses nothing.
REQUESTS, TOKENS = 1_000_000, 1_000_000_000
BYTES_PER_TOKEN = 4
MOST_TOKENS = 100_000  # of one request: an uploaded file has more bytes than its content has tokens


class RateLimiter:
    """The requests and tokens of a minute.

    Args:
        per_minute: Requests a minute; 0 refuses none.
    """

    def __init__(self, per_minute: int) -> None:
        self._limited = per_minute > 0
        self._requests = Bucket(per_minute or REQUESTS)
        self._tokens = Bucket(TOKENS)

    def admit(self, size: int) -> dict[str, str]:
        """Count a request.

        Args:
            size: Bytes of its body.

        Returns:
            The `x-ratelimit-*` headers of its response.

        Raises:
            ApiError: 429 with `retry-after` when the minute's requests are used up.
        """
        wait = self._requests.take(1)
        self._tokens.take(min(MOST_TOKENS, size // BYTES_PER_TOKEN))
        headers = self._requests.headers("requests") | self._tokens.headers("tokens")
        if self._limited and wait > 0:
            limit = self._requests.capacity
            raise ApiError(
                f"Rate limit reached for requests: Limit {limit} / min. Please try again in {wait:.3f}s.",
                status=429,
                kind="requests",
                code="rate_limit_exceeded",
                headers=headers | {"retry-after": str(math.ceil(wait)), "retry-after-ms": str(math.ceil(wait * 1000))},
            )
        return headers


class Bucket:
    """A minute's worth of something, which refills evenly."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._left = float(capacity)
        self._pace = capacity / 60  # a second
        self._at = time.monotonic()

    def take(self, amount: int) -> float:
        """Take the amount if it is there; return the seconds until it would be, 0 or less where it was."""
        now = time.monotonic()
        self._left = min(self.capacity, self._left + (now - self._at) * self._pace)
        self._at = now
        wait = (amount - self._left) / self._pace
        if wait <= 0:
            self._left -= amount
        return wait

    def headers(self, what: str) -> dict[str, str]:
        """Return the limit, what remains, and the time until all of it is there again."""
        return {
            f"x-ratelimit-limit-{what}": str(self.capacity),
            f"x-ratelimit-remaining-{what}": str(int(self._left)),
            f"x-ratelimit-reset-{what}": f"{(self.capacity - self._left) / self._pace:.3f}s",
        }
