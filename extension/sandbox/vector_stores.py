"""POST /vector_stores/{id}/search: one store, with passages of its own and the text files uploaded for assistants.

Passages are compared by the sandbox's own vectors of words, so that similar texts are found.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.responses import Response

from .checks import Fields
from .embeddings import embed
from .errors import ApiError, json_response
from .operation import JSON, Call, Operation
from .service import Service

__all__ = ["OPERATIONS"]

STORE = "vs_sandbox"
LONGEST_FILE = 1_000_000  # bytes of an uploaded file that is searched
PASSAGES = {
    "plums.md": ("en", "Sweet plums are soft to the touch. A ripe plum smells of honey and keeps for two days."),
    "returns.md": ("en", "A mug that arrives broken is replaced free of charge within thirty days."),
    "delivery.md": ("en", "Parcels leave the warehouse on the same day and arrive within three working days."),
    "pflaumen.md": ("de", "Reife Pflaumen duften nach Honig und halten sich zwei Tage."),
}


class Filter(Struct, forbid_unknown_fields=True):
    """A comparison with an attribute, or several filters joined."""

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "and", "or"]
    key: str | None = None
    value: Any | UnsetType = UNSET
    filters: "list[Filter] | None" = None


class RankingOptions(Struct, forbid_unknown_fields=True):
    """How results are ranked again."""

    ranker: Literal["none", "auto", "default-2024-11-15"] | None = None
    score_threshold: Annotated[float, Meta(ge=0, le=1)] = 0


class SearchRequest(Fields, kw_only=True):
    """Body of a search."""

    query: str | Annotated[list[str], Meta(min_length=1)]
    rewrite_query: bool | None = None
    max_num_results: Annotated[int, Meta(ge=1, le=50)] = 10
    filters: Filter | None = None
    ranking_options: RankingOptions | None = None


def search_vector_store(call: Call) -> Response:
    """Return the passages that are most like the query."""
    body: SearchRequest = call.body
    store = call.request.path_params["id"]
    if store != STORE:
        raise ApiError(f"Vector store with id '{store}' not found. The sandbox has '{STORE}'.", status=404, param="id")
    queries = [body.query] if isinstance(body.query, str) else body.query
    wanted = embed(" ".join(queries))
    least = body.ranking_options.score_threshold if body.ranking_options else 0
    hits = [
        {**passage, "score": round(max(0.0, min(1.0, float(wanted @ embed(passage["content"][0]["text"])))), 6)}
        for passage in _passages(call.service)
        if body.filters is None or _meets(body.filters, passage["attributes"])
    ]
    found = sorted((hit for hit in hits if hit["score"] >= least), key=lambda hit: -hit["score"])
    page = {"search_query": queries, "data": found[: body.max_num_results], "has_more": False, "next_page": None}
    return json_response({"object": "vector_store.search_results.page", **page})


def _passages(service: Service) -> Iterator[dict[str, Any]]:
    for name, (language, text) in PASSAGES.items():
        yield _passage(f"file-{name.partition('.')[0]}", name, {"language": language}, text)
    for file in service.file_store.all():
        if file.purpose == "assistants" and file.size <= LONGEST_FILE:
            for text in file.path.read_text(encoding="utf-8", errors="replace").split("\n\n"):
                if text.strip():
                    yield _passage(file.id, file.filename, {}, text.strip())


def _passage(file_id: str, name: str, attributes: dict[str, str], text: str) -> dict[str, Any]:
    content = [{"type": "text", "text": text}]
    return {"file_id": file_id, "filename": name, "attributes": attributes, "content": content}


def _meets(asked: Filter, attributes: dict[str, Any]) -> bool:
    """Return whether attributes meet a filter.

    Raises:
        ApiError: 400, the filter lacks something.
    """
    if asked.type in ("and", "or"):
        if not asked.filters:
            raise _refusal(f"A filter of type '{asked.type}' needs 'filters'.")
        return (all if asked.type == "and" else any)([_meets(one, attributes) for one in asked.filters])
    if asked.key is None or asked.value is UNSET:
        raise _refusal(f"A filter of type '{asked.type}' needs 'key' and 'value'.")
    held, value = attributes.get(asked.key), asked.value
    if asked.type in ("in", "nin"):
        if not isinstance(value, list):
            raise _refusal(f"The value of a filter of type '{asked.type}' is a list.")
        return (held in value) == (asked.type == "in")
    if asked.type in ("eq", "ne"):
        return bool(held == value) == (asked.type == "eq")
    numbers = all(isinstance(one, int | float) for one in (held, value))
    order = {"gt": lambda: held > value, "gte": lambda: held >= value, "lt": lambda: held < value}
    return numbers and bool(order.get(asked.type, lambda: held <= value)())


def _refusal(message: str) -> ApiError:
    return ApiError(message, param="filters", code="invalid_value")


OPERATIONS = (Operation("POST", "/vector_stores/{id}/search", search_vector_store, {JSON: SearchRequest}, heavy=True),)
