"""What is known of a service's models: the lists that it gave, remembered for a while and by all processes of a user.

KNIME opens each dialog and executes each node in a process of its own.
"""

import contextlib
import datetime as dt
import hashlib
import secrets
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from ...nodes.base import Node
from ...port_types.configuration import Configuration
from ...port_types.errors import EndpointError
from .cache.opening import default_cache

__all__ = [
    "Model",
    "ends_soon",
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


@dataclass(frozen=True)
class _Known:
    """What a service said when it was asked.

    Attributes:
        models: the last list that it gave, and when, in seconds since 1970.
        listed_at: see `models`.
        failure: why it gave none since, "" if it did; and when.
        failed_at: see `failure`.
    """

    models: list[Model] = field(default_factory=list)
    listed_at: float = 0.0
    failure: str = ""
    failed_at: float = 0.0


_remembered: dict[str, _Known] = {}


def remember(configuration: Configuration, models: list[Model]) -> None:
    """Keep the list that the service of `configuration` gave."""
    _keep(configuration, _Known(models, time.time()))


def remember_failure(configuration: Configuration, error: EndpointError) -> None:
    """Keep why the service of `configuration` gave no list."""
    _keep(configuration, replace(_look_up(configuration), failure=str(error), failed_at=time.time()))


def recall(configuration: Configuration) -> list[Model] | None:
    """Return the list that the service gave, None if it gave none or that was too long ago."""
    known = _look_up(configuration)
    return known.models if known.listed_at and time.time() - known.listed_at < MODEL_LIST_TTL else None


def recall_failure(configuration: Configuration) -> EndpointError | None:
    """Return why the service gave no list a moment ago, None if it did or that was too long ago."""
    known = _look_up(configuration)
    return EndpointError(known.failure) if known.failure and time.time() - known.failed_at < FAILURE_TTL else None


def last_list(configuration: Configuration) -> list[Model] | None:
    """Return the last list that the service gave, however long ago, None if it never gave one."""
    known = _look_up(configuration)
    return known.models if known.listed_at else None


def shutdown_warning(node: Node, configuration: Configuration, today: dt.date) -> str:
    """Return a sentence if the node's model ends soon or has ended, else "".

    Only a list that is remembered is looked at: a run sends no request that nobody asked for.
    """
    name = node.constants().get("model")
    ends = next((model.shutdown_date for model in last_list(configuration) or () if model.id == name), None)
    if ends is None or ends - today > SHUTDOWN_NOTICE:
        return ""
    when = f"was shut down on {ends}" if ends <= today else f"will be shut down on {ends}"
    return f"The model {name} {when}; choose another one."


def ends_soon(model: Model) -> bool:
    """Return whether the service has ended `model`, or is about to."""
    ends = model.shutdown_date
    return ends is not None and ends - dt.datetime.now(dt.UTC).date() <= SHUTDOWN_NOTICE


def identity(configuration: Configuration) -> dict[str, object]:
    """Return what decides which models there are: the service and who asks, not the limits of a run."""
    names = ("base_url", "credential", "organization", "project", "headers", "ca_bundle", "allow_http")
    return {name: value for name, value in configuration.non_default_values().items() if name in names}


def _file(configuration: Configuration) -> Path:
    key = hashlib.sha256(msgspec.json.encode(identity(configuration), order="deterministic")).hexdigest()
    return default_cache().parent / "models" / f"{key[:32]}.json"


def _look_up(configuration: Configuration) -> _Known:
    path = _file(configuration)
    if path.name not in _remembered:
        try:
            return msgspec.json.decode(path.read_bytes(), type=_Known)
        except (OSError, msgspec.MsgspecError):
            return _Known()
    return _remembered[path.name]


def _keep(configuration: Configuration, known: _Known) -> None:
    path = _file(configuration)
    _remembered[path.name] = known
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    # Where the folder cannot be written to, this process remembers, and others ask the service themselves.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial.write_bytes(msgspec.json.encode(known))
        partial.replace(path)
