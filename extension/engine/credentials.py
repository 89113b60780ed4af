"""Looking up secrets by reference, at run time only."""

import os
from base64 import b64encode
from collections.abc import Callable

from ...port_types.configuration import Configuration
from ...port_types.errors import InvalidSetting

__all__ = ["HostCredentials", "check_keyring", "look_up", "request_headers", "store_key"]

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

        _check_backend()
        service, _, user = name.partition("/")
        secret, place = keyring.get_password(service, user), f"the keyring entry {service!r} of {user!r}"
    else:
        secret, place = host(name) if host else None, f"the host's credential {name!r}"
    if not secret or not secret.strip():
        raise InvalidSetting(
            f"No key was found: {place} is missing or empty. Set it, name another one in `credential`, "
            "or try it without a key: `base_url=sandbox:`"
        )
    return secret.strip()


def check_keyring(configuration: Configuration) -> None:
    """Refuse a Configuration whose secrets are in a keyring that is none, or that keeps them in plain text.

    Raises:
        InvalidSetting: the keyring is not safe; the sentence says what to use instead.
    """
    references = (configuration.credential or "", *configuration.headers.values())
    if any(reference.startswith("keyring:") for reference in references):
        _check_backend()


def _check_backend() -> None:
    import keyring

    backend = keyring.get_keyring()
    # A chain of keyrings writes to its first.
    kind = type(next(iter(getattr(backend, "backends", [])), backend))
    name = f"{kind.__module__}.{kind.__name__}"
    if "plain" in kind.__name__.lower():
        raise InvalidSetting(
            f"The keyring of this computer ({name}) keeps keys in plain text; use an environment variable instead."
        )
    if kind.__module__ in {"keyring.backends.fail", "keyring.backends.null"}:
        raise InvalidSetting(f"This computer has no keyring ({name}); use an environment variable instead.")


def store_key(reference: str, key: str) -> None:
    """Put `key` into the keyring under `reference` ("keyring:SERVICE/USER").

    Raises:
        InvalidSetting: the keyring is not safe, or does not take it.
    """
    import keyring
    from keyring.errors import KeyringError

    _check_backend()
    service, _, user = reference.removeprefix("keyring:").partition("/")
    try:
        keyring.set_password(service, user, key)
    except KeyringError as error:
        # The cause may repeat what it was given, so only its kind is named.
        raise InvalidSetting(f"The keyring did not take the key ({type(error).__name__}).") from None


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
        headers |= _credential_headers(configuration, look_up(configuration.credential_reference, host))
    if configuration.organization:
        headers["OpenAI-Organization"] = configuration.organization
    if configuration.project:
        headers["OpenAI-Project"] = configuration.project
    for name, value in headers.items():
        if not value.isascii() or not value.isprintable():
            raise InvalidSetting(f"The value for the header {name} holds characters that no header can carry.")
    return headers


def _credential_headers(configuration: Configuration, secret: str) -> dict[str, str]:
    """Return the header that carries the key; {} where it goes another way."""
    name = configuration.authentication_name or ""
    match configuration.authentication:
        case "basic":
            # A key alone is the user name.
            pair = secret if ":" in secret else f"{secret}:"
            return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        case "header":
            return {name: secret}
        case "cookie":
            return {"Cookie": f"{name}={secret}"}
        case "query" | "oauth2":
            return {}
        case _:
            return {"Authorization": f"Bearer {secret}"}
