"""Jobs of a service that a document describes: which operations create and poll them is said beside the document."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from starlette.requests import Request

from .jobs import Jobs

__all__ = ["DocumentJobs"]

JOBS = "x-endpoint-nodes-jobs"
RUNNING = "running"


@dataclass(frozen=True)
class DocumentJobs:
    """What makes answers that are made up those of jobs, which take their time.

    Attributes:
        document: says which operations they are.
        jobs: those that were created.
    """

    document: Mapping[str, Any]
    jobs: Jobs
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def adapt(self, place: str, request: Request, body: Any) -> Any:
        """Return the answer of an operation with the id of a new job, or with the state of the one it asks for.

        Args:
            place: method and path of the operation.
            request: to it.
            body: the answer, as the document has it.
        """
        declared = self.document.get(JOBS) or {}
        if place in declared:
            job = declared[place]
            where = job.get("id", "id")
            new = self._new_id(_get(body, where))
            self.jobs.create(str(new), result=True)
            return _put(_put(body, job.get("state", "status"), _state(job, finished=False)), where, new)
        for job in declared.values():
            asked = [*request.path_params.values(), *request.query_params.values()]
            known = next((value for value in asked if value in self.jobs), None)
            if job.get("status") == place and known is not None:
                finished = self.jobs.poll(known) is not None
                return _put(body, job.get("state", "status"), _state(job, finished=finished))
        return body

    def _new_id(self, sample: Any) -> Any:
        """Return an id of the kind that `sample` is."""
        number = next(self._numbers)
        if isinstance(sample, int):
            return number
        try:
            return str(uuid.UUID(int=uuid.UUID(sample).int ^ number))
        except (TypeError, ValueError, AttributeError):
            return f"job_{number}"


def _state(job: Mapping[str, Any], *, finished: bool) -> Any:
    ends = job.get("finished") or ["completed"]
    if finished:
        return ends[0]
    return not ends[0] if isinstance(ends[0], bool) else RUNNING


def _get(body: Any, path: str) -> Any:
    for name in path.split("."):
        body = body.get(name) if isinstance(body, Mapping) else None
    return body


def _put(body: Any, path: str, value: Any) -> Any:
    name, _, rest = path.partition(".")
    record = body if isinstance(body, Mapping) else {}
    return {**record, name: _put(record.get(name), rest, value) if rest else value}
