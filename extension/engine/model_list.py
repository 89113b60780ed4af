"""The models of a service, for choices in dialogs and for warnings: asked for once, then remembered."""

import datetime as dt
import json
import time
from dataclasses import dataclass

from ...nodes.base import Node
from ...nodes.list_models import ListModels
from ...port_types.configuration import Configuration
from ...port_types.fields import Field
from .credentials import HostCredentials

__all__ = ["Model", "choices", "list_models", "shutdown_warning"]

MODEL_LIST_TTL = 3600
"""Seconds until a list is asked for again; a host may run for weeks."""

SHUTDOWN_NOTICE = dt.timedelta(days=90)
"""How long before a model's end a run warns of it."""


@dataclass(frozen=True)
class Model:
    """A model that a service lists.

    Attributes:
        id: its name.
        created: when it was made, None if the service does not say.
        owned_by: who made it, "" if the service does not say.
        shutdown_date: day on which the service ends it, None if none is known.
    """

    id: str
    created: dt.datetime | None = None
    owned_by: str = ""
    shutdown_date: dt.date | None = None


_remembered: dict[str, tuple[float, list[Model]]] = {}


def list_models(configuration: Configuration, credentials: HostCredentials | None = None) -> list[Model]:
    """Return the models of the service, asked for at most once an hour for each Configuration.

    Args:
        configuration: names the service and the credential.
        credentials: the host's own credentials.

    Raises:
        EndpointError: the service cannot be asked; the sentence says why.
    """
    known = _known(configuration)
    if known is None:
        from .run.execution import execute

        alone = Configuration.from_json({**_identity(configuration), "max_attempts": 2, "timeout": 10})
        table, _ = execute(ListModels(), alone, credentials=credentials)
        known = [
            Model(row["id"], row["created"], row["owned_by"] or "", _day(row["shutdown_date"]))
            for row in table.to_pylist()
            if row["id"]
        ]
        _remembered[_key(configuration)] = (time.monotonic(), known)
    return known


def choices(field: Field, configuration: Configuration, credentials: HostCredentials | None = None) -> list[str]:
    """Return what a dialog offers for `field`: its own suggestions, or the service's models that it can use.

    Raises:
        EndpointError: the service cannot be asked; the sentence says why.
    """
    if not callable(field.suggestions):
        return list(field.choices or field.suggestions)
    return field.suggestions([model.id for model in list_models(configuration, credentials)])


def shutdown_warning(node: Node, configuration: Configuration, today: dt.date) -> str:
    """Return a sentence if the node's model ends soon or has ended, else "".

    Only a list that is remembered is looked at: a run sends no request that nobody asked for.
    """
    name = node.constants().get("model")
    ends = next((each.shutdown_date for each in _known(configuration) or () if each.id == name), None)
    if ends is None or ends - today > SHUTDOWN_NOTICE:
        return ""
    when = f"was shut down on {ends}" if ends <= today else f"will be shut down on {ends}"
    return f"The model {name} {when}; choose another one."


def _known(configuration: Configuration) -> list[Model] | None:
    at, models = _remembered.get(_key(configuration), (0.0, None))
    return models if models is not None and time.monotonic() - at < MODEL_LIST_TTL else None


def _identity(configuration: Configuration) -> dict[str, object]:
    """Return what decides which models there are: the service and who asks, not the limits of a run."""
    names = ("base_url", "credential", "organization", "project", "headers", "ca_bundle", "allow_http")
    return {name: value for name, value in configuration.non_default_values().items() if name in names}


def _key(configuration: Configuration) -> str:
    return json.dumps(_identity(configuration), sort_keys=True)


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return None
