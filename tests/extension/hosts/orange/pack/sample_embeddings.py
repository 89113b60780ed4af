"""A node whose results are vectors, and one value of each other kind."""

from collections.abc import Mapping
from typing import Any, Literal

from endpoint_nodes.nodes.base import (
    Column,
    ColumnKind,
    JsonResultSchema,
    Node,
    Response,
    Route,
    optional,
    required,
    setting,
)
from endpoint_nodes.nodes.base.result_schema import parse_object


class Vectors(JsonResultSchema):
    def simplified(self) -> tuple[Column, ...]:
        return (
            Column("embedding", ColumnKind.VECTOR, "The vector."),
            Column("model", ColumnKind.TEXT, "The model."),
            Column("large", ColumnKind.INTEGER, "A number beyond what a float holds."),
            Column("score", ColumnKind.NUMBER, "A score."),
            Column("flagged", ColumnKind.BOOLEAN, "A flag."),
            Column("made", ColumnKind.TIME, "A time."),
            Column("usage", ColumnKind.JSON, "Tokens used."),
        )

    def items(self, response: Response, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        body = parse_object(response)
        facts = {"large": 2**60 + 1, "score": 0.5, "flagged": True, "made": 1_700_000_000, "usage": '{"a":\t1}'}
        return [{"embedding": item["embedding"], "model": body["model"], **facts} for item in body["data"]]


class SampleEmbeddings(Node):
    """Turns text into vectors.

    A node that only the tests know.
    """

    routes = (Route("embeddings", "POST", "/embeddings"),)
    response = Vectors()

    input: str | None = required("Input", "The text.", multiline=True)
    model: str | None = required("Model", "The model.", primary=False)
    dimensions: int | None = optional("Dimensions", "Length of the vectors.", minimum=1)
    encoding_format: Literal["float", "base64"] | None = optional("Encoding", "How vectors are written.")
    user: str | None = optional("User", "Your end user.", advanced=True)
    seed: int | None = optional("Seed", "Never sent by the tests.", minimum=-(2**63), maximum=2**63 - 1)
    threshold: float = setting("Threshold", "Not sent.", 0.25, minimum=0, maximum=1)
    words: list[str] = setting("Words", "Not sent.", [])
    grains: list[Literal["word", "segment"]] = setting("Grains", "Not sent.", [])

    def payload(self, values: Mapping[str, Any], route: Route) -> dict[str, Any]:
        return {**super().payload(values, route), "dimensions": values.get("dimensions", 3)}
