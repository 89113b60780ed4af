"""The models of a service, for choices in dialogs: asked for once, then remembered."""

import datetime as dt
from collections.abc import Callable

from ...nodes.list_models import ListModels
from ...port_types.configuration import NO_CACHE, Configuration
from ...port_types.errors import EndpointError
from ...port_types.fields import Field
from .credentials import HostCredentials
from .known_models import Model, identity, last_list, recall, recall_failure, remember, remember_failure
from .run.execution import execute

__all__ = ["ask_for_models", "choices", "list_models"]


def list_models(configuration: Configuration, credentials: HostCredentials | None = None) -> list[Model]:
    """Return the models of the service, asked for at most once an hour for each Configuration.

    A service that does not answer is asked again after a minute; until then its last list is returned.

    Args:
        configuration: names the service and the credential.
        credentials: the host's own credentials.

    Raises:
        EndpointError: the service cannot be asked; the sentence says why.
    """
    known = recall(configuration)
    if known is not None:
        return known
    error = recall_failure(configuration)
    if error is None:
        try:
            return ask_for_models(configuration, credentials)
        except EndpointError as failure:
            error = failure
    if known := last_list(configuration):
        return known
    raise error


def choices(field: Field, configuration: Configuration, credentials: HostCredentials | None = None) -> list[str]:
    """Return what a dialog offers for `field`: its own suggestions, or the service's models that it can use.

    Raises:
        EndpointError: the service cannot be asked; the sentence says why.
    """
    if not callable(field.suggestions):
        return list(field.choices or field.suggestions)
    return field.suggestions([model.id for model in list_models(configuration, credentials)])


def ask_for_models(
    configuration: Configuration,
    credentials: HostCredentials | None = None,
    *,
    patience: float = 10.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Model]:
    """Return the models of the service, asked for now and only once: somebody is waiting.

    Args:
        configuration: names the service and the credential.
        credentials: the host's own credentials.
        patience: seconds to wait for the list.
        cancelled: asked whether to give up.

    Raises:
        EndpointError: the service cannot be asked; the sentence says why.
    """
    timeout = min(configuration.timeout, patience)
    alone = Configuration.from_json(
        {**identity(configuration), "max_attempts": 1, "timeout": timeout, "cache": NO_CACHE}
    )
    try:
        table, _ = execute(ListModels(), alone, credentials=credentials, cancelled=cancelled)
    except EndpointError as failure:
        if not cancelled():
            remember_failure(configuration, failure)
        raise
    models = [
        Model(row["id"], row["created"], row["owned_by"] or "", _day(row["shutdown_date"]))
        for row in table.to_pylist()
        if row["id"]
    ]
    remember(configuration, models)
    return models


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return None
