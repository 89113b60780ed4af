"""The models that a service lists."""

import asyncio
from collections.abc import Callable

from ....port_types.configuration import Configuration
from ....port_types.errors import BadAnswer, Cancelled, RequestFailed
from ...engine.client import open_clients, service_url
from ...engine.exchange import Outgoing, exchange

__all__ = ["model_names"]

PATIENCE = 20.0
"""Seconds: who asks for a list is waiting in front of it."""


def model_names(configuration: Configuration, cancelled: Callable[[], bool]) -> list[str]:
    """Return the ids of the models that the service lists.

    Raises:
        EndpointError: the key is missing, the service does not list its models, or `cancelled` returned true.
    """
    return asyncio.run(_asked(configuration, cancelled))


async def _asked(configuration: Configuration, cancelled: Callable[[], bool]) -> list[str]:
    question = Outgoing("GET", f"{service_url(configuration)}/models", {}, [])
    async with open_clients(configuration) as (client, _):
        task = asyncio.ensure_future(exchange(client, question, min(PATIENCE, configuration.timeout)))
        while not task.done():
            await asyncio.wait({task}, timeout=0.1)
            if cancelled():
                task.cancel()
                raise Cancelled("The question was cancelled.")
        answer = task.result()
    if answer.status != 200:
        raise RequestFailed(f"The service answered {answer.status} instead of a list of models.", status=answer.status)
    try:
        return [str(each["id"]) for each in answer.json["data"]]
    except (ValueError, KeyError, TypeError):
        raise BadAnswer("The service's list of models is of a form that is not known.") from None
