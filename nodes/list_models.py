"""List Models."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..port_types.errors import BadAnswer
from ..port_types.fields.values import shown
from .base import Answer, Body, Column, ColumnKind, JsonResponse, Node, Operation
from .base.result_schema import parse_object, picked

MODEL = (
    Column("id", ColumnKind.TEXT, "Name of the model, for a node's Model field."),
    Column("created", ColumnKind.TIME, "When the model was made."),
    Column("owned_by", ColumnKind.TEXT, "Who made it."),
    Column("shutdown_date", ColumnKind.TEXT, "Day on which the service ends it (YYYY-MM-DD), if it is known."),
)


class Models(JsonResponse):
    """A list of models."""

    structured_columns = (Column("data", ColumnKind.JSON, "The list of models as the service sent it."),)
    headline = ("id",)

    def simplified(self, node: Node) -> tuple[Column, ...]:
        return MODEL

    def items(self, node: Node, answer: Answer) -> Sequence[Mapping[str, Any]]:
        data = parse_object(answer).get("data")
        if not isinstance(data, list) or not all(isinstance(each, dict) for each in data):
            raise BadAnswer(f"the service answered without a list of models (data is {shown(data)})")
        return [picked(each, MODEL) for each in data]


class ListModels(Node):
    """Lists the models that a service has, and until when."""

    operation = Operation("GET", "/models", Body.NONE)
    response = Models()
