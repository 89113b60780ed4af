"""Models in dialogs: what is offered, and what a drop-down starts with."""

from typing import Any

from ....port_types.configuration import SANDBOX, Configuration
from ....port_types.errors import EndpointError
from ....port_types.fields import Field, Mode
from ...engine.known_models import Model, ends_soon, last_list
from ...engine.model_list import choices, list_models
from .credentials import credentials_of
from .fields import OTHER, has_suggestions, other_name

__all__ = ["offered_models", "preset_models"]


def offered_models(field: Field, context: Any) -> list[str]:
    """Return the models to choose from, asked from the service at the connected Configuration; [] if it is silent."""
    specs = context.get_input_specs()
    if not specs or specs[0] is None:
        return []
    try:
        return choices(field, specs[0].configuration, credentials_of(context, specs[0]))
    except EndpointError:
        return []


def preset_models(node: Any, configuration: Configuration) -> bool:
    """Choose the first suitable model of the service where the dialog of `node` has none yet.

    Return whether that was a model that the node needs.

    No service is asked: KNIME configures nodes whenever something before them changes. The list is the one that the
    Endpoint Configuration got when it was executed, or a dialog when it was opened.
    """
    has_chosen = False
    for section, fields in node.sections.items():
        group = getattr(node, section)
        for field in fields:
            if callable(field.suggestions) and has_suggestions(field) and not _chosen(group, field):
                models = field.suggestions([model.id for model in _known_models(configuration) if not ends_soon(model)])
                if models:
                    setattr(group, field.name, models[0])
                    has_chosen = has_chosen or field.mode is Mode.REQUIRED
    return has_chosen


def _known_models(configuration: Configuration) -> list[Model]:
    # Whatever faults it is to rehearse, the embedded sandbox itself answers at once.
    return list_models(Configuration(base_url=SANDBOX)) if configuration.is_sandbox else last_list(configuration) or []


def _chosen(group: Any, field: Field) -> str:
    value = getattr(group, field.name)
    return str(getattr(group, other_name(field)) if value == OTHER else value)
