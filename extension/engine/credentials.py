"""Looking up secrets by reference, at run time only."""

import os
from collections.abc import Callable

from ...port_types.configuration import Configuration
from ...port_types.errors import InvalidSetting

__all__ = ["HostCredentials", "look_up", "request_headers"]

HostCredentials = Callable[[str], str | None]
"""Given the name of a host's credential, its secret, or None if the host has none of that name."""


def look_up(reference: str, host: HostCredentials | None = None) -> str:
    """Return the secret behind `reference` ("env:NAME", "keyring:SERVICE/USER" or "host:NAME").

    Raises:
        InvalidSetting: there is no such secret; the sentence says where to put it.
    """
    scheme, _, name = reference.partition(":")
    if scheme == "env":
        secret, place = os.environ.get(name), f"the environment variable {name}"
    elif scheme == "keyring":
        import keyring

        service, _, user = name.partition("/")
        secret, place = keyring.get_password(service, user), f"the keyring entry {service!r} of {user!r}"
    else:
        secret, place = host(name) if host else None, f"the host's credential {name!r}"
    if not secret or not secret.strip():
        raise InvalidSetting(
            f"No key was found: {place} is missing or empty. Set it, name another credential, "
            "or try the nodes without a key on base URL sandbox:."
        )
    return secret.strip()


def request_headers(configuration: Configuration, host: HostCredentials | None = None) -> dict[str, str]:
    """Return the headers that identify the user to the service, secrets resolved.

    Raises:
        InvalidSetting: a secret is not to be found, or cannot stand in a header.
    """
    headers = {
        name: look_up(value, host) if value.startswith(("env:", "keyring:", "host:")) else value
        for name, value in configuration.headers.items()
    }
    if configuration.credential_reference and not configuration.is_sandbox:
        headers["Authorization"] = f"Bearer {look_up(configuration.credential_reference, host)}"
    if configuration.organization:
        headers["OpenAI-Organization"] = configuration.organization
    if configuration.project:
        headers["OpenAI-Project"] = configuration.project
    for name, value in headers.items():
        if not value.isascii() or not value.isprintable():
            raise InvalidSetting(f"The value for the header {name} holds characters that no header can carry.")
    return headers
