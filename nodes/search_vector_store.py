"""Search Vector Store."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ..port_types.errors import BadResponse
from ..port_types.fields.values import preview
from .base import Column, ColumnKind, JsonResultSchema, Node, Response, Route, optional, required
from .base.result_schema import extract_columns, parse_object

HIT = (
    Column("text", ColumnKind.TEXT, "The passage that was found."),
    Column("score", ColumnKind.NUMBER, "How well it fits the query, from 0 to 1."),
    Column("filename", ColumnKind.TEXT, "Name of the file that it is from."),
    Column("file_id", ColumnKind.TEXT, "The service's id of that file."),
    Column("attributes", ColumnKind.JSON, "What is known of the file, as it was stored with it."),
    Column("index", ColumnKind.INTEGER, "Its rank among the passages of its query, from 0."),
)
PAGE = (
    Column("search_query", ColumnKind.JSON, "The list of queries that were searched for, as rewritten.", detail=True),
    Column("data", ColumnKind.JSON, "The list of passages as the service sent it."),
    Column("has_more", ColumnKind.BOOLEAN, "Whether there are passages beyond these."),
    Column("next_page", ColumnKind.TEXT, "The service's token for those."),
)


class SearchResults(JsonResultSchema):
    """Passages of files, the best first."""

    structured_columns = PAGE
    headline = ("text",)

    def simplified(self) -> tuple[Column, ...]:
        return (*HIT, PAGE[0])

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        body = parse_object(response)
        found = body.get("data")
        if not isinstance(found, list) or not all(isinstance(hit, dict) for hit in found):
            raise BadResponse(f"the service answered without a list of passages (data is {preview(found)})")
        query = extract_columns(body, PAGE[:1])
        return [
            {**extract_columns({**hit, "text": _text(hit), "index": at}, HIT), **query} for at, hit in enumerate(found)
        ]


def _text(hit: Mapping[str, Any]) -> str | None:
    """Return the text of a passage, whose parts are paragraphs of it."""
    content = hit.get("content")
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return "\n\n".join(part["text"] for part in parts if isinstance(part.get("text"), str)) or None


class SearchVectorStore(Node):
    """Searches the files of a vector store for the passages that fit a query best.

    Each row of the input table is one query and one request; each passage that is found is one row of the result. Every
    run searches again, because the files of a store may have changed.
    """

    routes = (Route("search", "POST", "/vector_stores/{vector_store_id}/search", makes=False),)
    response = SearchResults()
    openai = True
    search_terms = ("rag", "retrieval", "semantic search", "file search", "knowledge base")

    query: str | None = required(
        "Query", "What to search for, in plain words.", multiline=True, example="Which plums are sweet?", since="0.2.0"
    )
    vector_store_id: str | None = required(
        "Vector store", "The service's id of the store.", primary=False, example="vs_sandbox", since="0.2.0"
    )
    max_num_results: int | None = optional(
        "Max results",
        "Most passages to find for a query; 10 if it is off.",
        minimum=1,
        maximum=50,
        example=5,
        since="0.2.0",
    )
    score_threshold: float | None = optional(
        "Minimum score", "Leaves out passages with a lower score.", minimum=0, maximum=1, since="0.2.0"
    )
    filters: dict[str, Any] | None = optional(
        "Filters",
        "JSON object that the files' attributes must meet: a comparison, or several joined by and or or.",
        advanced=True,
        example={"type": "eq", "key": "language", "value": "en"},
        since="0.2.0",
    )
    rewrite_query: bool | None = optional(
        "Rewrite the query", "Whether the service makes a better query of it first.", advanced=True, since="0.2.0"
    )
    ranker: Literal["none", "auto", "default-2024-11-15"] | None = optional(
        "Ranker", "How the passages are ranked again; none is faster.", advanced=True, since="0.2.0"
    )

    def payload(self, values: Mapping[str, Any], route: Route) -> dict[str, Any]:
        payload = super().payload(values, route)
        ranking = {name: payload.pop(name) for name in ("ranker", "score_threshold") if name in payload}
        return {**payload, "ranking_options": ranking} if ranking else payload
