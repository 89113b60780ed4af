"""GET /models and GET /models/{id}."""

from starlette.responses import Response

from .errors import json_response
from .operation import Call, Operation

__all__ = ["OPERATIONS"]


def list_models(call: Call) -> Response:
    """Return every model the sandbox has."""
    return json_response({"object": "list", "data": call.service.catalogue.all()})


def retrieve_model(call: Call) -> Response:
    """Return one model."""
    return json_response(call.service.catalogue.get(call.request.path_params["id"]).describe())


OPERATIONS = (
    Operation("GET", "/models", list_models),
    Operation("GET", "/models/{id:path}", retrieve_model),
)
