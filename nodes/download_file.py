"""Download File."""

from collections.abc import Mapping, Sequence
from email.message import Message
from typing import Any

from .base import Body, Column, ColumnKind, Node, Response, ResultSchema, Route, required


class FileContents(ResultSchema):
    """The content of a file, whatever the format of the result."""

    raw_kind = ColumnKind.FILE
    headline = ("filename",)

    def simplified(self) -> tuple[Column, ...]:
        return (
            Column("file", ColumnKind.FILE, "The file's content."),
            Column("filename", ColumnKind.TEXT, "Its name, if the service says it."),
            Column("bytes", ColumnKind.INTEGER, "Its size in bytes."),
            Column("media_type", ColumnKind.TEXT, "What it is, if the service says it.", detail=True),
        )

    structured = simplified

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        return [self.structure(response, values)]

    def structure(self, response: Response, values: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "file": response.body,
            "filename": _filename(response),
            "bytes": len(response.body),
            "media_type": response.media_type or None,
        }


def _filename(response: Response) -> str | None:
    """Return the name that the header Content-Disposition says, without folders: it comes from elsewhere."""
    header = Message()
    header["Content-Disposition"] = response.headers.get("content-disposition", "")
    return (header.get_filename() or "").replace("\\", "/").rpartition("/")[2] or None


class DownloadFile(Node):
    """Downloads files that the service keeps: what batches and tools have made, or what was uploaded for batches.

    Each row of the input table is the id of one file, and gives one row. OpenAI does not give back files whose purpose
    is assistants, vision or user_data.
    """

    routes = (Route("content", "GET", "/files/{file_id}/content", Body.NONE),)
    response = FileContents()
    openai = True
    search_terms = ("download", "content", "attachment", "batch output")

    file_id: str | None = required(
        "File id", "The service's id of the file, as Upload File gives it.", example="file-sandbox", since="0.2.0"
    )
