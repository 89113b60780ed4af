"""Upload File."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from ..port_types.errors import BadResponse, InvalidInput
from ..port_types.fields.values import preview
from .base import (
    Body,
    Column,
    ColumnKind,
    FileRules,
    JsonResultSchema,
    Node,
    Response,
    Route,
    SourceFile,
    optional,
    required,
)
from .base.result_schema import extract_columns, parse_object

FILE = (
    Column("id", ColumnKind.TEXT, "The service's id of the file, which other operations take."),
    Column("filename", ColumnKind.TEXT, "What the service calls it."),
    Column("bytes", ColumnKind.INTEGER, "Its size in bytes."),
    Column("purpose", ColumnKind.TEXT, "What it is for.", detail=True),
    Column("created_at", ColumnKind.TIME, "When it was uploaded.", detail=True),
    Column("expires_at", ColumnKind.TIME, "When the service deletes it; missing for a file that stays."),
)
LINES = ("batch", "fine-tune")
"""Purposes of files with one JSON object a line."""


class UploadedFiles(JsonResultSchema):
    """A file that the service keeps."""

    structured_columns = (*FILE, Column("status_details", ColumnKind.TEXT, "What is wrong with the file."))
    headline = ("filename",)

    def simplified(self) -> tuple[Column, ...]:
        return FILE

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        body = parse_object(response)
        if not isinstance(body.get("id"), str):
            raise BadResponse(f"the service answered without the id of a file (id is {preview(body.get('id'))})")
        return [extract_columns(body, FILE)]

    def expires_at(self, response: Response) -> int | None:
        end = extract_columns(parse_object(response), FILE)["expires_at"]
        return None if end is None else int(end)


class UploadFile(Node):
    """Uploads files to the service, for search, for batches, for fine-tuning, or as input of models.

    Each row of the input table is one file and one request; a folder uploads each of its files. The result has the
    files' ids. A file that was uploaded before, with the same name and fields, is not uploaded again: its id comes from
    the cache, unless *Take* asks for another copy.
    """

    routes = (
        Route(
            "files",
            "POST",
            "/files",
            Body.MULTIPART,
            files={"file": FileRules((), 512_000_000)},
            repeatable=False,
        ),
    )
    response = UploadedFiles()
    openai = True
    search_terms = ("upload", "attachment", "document", "pdf", "jsonl")

    file: SourceFile | None = required(
        "File", "The file to upload: a path, a url, an image or a recording.", since="0.2.0"
    )
    filename: str | None = optional(
        "File name",
        "Name that the service gives to the file, with its suffix; needed for data without a name of its own.",
        pattern=r"[^\x00-\x1f\"\\/]{1,200}",
        pattern_help="a name without slashes, quotation marks and line breaks",
        example="report.jsonl",
        advanced=True,
        since="0.2.0",
    )
    purpose: Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"] | None = required(
        "Purpose",
        "What the file is for: assistants for file search, batch and fine-tune for JSON lines, vision for images to "
        "fine-tune with, user_data for input of models, evals for evaluations.",
        primary=False,
        example="user_data",
        since="0.2.0",
    )
    expires_after_seconds: int | None = optional(
        "Expires after",
        "Seconds after which the service deletes the file; else files of batches stay 30 days, others for good.",
        minimum=3600,
        maximum=2_592_000,
        example=86_400,
        advanced=True,
        since="0.2.0",
    )

    def payload(self, values: Mapping[str, Any], route: Route) -> dict[str, Any]:
        payload = super().payload(values, route)
        name = payload.pop("filename", None)
        if name:
            payload["file"] = replace(payload["file"], name=name)
        called, purpose = payload["file"].name, payload.get("purpose")
        if purpose in LINES and not called.lower().endswith(".jsonl"):
            raise InvalidInput(f"`purpose` is {purpose}, which takes .jsonl files, but the file is called {called}.")
        if seconds := payload.pop("expires_after_seconds", None):
            payload |= {"expires_after[anchor]": "created_at", "expires_after[seconds]": seconds}
        return payload
