"""What the batches of a run brought, request by request."""

from dataclasses import dataclass

from ....nodes.base import Request
from ....nodes.base.result_schema import error_message
from ....port_types.errors import EndpointError, InvalidInput, RequestFailed, RunStopped
from ..cache.cache_key import CacheKey
from ..http.retry import failure
from .submissions import LineResult, Submissions

__all__ = ["BatchResults"]


@dataclass(frozen=True)
class BatchResults:
    """The results of one run; good responses are in the cache.

    Attributes:
        store: the record of them.
        since: seconds since 1970; what was collected from then on is this run's.
    """

    store: Submissions
    since: float

    def result(self, key: CacheKey) -> LineResult | None:
        """Return what became of a request in this run, None if it was in no batch that was collected."""
        return self.store.result(key, self.since)

    def error(self, request: Request, result: LineResult | None) -> EndpointError:
        """Return why a request has no good response; a `RunStopped` if every other row would meet the same."""
        if result is None and not request.values.get("model"):
            return InvalidInput("`model` is missing, which every request of a batch needs.")
        if result is None:
            return RequestFailed("this request is in no batch: the input has changed during the run; start it again.")
        response = result.response
        if response.status == 0:
            return RequestFailed(f"{error_message(response.json)}.", code=str(response.json["error"].get("code") or ""))
        error = failure(response)
        if isinstance(error, RunStopped) or result.lines == 1:
            return error
        message = f"{str(error).rstrip('.')}; given up after {result.lines} attempts."
        return RequestFailed(message, status=error.status, code=error.code)
