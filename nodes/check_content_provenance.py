"""Check Content Provenance."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..port_types.errors import BadResponse
from ..port_types.fields.values import preview
from .base import Body, Column, ColumnKind, FileRules, JsonResultSchema, Node, Response, Route, SourceFile, required
from .base.result_schema import extract_columns, parse_object
from .base.transcripts import RECORDING

SIGNAL = (
    Column("type", ColumnKind.TEXT, "The signal that was looked for: c2pa or synthid."),
    Column("outcome", ColumnKind.TEXT, "Whether the signal is there: detected or not_detected."),
    Column("validation_state", ColumnKind.TEXT, "How far the C2PA manifest is to be trusted; c2pa only."),
    Column("issuer", ColumnKind.TEXT, "Who signed the C2PA manifest, if it says so; c2pa only."),
    Column("model", ColumnKind.TEXT, "The model that made the file, if the signal says so."),
    Column("generated_at", ColumnKind.TEXT, "When the file was made (RFC 3339), if the signal says so."),
)
CHECK = (
    Column("created_at", ColumnKind.TIME, "When the file was checked.", detail=True),
    Column("results", ColumnKind.JSON, "The list of results as the service sent it."),
)
IMAGES = ("image/png", "image/jpeg", "image/webp", "image/gif")


class ProvenanceResults(JsonResultSchema):
    """What each signal says of a file."""

    structured_columns = CHECK
    headline = ("outcome",)

    def simplified(self) -> tuple[Column, ...]:
        return (*SIGNAL, CHECK[0])

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        body = parse_object(response)
        results = body.get("results")
        if not isinstance(results, list) or not all(isinstance(item, dict) for item in results):
            raise BadResponse(f"the service answered without results (results is {preview(results)})")
        return [{**extract_columns(item, SIGNAL), **extract_columns(body, CHECK[:1])} for item in results]


class CheckContentProvenance(Node):
    """Checks whether images and recordings carry signals that OpenAI made them: a C2PA manifest, a SynthID watermark.

    Each row of the input table is one file and one request, and gives one row for each signal: two for an image, one
    for a recording. That nothing is detected does not mean that a file was not generated: signals can be lost or
    removed.
    """

    routes = (
        Route(
            "provenance",
            "POST",
            "/content_provenance_checks",
            Body.MULTIPART,
            files={"file": FileRules((*IMAGES, *RECORDING.accepts, "audio/aac"), 100_000_000)},
        ),
    )
    response = ProvenanceResults()
    openai = True
    search_terms = ("c2pa", "synthid", "watermark", "deepfake", "ai generated")

    file: SourceFile | None = required("File", "The image or recording to check: a path or a url.", since="0.2.0")
