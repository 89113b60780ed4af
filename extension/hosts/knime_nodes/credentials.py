"""Credentials of the workflow: only their names are saved, the password is the key."""

from typing import Any

import knime.extension as knext

from ....port_types.configuration import Configuration
from ....port_types.errors import InvalidSetting
from ...engine.credentials import HostCredentials, request_headers

__all__ = ["NO_CREDENTIAL", "check_credentials", "credentials_of", "offered_credentials"]

NO_CREDENTIAL = "<none>"


def offered_credentials(context: Any) -> list[Any]:
    """Return the choices of the credentials drop-down."""
    none = knext.StringParameter.Choice(NO_CREDENTIAL, "None")
    return [none, *(knext.StringParameter.Choice(name, name) for name in context.get_credential_names())]


def credentials_of(context: Any) -> HostCredentials:
    """Return the look-up of a workflow's credentials by name; a missing or empty one is None."""

    def look_up(name: str) -> str | None:
        try:
            password = context.get_credentials(name).password
        except KeyError:
            return None
        return str(password) if password else None

    return look_up


def check_credentials(configuration: Configuration, context: Any) -> None:
    """Look up every secret that requests will need, and forget it.

    Raises:
        InvalidSetting: one is missing or empty; the sentence says where to put it.
    """
    look_up = credentials_of(context)
    key = [] if configuration.is_sandbox else [configuration.credential or ""]
    for reference in (*key, *configuration.headers.values()):
        scheme, _, name = reference.partition(":")
        if scheme == "host" and not look_up(name):
            raise InvalidSetting(
                f"The workflow's credential {name!r} is missing or has no password; set it under the workflow's "
                "credentials, or choose another one in the Endpoint Configuration."
            )
    request_headers(configuration, look_up)
