"""The models that a service lists."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from ....port_types.configuration import Configuration
from ....port_types.errors import Cancelled, EndpointError, RequestFailed
from ...engine.client import open_client, service_url

__all__ = ["model_names"]

PATIENCE = 20.0
"""Seconds: who asks for a list is waiting in front of it."""


def model_names(configuration: Configuration, cancelled: Callable[[], bool]) -> list[str]:
    """Return the ids of the models that the service lists.

    Raises:
        EndpointError: the key is missing, the service does not list its models, or `cancelled` returned true.
    """
    return asyncio.run(_asked(replace(configuration, timeout=min(PATIENCE, configuration.timeout)), cancelled))


async def _asked(configuration: Configuration, cancelled: Callable[[], bool]) -> list[str]:
    import httpx

    async with open_client(configuration) as client:
        task = asyncio.ensure_future(client.get(f"{service_url(configuration)}/models"))
        while not task.done():
            await asyncio.wait({task}, timeout=0.1)
            if cancelled():
                task.cancel()
                raise Cancelled("The question was cancelled.")
        try:
            answer = task.result()
            if answer.status_code == 200:
                return [str(each["id"]) for each in answer.json()["data"]]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise EndpointError(f"The service did not list its models ({type(error).__name__}).") from None
    raise RequestFailed(f"The service answered {answer.status_code} instead of a list of models.")
