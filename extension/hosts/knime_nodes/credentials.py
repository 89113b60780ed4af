"""Credentials of the workflow, by name or from a credential port: the password is the key, and it is never saved."""

import base64
from typing import Any

import knime.extension as knext
from knime.api.schema import CredentialPortObjectSpec

from ....port_types.configuration import Configuration
from ....port_types.errors import InvalidSetting
from ...engine.credentials import HostCredentials, request_headers
from .ports import ConfigurationSpec

__all__ = [
    "NO_CREDENTIAL",
    "PORT_CREDENTIAL",
    "check_credentials",
    "credentials_of",
    "offered_credentials",
    "shared_key_warning",
]

NO_CREDENTIAL = "<none>"

PORT_CREDENTIAL = "the credential port"
"""Name that stands for the credential of the Endpoint Configuration's port."""


def offered_credentials(context: Any) -> list[Any]:
    """Return the choices of the credentials drop-down."""
    none = knext.StringParameter.Choice(NO_CREDENTIAL, "None")
    return [none, *(knext.StringParameter.Choice(name, name) for name in context.get_credential_names())]


def shared_key_warning(configuration: Configuration) -> str:
    """Return a sentence if no credential is chosen and the key is that of the machine, which others may share."""
    reference = configuration.credential_reference
    if configuration.credential is not None or reference is None:
        return ""
    return f"No credential is chosen: the key is {reference.removeprefix('env:')} of the machine that KNIME runs on."


def credentials_of(context: Any, spec: ConfigurationSpec) -> HostCredentials:
    """Return the look-up of credentials by name, the workflow's and the port's; a missing or empty one is None."""

    def look_up(name: str) -> str | None:
        if name == PORT_CREDENTIAL:
            return _port_key(spec)
        try:
            password = context.get_credentials(name).password
        except KeyError:
            return None
        return str(password) if password else None

    return look_up


def _port_key(spec: ConfigurationSpec) -> str | None:
    """Return the key of the credential port, None where KNIME has it no longer, as in a workflow just opened."""
    credential = CredentialPortObjectSpec.deserialize({"data": spec.credential})
    try:
        key, basic = str(credential.auth_parameters or ""), credential.auth_schema == "Basic"
        # A user name with a password; as with named credentials, the password is the key.
        return base64.b64decode(key, validate=True).decode().partition(":")[2] if basic else key
    except Exception:  # noqa: BLE001 - whatever the bridge to KNIME raises: a dialog has to open without the key
        return None


def check_credentials(spec: ConfigurationSpec, context: Any, *, executing: bool) -> None:
    """Look up every secret that requests will need, and forget it.

    Args:
        spec: the Configuration.
        context: KNIME's.
        executing: whether requests are about to be sent; before, a credential port need not have its credential yet.

    Raises:
        InvalidSetting: one is missing or empty; the sentence says where to put it.
    """
    configuration, look_up = spec.configuration, credentials_of(context, spec)
    key = [] if configuration.is_sandbox else [configuration.credential or ""]
    for reference in (*key, *configuration.headers.values()):
        scheme, _, name = reference.partition(":")
        if scheme != "host" or (name == PORT_CREDENTIAL and not executing):
            continue
        if name == PORT_CREDENTIAL and not look_up(name):
            raise InvalidSetting(
                "KNIME does not have the credential of the credential port; execute the node that the Endpoint "
                "Configuration gets it from again."
            )
        if not look_up(name):
            raise InvalidSetting(
                f"The workflow's credential {name!r} is missing or has no password; set it under the workflow's "
                "credentials, or choose another one in the Endpoint Configuration."
            )
    if executing or configuration.credential != f"host:{PORT_CREDENTIAL}":
        request_headers(configuration, look_up)
