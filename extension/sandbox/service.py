"""What the requests of one sandbox share: options, models, limits, faults and handed-out images."""

from __future__ import annotations

import hmac
import math
import time
from typing import TYPE_CHECKING

from .catalogue import Catalogue
from .errors import ApiError
from .faults import Faults
from .image_files import ImageFiles

if TYPE_CHECKING:
    from .options import SandboxOptions

__all__ = ["RateLimiter", "Service"]


class Service:
    """One sandbox's memory."""

    def __init__(self, options: SandboxOptions, prefix: str) -> None:
        self.options = options
        self.prefix = prefix
        self.catalogue = Catalogue(options)
        self.limiter = RateLimiter(options.rate_limit)
        self.faults = Faults(options)
        self.files = ImageFiles()

    def check_key(self, authorization: str | None) -> None:
        """Compare the `Authorization` header with the one accepted key.

        Raises:
            ApiError: 401 where a key is demanded and this is not it.
        """
        if not self.options.key:
            return
        if not authorization:
            raise ApiError(
                "You didn't provide an API key. You need to provide your API key in an Authorization header "
                "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
                status=401,
            )
        if not hmac.compare_digest(authorization.encode(), f"Bearer {self.options.key}".encode()):
            raise ApiError("Incorrect API key provided.", status=401, code="invalid_api_key")


class RateLimiter:
    """A bucket of one minute's requests that refills evenly."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._left = float(per_minute)
        self._at = time.monotonic()

    def admit(self) -> dict[str, str]:
        """Count a request.

        Returns:
            The `x-ratelimit-*` headers of its response; none without a limit.

        Raises:
            ApiError: 429 with `retry-after` when the minute's requests are used up.
        """
        if not self._per_minute:
            return {}
        now = time.monotonic()
        pace = self._per_minute / 60
        self._left = min(self._per_minute, self._left + (now - self._at) * pace)
        self._at = now
        wait = (1 - self._left) / pace
        if wait <= 0:
            self._left -= 1
        headers = {
            "x-ratelimit-limit-requests": str(self._per_minute),
            "x-ratelimit-remaining-requests": str(int(self._left)),
            "x-ratelimit-reset-requests": f"{(self._per_minute - self._left) / pace:.3f}s",
        }
        if wait > 0:
            raise ApiError(
                f"Rate limit reached for requests: Limit {self._per_minute} / min. Please try again in {wait:.3f}s.",
                status=429,
                kind="requests",
                code="rate_limit_exceeded",
                headers=headers | {"retry-after": str(math.ceil(wait)), "retry-after-ms": str(math.ceil(wait * 1000))},
            )
        return headers
