"""What the requests of one sandbox share: options, models, limits, faults and handed-out images."""

import hmac

from .batch_queue import BatchQueue
from .catalogue import Catalogue
from .clock import Clock
from .dialects import DIALECTS
from .errors import ApiError
from .faults import Faults
from .file_store import FileStore
from .image_files import ImageFiles
from .jobs import Jobs
from .options import SandboxOptions
from .rate_limits import RateLimiter
from .request_bodies import HandlingMemory

__all__ = ["Service"]


class Service:
    """One sandbox's memory."""

    def __init__(self, options: SandboxOptions, prefix: str) -> None:
        self.options = options
        self.prefix = prefix
        self.catalogue = Catalogue(options)
        self.limiter = RateLimiter(options.rate_limit)
        self.faults = Faults(options)
        self.image_files = ImageFiles()
        self.clock = Clock()
        self.file_store = FileStore(self.clock)
        self.batches = BatchQueue(options.batch_tokens)
        self.jobs = Jobs(options.job_polls)
        self.dialect = DIALECTS[options.like]
        self.memory = HandlingMemory()

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
