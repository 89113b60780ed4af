"""Rerank: a node for `POST /rerank`, as Jina, Cohere, vLLM and llama.cpp serve it.

Install it beside Endpoint Nodes with ``pip install ./examples/rerank``, and it is in every host.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from endpoint_nodes.nodes.base import (
    Column,
    ColumnKind,
    JsonResultSchema,
    Node,
    Response,
    Route,
    Rule,
    models_that,
    optional,
    required,
)
from endpoint_nodes.nodes.base.result_schema import extract_columns, parse_object
from endpoint_nodes.port_types.errors import BadResponse

RERANKERS = ("rerank-*", "*rerank*", "*-reranker-*")
RESULT = (
    Column("document", ColumnKind.TEXT, "The document."),
    Column("relevance_score", ColumnKind.NUMBER, "How well the document answers the query; higher is better."),
    Column("index", ColumnKind.INTEGER, "Place of the document in the request, from 0."),
)
RESPONSE = (
    Column("model", ColumnKind.TEXT, "The model that ranked the documents."),
    Column("results", ColumnKind.JSON, "The list of results as the service sent it."),
    Column("usage", ColumnKind.JSON, "Tokens used, as the service counts them."),
)


def _check_at_most_all(top_n: int, values: Mapping[str, Any]) -> str | None:
    documents = values.get("documents")
    return f"must be at most the {len(documents)} documents" if documents and top_n > len(documents) else None


class Rankings(JsonResultSchema):
    """Documents by relevance, the best first."""

    structured_columns = RESPONSE
    headline = ("document",)

    def simplified(self) -> tuple[Column, ...]:
        return RESULT

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        results = parse_object(response).get("results")
        if not isinstance(results, list) or not all(isinstance(result, dict) for result in results):
            raise BadResponse("the service answered without results")
        return [self._item(result, values["documents"]) for result in results]

    def _item(self, result: Mapping[str, Any], documents: Sequence[str]) -> Mapping[str, Any]:
        index = result.get("index")
        if type(index) is not int or not 0 <= index < len(documents):
            raise BadResponse(f"the service answered with the document {index!r} of {len(documents)}")
        return extract_columns({**result, "document": documents[index]}, RESULT)


class Rerank(Node):
    """Sorts documents by how well they answer a query.

    Each row of the input table is one request: a query with its documents. It gives one row for each document, the
    best first.
    """

    routes = (Route("rerank", "POST", "/rerank", rules=(Rule("top_n", check=_check_at_most_all, hint="lower Top N"),)),)
    response = Rankings()

    query: str | None = required("Query", "What the documents should answer.", example="A chair for a small desk")
    documents: list[str] | None = required(
        "Documents",
        "The texts to sort: a list, or text that is a JSON list.",
        multiline=True,
        example=["A sofa for five", "A folding chair for small desks"],
    )
    model: str | None = optional(
        "Model", "The model to use.", suggestions=models_that(RERANKERS), example="sandbox-rerank"
    )
    top_n: int | None = optional("Top N", "How many documents to return; off means all.", minimum=1, example=1)


def sandbox_operations() -> "Sequence[Any]":
    """Return what the sandbox serves for this node: documents by the words they share with the query."""
    from endpoint_nodes.extension.sandbox.checks import Fields
    from endpoint_nodes.extension.sandbox.errors import json_response
    from endpoint_nodes.extension.sandbox.operation import JSON, Call, Operation

    class RerankRequest(Fields, kw_only=True):
        query: str
        documents: list[str]
        model: str = "sandbox-rerank"
        top_n: int | None = None

    def rerank(call: Call) -> Any:
        body = call.body
        wanted = set(body.query.lower().split())
        scores = [len(wanted & set(text.lower().split())) / max(1, len(wanted)) for text in body.documents]
        order = sorted(range(len(scores)), key=lambda index: -scores[index])[: body.top_n]
        results = [{"index": index, "relevance_score": scores[index]} for index in order]
        words = sum(len(text.split()) for text in [body.query, *body.documents])
        return json_response({"model": body.model, "results": results, "usage": {"total_tokens": words}})

    return (Operation("POST", "/rerank", rerank, {JSON: RerankRequest}),)
