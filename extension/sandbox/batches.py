"""The batch operations: create, retrieve, list, cancel."""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.responses import Response

from .batch import Batch
from .batch_run import BatchRun
from .checks import Fields, decode_json
from .dialects import Dialect
from .errors import ApiError, json_response
from .files import ExpiresAfter
from .operation import JSON, Call, Operation
from .paging import page, whole_number

__all__ = ["operations"]

DAY = 86_400
Name = Annotated[str, Meta(max_length=64)]
Metadata = Annotated[dict[Name, Annotated[str, Meta(max_length=512)]], Meta(max_length=16)]


class BatchRequest(Fields, kw_only=True):
    """JSON body of POST /batches."""

    input_file_id: str
    endpoint: str
    completion_window: str
    metadata: Metadata | None = None
    output_expires_after: ExpiresAfter | None = None


class JobRequest(Fields, kw_only=True):
    """JSON body of Mistral's POST /batch/jobs."""

    input_files: Annotated[list[str], Meta(min_length=1, max_length=1)]
    endpoint: str
    model: str
    metadata: Metadata | None = None
    timeout_hours: Annotated[int, Meta(ge=1, le=168)] = 24


def create_batch(batched: Mapping[str, Operation], call: Call) -> Response:
    """Begin a batch, whose lines the `batched` operations answer."""
    service, body = call.service, call.body
    dialect, now = service.dialect, int(service.clock.now())
    if isinstance(body, JobRequest):
        file_id, model, window = body.input_files[0], body.model, f"{body.timeout_hours}h"
        lifetime = None
    else:
        file_id, model, window = body.input_file_id, None, body.completion_window
        _one_of("completion_window", window, dialect.windows)
        lifetime = body.output_expires_after
    _one_of("endpoint", body.endpoint, dialect.endpoints)
    file = service.file_store.get(file_id)
    if file.purpose != dialect.purpose:
        raise ApiError(
            f"The file {file_id} has the purpose '{file.purpose}', but must have '{dialect.purpose}'.",
            param="input_file_id",
            code="invalid_file_purpose",
        )
    batch = Batch(
        id=f"batch_{uuid.uuid4().hex}",
        endpoint=body.endpoint,
        input_file_id=file_id,
        input_size=file.size,
        model=model,
        window=window,
        metadata=body.metadata,
        created_at=now,
        expires_at=now + int(window[:-1]) * {"h": 3600, "d": DAY}[window[-1]],
        output_lifetime=lifetime.seconds if lifetime else 30 * DAY,
        fault=service.options.batch_fault if not service.batches.all() else "",
    )
    operation = batched[body.endpoint.removeprefix("/v1")]
    answer = partial(_answer_line, call, operation, model)
    service.batches.begin(batch, BatchRun(batch, file.path, answer, service).run())
    created = dialect.shape(batch, dialect)
    return json_response({"job": created} if service.options.like == "together" else created)


def _answer_line(call: Call, operation: Operation, model: str | None, content: bytes) -> tuple[int, bytes]:
    """Return status and body of the response to one line's body."""
    try:
        body = decode_json(content, operation.bodies[JSON])
        response = operation.handler(operation.call(call.request, call.service, body, model))
    except ApiError as error:
        return error.status, msgspec.json.encode(error.body)
    return response.status_code, bytes(response.body)


def retrieve_batch(call: Call) -> Response:
    """Return one batch."""
    return json_response(_shape(call, _find(call)))


def list_batches(call: Call) -> Response:
    """Return the batches, newest first."""
    batches = [_shape(call, batch) for batch in reversed(call.service.batches.all()) if not _vanished(batch)]
    if call.service.options.like == "together":
        return json_response(batches)
    if call.service.options.like == "mistral":
        size = whole_number(call.request, "page_size", 100, 1000)
        number = int(call.request.query_params.get("page", "0"))
        data = batches[number * size : (number + 1) * size]
        return json_response({"object": "list", "data": data, "total": len(batches)})
    return page(call.request, batches, 20, 100)


def cancel_batch(call: Call) -> Response:
    """Cancel a batch that is not at its end."""
    batch = _find(call)
    if batch.status not in ("validating", "in_progress", "cancelling"):
        raise ApiError(f"Cannot cancel a batch with status '{batch.status}'.", status=409)
    if batch.status != "cancelling":
        batch.enter("cancelling", call.service.clock.now())
        call.service.clock.wake()
    return json_response(_shape(call, batch))


def _find(call: Call) -> Batch:
    id_ = call.request.path_params["id"]
    batch = call.service.batches.get(id_)
    if batch is None or _vanished(batch):
        raise ApiError(f"No batch found with id '{id_}'.", status=404)
    return batch


def _vanished(batch: Batch) -> bool:
    return batch.fault == "vanish" and batch.is_final


def _shape(call: Call, batch: Batch) -> dict[str, Any]:
    return call.service.dialect.shape(batch, call.service.dialect)


def _one_of(param: str, value: str, choices: Any) -> None:
    if value not in choices:
        supported = ", ".join(map(repr, choices))
        raise ApiError(
            f"Invalid value: '{value}'. Supported values are: {supported}.", param=param, code="invalid_value"
        )


def operations(dialect: Dialect, batched: Mapping[str, Operation]) -> tuple[Operation, ...]:
    """Return the batch operations of a service; `batched` answer the lines, by path."""
    path, create = dialect.batch_path, partial(create_batch, batched)
    return (
        Operation("POST", path, create, {JSON: JobRequest if dialect.model_on_job else BatchRequest}),
        Operation("GET", path, list_batches),
        Operation("GET", f"{path}/{{id}}", retrieve_batch),
        Operation("POST", f"{path}/{{id}}/cancel", cancel_batch),
    )
