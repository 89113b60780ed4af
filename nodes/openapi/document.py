"""A loaded document: its version, servers, security, operations, and what its references point to."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

from ...port_types.errors import InvalidSetting
from .swagger2 import convert_swagger2

__all__ = ["JOBS", "METHODS", "UNRESOLVED", "Document", "PathOperation", "is_true", "mapping"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""Methods a path item can hold; "query" came with OpenAPI 3.2."""

JOBS = "x-endpoint-nodes-jobs"
"""Key under which a document says which operations create jobs, by method and path."""

UNRESOLVED = "x-unresolved"
"""Key under which an unresolved reference says why; what holds it takes anything."""

_NAMED = {"properties", "patternProperties", "$defs", "definitions", "schemas", "dependentSchemas", "responses"}
_DATA = {"example", "examples", "default", "enum", "const"}
_LONGEST_CHAIN = 50


@dataclass(frozen=True)
class PathOperation:
    """One operation where the document has it.

    Attributes:
        path: as written ("/files/{id}#upload").
        method: lower case.
        item: the path item, resolved.
        raw: the operation object.
    """

    path: str
    method: str
    item: Mapping[str, Any]
    raw: Mapping[str, Any]

    @property
    def place(self) -> str:
        """Method and path, as messages name it."""
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True)
class Document:
    """A document with its references; nothing is read before it is asked for.

    Attributes:
        root: the document as data, OpenAPI 3.
        address: where it came from, against which relative servers and files are resolved.
        read: returns the data of another file that a reference names, given its address.
        warnings: what was odd about the document as a whole, in sentences.
    """

    root: Mapping[str, Any]
    address: str = ""
    read: Callable[[str], Mapping[str, Any]] | None = None
    warnings: tuple[str, ...] = ()
    _files: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def load(
        cls,
        data: Mapping[str, Any],
        *,
        address: str = "",
        read: Callable[[str], Mapping[str, Any]] | None = None,
        files: Mapping[str, Any] | None = None,
    ) -> "Document":
        """Return the document in `data`: OpenAPI 3, or Swagger 2.0, which is converted.

        Args:
            data: the document.
            address: where it came from.
            read: returns the data of another file, given its address.
            files: what `read_files` returned before.

        Raises:
            InvalidSetting: it is something else.
        """
        version = str(data.get("openapi", data.get("swagger", "")))
        warnings: list[str] = []
        if version.startswith("2"):
            data = convert_swagger2(data)
        elif not version.startswith("3"):
            if "paths" not in data:
                raise InvalidSetting(
                    'This is not an OpenAPI document: it has neither "openapi: 3…" nor "swagger: 2.0", and no paths.'
                )
            warnings.append("The document does not say its version; it is read as OpenAPI 3.1.")
        if not isinstance(data.get("paths"), Mapping):
            warnings.append("The document has no paths, so there are no operations.")
        return cls(data, address, read, tuple(warnings), dict(files or {}))

    @property
    def title(self) -> str:
        """The service's name, as the document has it."""
        return str(mapping(self.root.get("info")).get("title") or "")

    @property
    def version(self) -> str:
        """The version of OpenAPI that the document says it follows."""
        return str(self.root.get("x-swagger") or self.root.get("openapi") or "3.1")

    def operations(self) -> Iterator[PathOperation]:
        """Yield every operation in the document's order."""
        for path, raw_item in mapping(self.root.get("paths")).items():
            item = self.resolve(raw_item)
            for method in METHODS:
                if isinstance(item.get(method), Mapping):
                    yield PathOperation(path, method, item, item[method])

    def resolve(self, node: Any) -> Mapping[str, Any]:
        """Return the object that `node` is or refers to.

        Only a text under ``$ref`` is a reference: a property may have that name. What cannot be found is an object
        that says so under `UNRESOLVED`.
        """
        seen: list[str] = []
        while isinstance(node, Mapping) and isinstance(reference := node.get("$ref"), str):
            if reference in seen or len(seen) > _LONGEST_CHAIN:
                return {UNRESOLVED: f"the reference {reference} leads back to itself"}
            seen.append(reference)
            node = self._look_up(reference)
        return mapping(node)

    def _look_up(self, reference: str) -> Any:
        file, pointer = urldefrag(reference)
        try:
            node = self._file(file) if file else self.root
        except (InvalidSetting, OSError, ValueError, LookupError) as error:
            return {UNRESOLVED: f"the file of the reference {reference} cannot be read ({error})"}
        if pointer and not pointer.startswith("/"):
            return self._anchored(node, pointer, reference)
        for part in pointer.split("/")[1:]:
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(node, Mapping) and key in node:
                node = node[key]
            elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
                node = node[int(key)]
            else:
                return {UNRESOLVED: f"the reference {reference} points to nothing"}
        return node

    def _anchored(self, node: Any, anchor: str, reference: str) -> Any:
        """Return the component that has this ``$anchor`` or, as some writers have it, this name."""
        schemas = mapping(mapping(mapping(node).get("components")).get("schemas"))
        for name, schema in schemas.items():
            if name == anchor or mapping(schema).get("$anchor") == anchor:
                return schema
        return {UNRESOLVED: f"the reference {reference} points to nothing"}

    def _file(self, name: str) -> Any:
        """Return another file, its own references made relative to this document."""
        if name not in self._files:
            address = urljoin(self.address, name)
            if self.read is None:
                raise InvalidSetting("references to other files need a folder or an address to start from")
            self._files[name] = _absolute(self.read(address), name)
        return self._files[name]

    def read_files(self) -> dict[str, Any]:
        """Return the data of all other files that references lead to, so that they need not be read again.

        One that cannot be read is left out; what refers to it says so when it is described.
        """
        waiting = [self.root]
        seen: set[str] = set()
        while waiting:
            for name in {urldefrag(reference).url for reference in _references(waiting.pop())} - seen - {""}:
                seen.add(name)
                with contextlib.suppress(InvalidSetting, OSError, ValueError, LookupError):
                    waiting.append(self._file(name))
        return dict(self._files)

    def servers(self, operation: PathOperation | None = None) -> tuple[Mapping[str, Any], ...]:
        """Return the server objects of `operation`, or of the document, urls made absolute where possible."""
        places = (operation.raw, operation.item, self.root) if operation else (self.root,)
        listed = next((place["servers"] for place in places if place.get("servers")), ())
        servers = [mapping(server) for server in listed if isinstance(server, Mapping)]
        return tuple({**server, "url": self._server_url(str(server.get("url") or "/"))} for server in servers)

    def _server_url(self, url: str) -> str:
        # A template such as {scheme}://host is absolute, though no parser of urls says so.
        absolute = "://" in url or not self.address.startswith(("http://", "https://"))
        return (url if absolute else urljoin(self.address, url)).rstrip("/")

    def component(self, group: str) -> Mapping[str, Any]:
        """Return one group of components ("securitySchemes"), by name."""
        return mapping(mapping(self.root.get("components")).get(group))


def mapping(value: Any) -> Mapping[str, Any]:
    """Return `value` if it is an object, an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}


def is_true(value: Any) -> bool:
    """Return whether a flag is set; documents quote booleans."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def _absolute(node: Any, file: str, *, named: bool = False) -> Any:
    """Return a file's data with its references relative to the document that refers to `file`.

    Args:
        node: the data.
        file: the file's name as the document has it.
        named: whether the keys of `node` are names of properties or components rather than keywords.
    """
    if isinstance(node, list):
        return [_absolute(item, file) for item in node]
    if not isinstance(node, Mapping):
        return node
    rewritten = {
        key: value if key in _DATA and not named else _absolute(value, file, named=key in _NAMED and not named)
        for key, value in node.items()
    }
    if not named and isinstance(reference := node.get("$ref"), str):
        rewritten["$ref"] = f"{file}{reference}" if reference.startswith("#") else urljoin(file, reference)
    return rewritten


def _references(node: Any, *, named: bool = False) -> Iterator[str]:
    """Yield all references within `node`; `named` is that of `_absolute`."""
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, Mapping):
        if not named and isinstance(reference := node.get("$ref"), str):
            yield reference
        for key, value in node.items():
            if named or key not in _DATA:
                yield from _references(value, named=key in _NAMED and not named)
