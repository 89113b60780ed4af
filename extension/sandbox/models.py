"""GET /models and GET /models/{id}."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import json_response
from .operation import Operation

if TYPE_CHECKING:
    from starlette.responses import Response

    from .operation import Call

__all__ = ["OPERATIONS"]


def list_models(call: Call) -> Response:
    """Every model the sandbox has."""
    return json_response({"object": "list", "data": call.service.catalogue.all()})


def retrieve_model(call: Call) -> Response:
    """One model."""
    return json_response(call.service.catalogue.get(call.request.path_params["id"]).describe())


OPERATIONS = (
    Operation("GET", "/models", list_models),
    Operation("GET", "/models/{id:path}", retrieve_model),
)
