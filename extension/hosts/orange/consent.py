"""What an opened workflow may send where: nothing until its user has said so, once for each service and credential.

A workflow is a file that somebody else may have written, and it names a service, the variable or keyring entry that
holds a key for it, and may say that it runs by itself.
"""

from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from AnyQt.QtCore import QObject
from AnyQt.QtCore import pyqtSignal as Signal

from ....port_types.configuration import Configuration

__all__ = ["Consents", "consents", "place_of"]

Destination = tuple[str, ...]


class Consents(QObject):
    """Where each open workflow may send, as its user has said.

    Attributes:
        given: emitted with the workflow whenever its user has agreed to something new.
    """

    given = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._agreed: WeakKeyDictionary[Any, set[Destination]] = WeakKeyDictionary()

    def give(self, workflow: Any, configuration: Configuration) -> None:
        """Let `workflow` send to the service of `configuration` with its credentials, as long as it is open."""
        agreed = self._agreed.setdefault(workflow, set())
        if (destination := _destination(configuration)) not in agreed:
            agreed.add(destination)
            self.given.emit(workflow)

    def is_given(self, workflow: Any, configuration: Configuration) -> bool:
        """Return whether `workflow` may send there; the embedded sandbox sends nothing anywhere."""
        return configuration.is_sandbox or _destination(configuration) in self._agreed.get(workflow, ())


consents = Consents()
"""Those of this session."""


def place_of(configuration: Configuration, *, credentials: bool = False) -> str:
    """Return where a Configuration leads, in words: "the sandbox", "api.openai.com with env:OPENAI_API_KEY".

    Args:
        configuration: says where to send.
        credentials: whether to name the references of the secrets that go there.
    """
    if configuration.is_sandbox:
        return "the sandbox"
    references = ", ".join(_references(configuration)) if credentials else ""
    host = urlsplit(configuration.base_url).netloc
    return f"{host} with {references}" if references else host


def _destination(configuration: Configuration) -> Destination:
    # A proxy of headers or another way to send the key leads the same secret to the same service.
    places = [configuration.base_url, configuration.token_url or ""]
    return (*(f"{url.scheme}://{url.netloc}" for url in map(urlsplit, places)), *_references(configuration))


def _references(configuration: Configuration) -> list[str]:
    values = [configuration.credential_reference or "", *configuration.headers.values()]
    return sorted({value for value in values if value.startswith(("env:", "keyring:", "host:"))})
