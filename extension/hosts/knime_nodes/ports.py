"""The Configuration as a port of KNIME: JSON without a secret, saved with the workflow."""

from collections.abc import Mapping
from typing import Any

import knime.extension as knext

from ....port_types.configuration import Configuration

__all__ = ["CONFIGURATION_PORT", "ConfigurationObject", "ConfigurationSpec"]


CREDENTIAL = "knime_credential"
"""Where the JSON of a spec names the credential of a port."""


class ConfigurationSpec(knext.PortObjectSpec):
    """What is known of a Configuration before anything runs, which is all of it.

    Args:
        configuration: the Configuration.
        credential: what KNIME finds the credential of a credential port by, None if none is connected. It is no
            secret: KNIME keeps that in memory while the workflow is open.
    """

    def __init__(self, configuration: Configuration, credential: str | None = None) -> None:
        self.configuration, self.credential = configuration, credential

    def serialize(self) -> dict[str, Any]:
        return {**self.configuration.to_json(), **({CREDENTIAL: self.credential} if self.credential else {})}

    @classmethod
    def deserialize(cls, data: Mapping[str, Any], java_callback: Any = None) -> "ConfigurationSpec":  # noqa: ARG003 - KNIME's signature
        values = dict(data)
        credential = values.pop(CREDENTIAL, None)
        return cls(Configuration.from_json(values), credential)


class ConfigurationObject(knext.PortObject):
    """A Configuration at run time; its spec says everything."""

    def serialize(self) -> bytes:
        return b""

    @classmethod
    def deserialize(cls, spec: ConfigurationSpec, storage: bytes) -> "ConfigurationObject":  # noqa: ARG003 - KNIME's signature
        return cls(spec)


CONFIGURATION_PORT = knext.port_type(
    "Endpoint Configuration", ConfigurationObject, ConfigurationSpec, id="org.endpointnodes.configuration"
)
"""The id is part of saved workflows."""
