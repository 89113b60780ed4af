"""Which operations of a document create jobs: no document says it, so a small file beside it does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ...port_types.errors import InvalidSetting
from ..base import Body, Job, Route
from ..base.job import FAILED, FINISHED
from .descriptions import OperationDescription
from .encoding import OperationRequest
from .requests import build_request

__all__ = ["OperationJob", "read_job"]


class _Declared(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One table of the file, whose name is the operation that creates the job."""

    status: str
    result: str = ""
    id: str = "id"
    state: str = "status"
    finished: tuple[str | int | bool, ...] = FINISHED
    failed: tuple[str | int | bool, ...] = FAILED
    error: str = "error"


@dataclass(frozen=True, kw_only=True)
class OperationJob(Job):
    """A job whose operations are in the document; what they share with the one that creates it has the same values.

    Attributes:
        created_by: the operation that creates it.
        polled: the operation that says how it is.
        fetched: the operation that has its result, None where `polled` has.
    """

    created_by: OperationDescription
    polled: OperationDescription
    fetched: OperationDescription | None

    def status_request(self, job_id: str, values: Mapping[str, Any]) -> OperationRequest:
        return self._request(self.polled, job_id, values)

    def result_request(self, job_id: str, values: Mapping[str, Any]) -> OperationRequest | None:
        return self._request(self.fetched, job_id, values) if self.fetched else None

    def _request(self, operation: OperationDescription, job_id: str, values: Mapping[str, Any]) -> OperationRequest:
        given = {_id_field(operation, self.created_by): job_id}
        shared = {
            (one.location, one.path): values[one.attribute] for one in self.created_by.fields if one.attribute in values
        }
        given |= {
            one.attribute: shared[place] for one in operation.fields if (place := (one.location, one.path)) in shared
        }
        route = Route(operation.name, operation.method, operation.path, Body.NONE)
        return OperationRequest(route, given, build_request(operation, given))


def read_job(
    place: str, raw: Any, created_by: OperationDescription, operations: Mapping[str, OperationDescription]
) -> OperationJob:
    """Return the job that an operation creates.

    Args:
        place: method and path of the operation, as the file names it.
        raw: what the file says of it.
        created_by: the operation.
        operations: those of the document, by method and path.

    Raises:
        InvalidSetting: the file says something that cannot be.
    """
    try:
        declared = msgspec.convert(raw, _Declared)
    except msgspec.ValidationError as error:
        raise InvalidSetting(f'The job of "{place}" cannot be read ({error}).') from None
    named = [declared.status, *filter(None, [declared.result])]
    for name in named:
        if name not in operations:
            raise InvalidSetting(f'The job of "{place}" names "{name}", which is not an operation of the document.')
        if not _id_field(operations[name], created_by):
            raise InvalidSetting(
                f'The job of "{place}" names "{name}", which must take the id of the job, and nothing else that '
                f'"{place}" does not take as well.'
            )
    described = [operations[name] for name in named]
    fetched = described[1] if len(described) > 1 else None
    return OperationJob(**msgspec.structs.asdict(declared), created_by=created_by, polled=described[0], fetched=fetched)


def _id_field(operation: OperationDescription, created_by: OperationDescription) -> str:
    """Return the only required field that the creation of a job does not have, "" if there are none or several."""
    shared = {(one.location, one.path) for one in created_by.fields}
    own = [one.attribute for one in operation.fields if one.required and (one.location, one.path) not in shared]
    return own[0] if len(own) == 1 else ""
