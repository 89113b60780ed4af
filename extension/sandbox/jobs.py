"""Jobs of the sandbox: each has finished once it was polled as often as the sandbox was told."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from .errors import ApiError

__all__ = ["Jobs"]

CAPACITY = 10_000
"""Jobs that are remembered; the oldest are forgotten, as services forget theirs."""


@dataclass
class _Job:
    result: object
    polls: int = 0


class Jobs:
    """Jobs by id, each with its result.

    Args:
        polls: how often a job is polled before it has finished.
    """

    def __init__(self, polls: int) -> None:
        self._polls = polls
        self._jobs: OrderedDict[str, _Job] = OrderedDict()

    def create(self, job_id: str, result: object) -> None:
        """Begin a job that will come to `result`."""
        self._jobs[job_id] = _Job(result)
        if len(self._jobs) > CAPACITY:
            self._jobs.popitem(last=False)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._jobs

    def poll(self, job_id: str) -> Any | None:
        """Return the result of a job, None as long as it has not finished.

        Raises:
            ApiError: 404, there is no such job.
        """
        job = self._jobs.get(job_id)
        if job is None:
            raise ApiError(f"No job with id '{job_id}' found.", status=404, code="not_found")
        job.polls += 1
        return job.result if job.polls >= self._polls else None
