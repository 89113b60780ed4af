"""The file operations: upload, list, retrieve, content, delete."""

from typing import Annotated, Literal

import msgspec
from starlette.responses import FileResponse, Response

from .checks import Fields, Upload
from .dialects import Dialect
from .errors import ApiError, json_response
from .operation import FORM, Call, Operation
from .paging import page

__all__ = ["ExpiresAfter", "operations"]

BATCH_DAYS = 30  # until a file of a batch expires, where nothing else is said
PRIVATE = ("assistants", "user_data", "vision")  # purposes whose content is not given back


class ExpiresAfter(msgspec.Struct, forbid_unknown_fields=True):
    """When a file expires: seconds after it was made."""

    anchor: Literal["created_at"]
    seconds: Annotated[int, msgspec.Meta(ge=3600, le=2_592_000)]


class FileUpload(Fields, kw_only=True):
    """Multipart body of POST /files."""

    file: Upload
    purpose: Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
    expires_after: ExpiresAfter | None = None


class NamedUpload(Fields, kw_only=True):
    """Multipart body of Together's POST /files/upload."""

    file: Upload
    purpose: Literal["batch-api", "fine-tune", "eval"]
    file_name: str | None = None
    file_type: Literal["jsonl", "csv", "parquet"] | None = None


def create_file(call: Call) -> Response:
    """Keep a file."""
    body: FileUpload | NamedUpload = call.body
    for_batch = body.purpose == call.service.dialect.purpose
    if for_batch and not body.file.filename.endswith(".jsonl"):
        raise ApiError("Invalid file format for Batch API. Must be .jsonl", param="file", code="invalid_file_format")
    lifetime = BATCH_DAYS * 86_400 if for_batch else None
    name = body.file.filename
    if isinstance(body, FileUpload):
        lifetime = body.expires_after.seconds if body.expires_after else lifetime
    else:
        name = body.file_name or name
    return json_response(call.service.file_store.save(body.file.file, name, body.purpose, lifetime).describe())


def list_files(call: Call) -> Response:
    """Return the files, newest first unless `order` is `asc`."""
    query = call.request.query_params
    files = [
        file.describe() for file in call.service.file_store.all() if query.get("purpose") in (None, "", file.purpose)
    ]
    if query.get("order") != "asc":
        files.reverse()
    return page(call.request, files, 10_000, 10_000)


def retrieve_file(call: Call) -> Response:
    """Return one file object."""
    return json_response(call.service.file_store.get(call.request.path_params["id"]).describe())


def file_content(call: Call) -> Response:
    """Return the content of a file."""
    file = call.service.file_store.get(call.request.path_params["id"])
    if file.purpose in PRIVATE:
        raise ApiError(f"Not allowed to download files of purpose: {file.purpose}")
    return FileResponse(file.path, media_type="application/octet-stream", filename=file.filename)


def delete_file(call: Call) -> Response:
    """Delete one file."""
    id_ = call.request.path_params["id"]
    call.service.file_store.delete(id_)
    return json_response({"id": id_, "object": "file", "deleted": True})


def operations(dialect: Dialect) -> tuple[Operation, ...]:
    """Return the file operations of a service."""
    upload = FileUpload if dialect.upload_path == "/files" else NamedUpload
    return (
        Operation("POST", dialect.upload_path, create_file, {FORM: upload}, heavy=True),
        Operation("GET", "/files", list_files),
        Operation("GET", "/files/{id}", retrieve_file),
        Operation("GET", "/files/{id}/content", file_content),
        Operation("DELETE", "/files/{id}", delete_file),
    )
