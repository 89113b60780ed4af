"""List Models."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..port_types.errors import BadResponse
from ..port_types.fields.values import preview
from .base import Body, Column, ColumnKind, JsonResultSchema, Node, Response, Route
from .base.result_schema import extract_columns, parse_object

MODEL = (
    Column("id", ColumnKind.TEXT, "Name of the model, for a node's Model field."),
    Column("created", ColumnKind.TIME, "When the model was made."),
    Column("owned_by", ColumnKind.TEXT, "Who made it."),
    Column("shutdown_date", ColumnKind.TEXT, "Day on which the service ends it (YYYY-MM-DD), if it is known."),
)


class Models(JsonResultSchema):
    """A list of models."""

    structured_columns = (Column("data", ColumnKind.JSON, "The list of models as the service sent it."),)
    headline = ("id",)

    def simplified(self) -> tuple[Column, ...]:
        return MODEL

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        data = parse_object(response).get("data")
        if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
            raise BadResponse(f"the service answered without a list of models (data is {preview(data)})")
        return [extract_columns(item, MODEL) for item in data]


class ListModels(Node):
    """Lists the models of a service, with the dates until which it has them."""

    routes = (Route("models", "GET", "/models", Body.NONE),)
    response = Models()
    openai = True
    search_terms = ("gpt", "llm", "which models")
