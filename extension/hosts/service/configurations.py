"""Configurations by name: what a client may choose from; keys and limits stay with the service."""

from pathlib import Path

from ....nodes.base import Node
from ....port_types.configuration import SANDBOX, Configuration
from ....port_types.errors import InvalidSetting
from ...engine.config_loader import load_configuration
from ...engine.credentials import request_headers
from ...engine.io.media import FILE_NAME

__all__ = ["DEFAULT", "Configurations"]

DEFAULT, EMBEDDED = "", "sandbox"
"""Names of what the service's environment says, and of the embedded sandbox."""


class Configurations:
    """The Configurations that a service offers.

    Args:
        folder: holds one TOML file for each, as ``--configuration`` of the command line takes them; its name without
            suffix is the Configuration's. None offers the environment's and the sandbox only.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Return the names, in alphabetical order."""
        files = self._folder.glob("*.toml") if self._folder else ()
        return sorted({EMBEDDED, *(path.stem for path in files if FILE_NAME.fullmatch(path.stem))})

    def load(self, name: str, node: type[Node]) -> Configuration:
        """Return the Configuration of this name for `node`; its key can be found.

        Raises:
            InvalidSetting: there is none, or its key is not to be found.
            InvalidInput: its file cannot be read.
        """
        usual = node.service_defaults()
        if name == EMBEDDED:
            return load_configuration(usual=usual, base_url=SANDBOX)
        if name != DEFAULT and name not in self.names():
            raise InvalidSetting(f"There is no Configuration {name!r}; the service has {', '.join(self.names())}.")
        path = self._folder / f"{name}.toml" if self._folder and name else None
        return load_configuration(path, usual=usual)

    def check_key(self, node: Node, configuration: Configuration) -> None:
        """Refuse a run whose key is not to be found.

        Raises:
            InvalidSetting: the sentence says where the key is looked for.
        """
        request_headers(node.at_service(configuration))
