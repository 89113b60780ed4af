"""What is known of a service's models: the lists that it gave, remembered for a while."""

import datetime as dt
import json
import time
from dataclasses import dataclass

from ...nodes.base import Node
from ...port_types.configuration import Configuration
from ...port_types.errors import EndpointError

__all__ = [
    "Model",
    "identity",
    "last_list",
    "recall",
    "recall_failure",
    "remember",
    "remember_failure",
    "shutdown_warning",
]

MODEL_LIST_TTL = 3600
"""Seconds until a list is asked for again; a host may run for weeks."""

FAILURE_TTL = 60
"""Seconds until a service that gave no list is asked again: a dialog that opens must not wait for it each time."""

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
_failures: dict[str, tuple[float, EndpointError]] = {}


def remember(configuration: Configuration, models: list[Model]) -> None:
    """Keep the list that the service of `configuration` gave."""
    _remembered[_key(configuration)] = (time.monotonic(), models)
    _failures.pop(_key(configuration), None)


def remember_failure(configuration: Configuration, error: EndpointError) -> None:
    """Keep why the service of `configuration` gave no list."""
    _failures[_key(configuration)] = (time.monotonic(), error)


def recall_failure(configuration: Configuration) -> EndpointError | None:
    """Return why the service gave no list a moment ago, None if it did or that was too long ago."""
    at, error = _failures.get(_key(configuration), (0.0, None))
    return error if error is not None and time.monotonic() - at < FAILURE_TTL else None


def last_list(configuration: Configuration) -> list[Model] | None:
    """Return the last list that the service gave, however long ago, None if it never gave one."""
    return _remembered.get(_key(configuration), (0.0, None))[1]


def shutdown_warning(node: Node, configuration: Configuration, today: dt.date) -> str:
    """Return a sentence if the node's model ends soon or has ended, else "".

    Only a list that is remembered is looked at: a run sends no request that nobody asked for.
    """
    name = node.constants().get("model")
    ends = next((model.shutdown_date for model in recall(configuration) or () if model.id == name), None)
    if ends is None or ends - today > SHUTDOWN_NOTICE:
        return ""
    when = f"was shut down on {ends}" if ends <= today else f"will be shut down on {ends}"
    return f"The model {name} {when}; choose another one."


def recall(configuration: Configuration) -> list[Model] | None:
    """Return the list that the service gave, None if it gave none or that was too long ago."""
    at, models = _remembered.get(_key(configuration), (0.0, None))
    return models if models is not None and time.monotonic() - at < MODEL_LIST_TTL else None


def identity(configuration: Configuration) -> dict[str, object]:
    """Return what decides which models there are: the service and who asks, not the limits of a run."""
    names = ("base_url", "credential", "organization", "project", "headers", "ca_bundle", "allow_http")
    return {name: value for name, value in configuration.non_default_values().items() if name in names}


def _key(configuration: Configuration) -> str:
    return json.dumps(identity(configuration), sort_keys=True)
