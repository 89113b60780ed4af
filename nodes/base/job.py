"""Jobs: operations whose response says only that the work has begun; the result is there when a job has finished."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...port_types.errors import BadResponse
from ...port_types.fields.values import preview
from .request import Request
from .response import Response
from .result_schema import GarbledResponse, error_message, printable
from .route import Body, Route
from .urls import path_fields

__all__ = ["FAILED", "FINISHED", "Job"]

FINISHED = ("completed", "succeeded")
FAILED = ("failed", "cancelled", "canceled", "expired", "error")


@dataclass(frozen=True)
class Job:
    """How the job that an operation creates is polled until it has ended.

    ``Job("/videos/{id}", result="/videos/{id}/content")`` is all that is needed for a service whose job has an ``id``
    and a ``status`` of *completed* or *failed*.

    Attributes:
        status: path of the operation that says how the job is; ``{id}`` is the job's id, other names are values of the
            row.
        result: path of the operation that has the result; "" where the last status response is the result.
        id: where the id of the job is in the response that creates it; dots lead into records.
        state: where the state of the job is in the response of the status operation.
        finished: states in which the result is there.
        failed: states in which there will never be one. Whatever is neither is polled again.
        error: where the service says why a job failed; a text, or a record that holds one.
    """

    status: str
    result: str = ""
    id: str = "id"
    state: str = "status"
    finished: Sequence[Any] = FINISHED
    failed: Sequence[Any] = FAILED
    error: str = "error"

    def job_id(self, created: Response) -> str:
        """Return the id of the job.

        Raises:
            BadResponse: the response that should create it has none.
        """
        found = _look_up(created, self.id)
        if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
            raise BadResponse(f"the service answered without a job ({self.id} is {preview(found)})")
        return str(found)

    def is_result(self, response: Response) -> bool:
        """Return whether a response, to the creation or of the status operation, is the result itself."""
        return not self.result and self.has_finished(response)

    def has_finished(self, response: Response) -> bool:
        """Return whether the job has come to its result."""
        return _look_up(response, self.state) in self.finished

    def failure(self, response: Response) -> str | None:
        """Return why there will be no result, in the service's own sentence; None as long as there may be one."""
        state = _look_up(response, self.state)
        if state not in self.failed:
            return None
        said = _look_up(response, self.error)
        sentence = printable(said) if isinstance(said, str) else error_message({"error": said}) if said else ""
        return sentence or f"{self.state} is {state!r}"

    def state_of(self, response: Response) -> str:
        """Return the state of a job, as messages show it.

        Raises:
            GarbledResponse: the response has none.
        """
        found = _look_up(response, self.state)
        if found is None or isinstance(found, list | dict):
            raise GarbledResponse(f"the service did not say how the job is ({self.state} is {preview(found)})")
        return str(found)

    def status_request(self, job_id: str, values: Mapping[str, Any]) -> Request:
        """Return the request that asks how a job is.

        Args:
            job_id: the job's.
            values: those it was created with, by wire name.
        """
        return _get("status", self.status, job_id, values)

    def result_request(self, job_id: str, values: Mapping[str, Any]) -> Request | None:
        """Return the request for the result of a finished job, None where the status response is the result."""
        return _get("result", self.result, job_id, values) if self.result else None


def _get(name: str, template: str, job_id: str, values: Mapping[str, Any]) -> Request:
    filled = {**values, "id": job_id}
    return Request(Route(name, "GET", template, Body.NONE), {part: filled.get(part) for part in path_fields(template)})


def _look_up(response: Response, path: str) -> Any:
    try:
        found = response.json
    except ValueError:
        return None
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found
