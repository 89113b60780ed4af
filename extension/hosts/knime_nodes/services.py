"""Asking the service which models it has."""

import asyncio
import dataclasses

from ....port_types.configuration import Configuration
from ....port_types.errors import RequestFailed
from ...engine.client import open_clients, service_url
from ...engine.credentials import HostCredentials

__all__ = ["list_models"]

PATIENCE = 10.0
"""Seconds; a dialog waits for this."""


def list_models(configuration: Configuration, credentials: HostCredentials) -> list[str]:
    """Return the ids of the service's models.

    Raises:
        EndpointError: the service cannot be reached, refuses, or answers with something else.
    """
    return asyncio.run(_listed(configuration, credentials))


async def _listed(configuration: Configuration, credentials: HostCredentials) -> list[str]:
    import httpx

    patient = dataclasses.replace(configuration, timeout=min(configuration.timeout, PATIENCE))
    url = f"{service_url(patient)}/models"
    async with open_clients(patient, credentials) as (client, _):
        try:
            response = await client.get(url)
            if response.status_code != 200:
                raise RequestFailed(
                    f"{configuration.base_url} answered {response.status_code} when asked for its models.",
                    status=response.status_code,
                )
            return [str(each["id"]) for each in response.json()["data"]]
        except httpx.HTTPError as error:
            raise RequestFailed(
                f"{configuration.base_url} cannot be reached ({type(error).__name__}: {error})."
            ) from None
        except (ValueError, KeyError, TypeError):
            raise RequestFailed(
                f"{configuration.base_url} answered with something that is no list of models."
            ) from None
