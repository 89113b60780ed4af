"""Addresses of services, whose variables a Configuration may say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ...port_types.errors import InvalidSetting
from .document import mapping

__all__ = ["Server", "first_server"]

_VARIABLE = re.compile(r"\{([^{}]+)\}")
_ORIGIN_WORD = re.compile(r"[\w.-]+")
"""What may stand in for a variable before the path: nothing that leads to another host."""


@dataclass(frozen=True)
class Server:
    """One server object of a document.

    Attributes:
        url: with variables in braces.
        variables: what the document says of them, by name.
    """

    url: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)

    @property
    def default(self) -> str:
        """The url with the defaults of its variables; those without one stay in braces."""
        return _VARIABLE.sub(lambda found: self._default(found[1]) or found[0], self.url)

    def _default(self, name: str) -> str:
        return str(mapping(self.variables.get(name)).get("default") or "")

    def fill(self, url: str, given: Mapping[str, str]) -> str:
        """Return `url`, this server's or another one with its variables, with a value for each variable.

        Args:
            url: with variables in braces.
            given: values by name; for others the document's defaults hold.

        Raises:
            InvalidSetting: a value is missing, or cannot stand where the variable does.
        """
        # A variable may also be the whole origin, which only the document says.
        scheme, separator, rest = (url if "://" in url else self.default).partition("://")
        host, slash, path = rest.partition("/")
        origin = f"{scheme}{separator}{host}{slash}"
        filled_origin = _VARIABLE.sub(lambda found: self._value(found[1], given, of_origin=True), origin)
        filled_path = _VARIABLE.sub(lambda found: self._value(found[1], given, of_origin=False), path)
        return f"{filled_origin}{filled_path}"

    def _value(self, name: str, given: Mapping[str, str], *, of_origin: bool) -> str:
        allowed = [str(value) for value in mapping(self.variables.get(name)).get("enum") or ()]
        value = given.get(name) or self._default(name)
        choice = f" one of {', '.join(allowed)}" if allowed else ""
        if not value:
            raise InvalidSetting(f"`base_url` has the variable {{{name}}}; say{choice or ' it'} in `parameters`.")
        if allowed and value not in allowed:
            raise InvalidSetting(f"`parameters`: {name} is {value!r}, but must be{choice}.")
        if not of_origin:
            return quote(value, safe="/")
        if not _ORIGIN_WORD.fullmatch(value):
            raise InvalidSetting(f"`parameters`: {name} is {value!r}, which cannot be part of a host.")
        return value


def first_server(servers: tuple[Mapping[str, Any], ...]) -> Server:
    """Return the first server that is on the web, one without a url if there is none."""
    for raw in servers:
        server = Server(str(raw.get("url") or ""), mapping(raw.get("variables")))
        if server.default.startswith(("http://", "https://")):
            return server
    return Server()
