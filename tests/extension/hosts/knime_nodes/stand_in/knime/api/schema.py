"""A stand-in for the one class of KNIME's schemas that the host uses."""

from typing import ClassVar


class CredentialPortObjectSpec:
    """Finds a credential as KNIME does, by what its port says of it: here in `kept`."""

    kept: ClassVar = {}

    def __init__(self, xml_data):
        self._xml_data = xml_data

    def serialize(self):
        return {"data": self._xml_data}

    @classmethod
    def deserialize(cls, data, java_callback=None):
        return cls(data.get("data"))

    @property
    def auth_schema(self):
        return self._credential()[0]

    @property
    def auth_parameters(self):
        return self._credential()[1]

    def _credential(self):
        if self._xml_data not in self.kept:
            raise ValueError("Could not get auth parameters")
        return self.kept[self._xml_data]
