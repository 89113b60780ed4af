"""Create Embeddings."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ..port_types.errors import BadResponse
from ..port_types.fields.values import preview
from .base import (
    Bundling,
    Column,
    ColumnKind,
    JsonResultSchema,
    Node,
    Response,
    Route,
    models_that,
    optional,
    required,
    setting,
)
from .base.model_patterns import EMBEDDING_MODELS
from .base.model_rules import EMBEDDING_RULES
from .base.result_schema import extract_columns, parse_object

RESPONSE = (
    Column("model", ColumnKind.TEXT, "The model that made the vectors.", detail=True),
    Column("data", ColumnKind.JSON, "The list of vectors as the service sent it."),
    Column("usage", ColumnKind.JSON, "Tokens used, on one row of each request.", detail=True),
)


class Vectors(JsonResultSchema):
    """One vector for each text, as numbers or as base64 of 32-bit floats."""

    structured_columns = RESPONSE

    def simplified(self) -> tuple[Column, ...]:
        return (
            Column("embedding", ColumnKind.VECTOR, "The vector of the text."),
            *(column for column in RESPONSE if column.name != "data"),
        )

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        body = parse_object(response)
        data = body.get("data")
        if not isinstance(data, list) or not data:
            raise BadResponse(f"the service answered without vectors (data is {preview(data)})")
        common = extract_columns(body, (RESPONSE[0], RESPONSE[2]))
        if len(data) > 1:
            raise BadResponse(f"the service answered with {len(data)} vectors for one text")
        return [{"embedding": _vector(data[0]), **common}]


def _vector(item: Any) -> Any:
    import numpy as np
    import pybase64

    value = item.get("embedding") if isinstance(item, dict) else None
    try:
        if isinstance(value, str):
            return _finite(np.frombuffer(pybase64.b64decode(value.encode("ascii"), validate=True), "<f4"))
        while isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
            value = value[0]  # llama.cpp's server puts the vector of a text into a list of its own
        if isinstance(value, list) and value and not any(isinstance(number, str | list | None) for number in value):
            with np.errstate(over="ignore"):
                return _finite(np.asarray(value, "<f4"))
    except ValueError:
        pass
    raise BadResponse(f"the service answered with an embedding that is {preview(value)} instead of numbers")


def _finite(vector: Any) -> Any:
    """Return a vector of which every number is one.

    Raises:
        ValueError: one is not, or is too large for 32 bits.
    """
    import numpy as np

    if not np.isfinite(vector).all():
        raise ValueError
    return vector


class CreateEmbeddings(Node):
    """Turns texts into vectors: texts of similar meaning lie close together.

    Each row of the input table is one text and gives one vector. Rows share requests; a request that is refused is
    sent again in halves, so that one text the service cannot take does not cost the others.
    """

    routes = (Route("embeddings", "POST", "/embeddings", rules=EMBEDDING_RULES),)
    response = Vectors()
    bundling = Bundling("input", "data")
    openai = True
    search_terms = ("vectors", "semantic search", "similarity", "llm")

    input: str | None = required("Text", "The text to embed.", multiline=True)
    model: str | None = required("Model", "The model to use.", primary=False, suggestions=models_that(EMBEDDING_MODELS))
    dimensions: int | None = optional(
        "Dimensions", "Length of the vectors, if the model can shorten them.", minimum=1, example=256
    )
    encoding_format: Literal["float", "base64"] | None = optional(
        "Vector encoding",
        "How vectors are sent: base64 is smaller and faster; the result holds the same numbers.",
        advanced=True,
    )
    user: str | None = optional(
        "End user", "An id of your end user, for the service's abuse monitoring.", advanced=True
    )
    rows_per_request: int = setting(
        "Rows per request",
        "How many texts share a request; fewer if they are long, because services limit the tokens of a request.",
        64,
        minimum=1,
        maximum=2048,
    )

    def bundle_size(self) -> int:
        return self.rows_per_request
