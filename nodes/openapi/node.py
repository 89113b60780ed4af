"""Node classes made of descriptions, when they are asked for."""

import dataclasses
import types
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self

from ...port_types.configuration import OPENAI, Configuration
from ...port_types.errors import InvalidSetting
from ...port_types.fields import setting
from ...port_types.files import FileRules
from ..base import Node
from ..base.node import DETAILS
from ..base.response import Response
from ..base.route import Body, Route
from .declared_fields import declare
from .descriptions import OperationDescription
from .encoding import OperationRequest
from .next_page import QUERY, next_page
from .requests import build_request
from .result_schema import OperationResult
from .security import Authentication
from .servers import Server, first_server

__all__ = ["OperationNode", "build_node_class", "occupied_options", "reserved_attributes"]

_REPEATABLE = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "QUERY"}
"""Methods whose requests may be sent twice: https://www.rfc-editor.org/rfc/rfc9110#name-idempotent-methods"""
_CHANGES = {"DELETE", "PUT", "PATCH"}
"""Methods that change or delete what is there already."""
_MAX_FILE_BYTES = 2**40
_OTHER_OPTIONS = frozenset(
    {
        "source",
        "out",
        "report",
        "configuration",
        "engine",
        "workers",
        "lock",
        "json",
        "help",
        "all_pages",
        "max_pages",
        "allow_changes",
    }
)
_RESERVED_COLUMNS = {"row_id", "repaired", *(column.name for column in DETAILS)}


class OperationNode(Node):
    """An operation of an OpenAPI document.

    Attributes:
        pack: name of the document.
        description: what is known of the operation.
        server: the service, as the document says where it is.
        authentication: how the key is sent, None where the document does not say.
    """

    pack: ClassVar[str] = ""
    description: ClassVar[OperationDescription]
    server: ClassVar[Server] = Server()
    authentication: ClassVar[Authentication | None] = None

    @classmethod
    def id(cls) -> str:
        return f"{cls.pack}_{cls.description.name}"

    @classmethod
    def label(cls) -> str:
        return cls.description.title

    def build_request(
        self, values: Mapping[str, Any], route: Route, extra_fields: Mapping[str, Any]
    ) -> OperationRequest:
        built = build_request(self.description, values, extra_fields)
        if query := values.get(QUERY):
            built = dataclasses.replace(built, path=f"{built.path.partition('?')[0]}?{query}")
        return OperationRequest(route, values, built)

    def check_route(self, values: Mapping[str, Any], route: Route) -> str | None:
        if not getattr(self, "allow_changes", True):
            return f"{self.label()} changes or deletes what the service holds: set `allow_changes` to let it."
        return super().check_route(values, route)

    def page_limit(self) -> int | None:
        limit: int | None = getattr(self, "max_pages", None)
        return limit or (None if getattr(self, "all_pages", False) else 1)

    def next_page(self, values: Mapping[str, Any], response: Response) -> Mapping[str, Any] | None:
        return next_page(self.description, values, response)

    def column_mapping(self, names: Collection[str]) -> dict[str, str]:
        mapping = super().column_mapping(names)
        for described in self.description.fields:
            # Tables have the names of the wire, which are not always Python's.
            wire_name = ".".join(described.path)
            if described.attribute in self.missing() and described.attribute not in mapping and wire_name in names:
                mapping[described.attribute] = wire_name
        return mapping

    @classmethod
    def service_defaults(cls) -> dict[str, Any]:
        how = cls.authentication
        said = {
            "base_url": cls.server.default,
            "authentication": how.kind if how else None,
            "authentication_name": how.name if how else None,
            "token_url": how.token_url if how else None,
            "scopes": list(how.scopes) if how else None,
        }
        return {name: value for name, value in said.items() if value}

    @classmethod
    def at_service(cls, configuration: Configuration) -> Configuration:
        if configuration.is_sandbox:
            return _in_sandbox(configuration, cls.pack)
        said = cls.service_defaults()
        base_url = configuration.base_url
        if base_url == OPENAI and cls.server.url:
            if configuration.credential or configuration.headers:
                # A key for one service must never reach another.
                raise InvalidSetting(
                    f"`base_url` is {OPENAI}, but {cls.label()} is an operation of {said['base_url']}; put that "
                    "address, and the key for it, into the Configuration."
                )
            base_url = cls.server.url
        said["base_url"] = cls.server.fill(base_url, configuration.parameters)
        if configuration.authentication is not None:
            said = {name: value for name, value in said.items() if name == "base_url"}
        return dataclasses.replace(configuration, **said)

    def apply_configuration(self, configuration: Configuration) -> Self:
        filled: dict[str, Any] = {}
        for one in self.description.fields:
            if not one.shared or getattr(self, one.attribute) is not None or one.attribute in self.columns:
                continue
            if (name := one.path[0]) not in configuration.parameters:
                raise InvalidSetting(
                    f"`{one.attribute}` is missing; give it, or put {name} into the Configuration, for all operations "
                    "of this service: `parameters`."
                )
            filled[one.attribute] = configuration.parameters[name]
        return dataclasses.replace(self, **filled) if filled else self


def _in_sandbox(configuration: Configuration, pack: str) -> Configuration:
    """Return `configuration` with a sandbox that is the service of a pack."""
    address = configuration.base_url
    if "pack=" in address:
        return configuration
    separator = "&" if "?" in address else "?"
    return dataclasses.replace(configuration, base_url=f"{address}{separator}pack={pack}")


def reserved_attributes() -> frozenset[str]:
    """Return the names that mean something else in Python where the fields of a node are."""
    declared = {name for base in OperationNode.__mro__ for name in vars(base).get("__annotations__", ())}
    return frozenset(name for name in {*dir(OperationNode), *declared} if not name.startswith("__"))


def occupied_options() -> frozenset[str]:
    """Return the names under which hosts offer something else beside the fields of a node."""
    return _OTHER_OPTIONS | set(Configuration.fields()) | set(OperationNode.fields())


def build_node_class(
    pack: str,
    description: OperationDescription,
    server: Server,
    authentication: Authentication | None = None,
) -> type[OperationNode]:
    """Return the node class of an operation.

    Args:
        pack: name of the document it is from.
        description: what is known of it.
        server: that of the document.
        authentication: how the key is sent.
    """
    own = first_server(description.servers) if description.servers else server
    namespace: dict[str, Any] = {
        "__doc__": description.help or f"{description.method} {description.path}",
        "__module__": __name__,
        "__annotations__": {},
        "pack": pack,
        "description": description,
        "server": own,
        "authentication": authentication,
        "routes": (_route(description),),
        "response": OperationResult(description.answer, _RESERVED_COLUMNS),
        "job": description.job,
    }
    for described in description.fields:
        namespace["__annotations__"][described.attribute] = Any
        namespace[described.attribute] = dataclasses.field(default=None, metadata={"field": declare(described)})
    if description.method in _CHANGES:
        namespace["__annotations__"]["allow_changes"] = bool
        namespace["allow_changes"] = setting(
            "Allow changes",
            "Must be on, because the operation changes or deletes what the service holds.",
            False,
            since="0.2.0",
        )
    if description.paging:
        namespace["__annotations__"] |= {"all_pages": bool, "max_pages": int | None}
        namespace |= {
            "all_pages": setting(
                "All pages", "Reads a list to its end, page by page, instead of its first page.", False, since="0.2.0"
            ),
            "max_pages": setting(
                "Max pages", "Reads at most so many pages for a row.", minimum=1, advanced=True, since="0.2.0"
            ),
        }
    name = "".join(word.capitalize() for word in f"{pack}_{description.name}".split("_"))
    made: type[OperationNode] = types.new_class(name, (OperationNode,), exec_body=lambda body: body.update(namespace))
    return made


def _route(description: OperationDescription) -> Route:
    kinds = {"json": Body.JSON, "multipart": Body.MULTIPART}
    body = kinds.get(description.body.kind, Body.JSON) if description.body else Body.NONE
    files = {
        one.attribute: FileRules(one.accepts, _MAX_FILE_BYTES)
        for one in description.fields
        if one.kind in ("image", "audio") and one.accepts
    }
    promised = any(one.location == "header" and one.path == ("Idempotency-Key",) for one in description.fields)
    return Route(
        description.name,
        description.method,
        description.path,
        body,
        files=files,
        repeatable=promised or description.method in _REPEATABLE,
    )
