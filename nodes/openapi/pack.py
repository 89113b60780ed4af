"""Packs: documents as nodes."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from .describe import Descriptions
from .document import Document, PathOperation
from .node import OperationNode, build_node_class, occupied_options, reserved_attributes
from .prose import plain_text, snake_case
from .security import read_authentication
from .servers import Server, first_server

__all__ = ["Pack", "Selection", "pack_name"]


@dataclass(frozen=True)
class Selection:
    """Which operations of a document become nodes; without any word all of them.

    Attributes:
        tags: those with one of these tags.
        paths: those whose path starts with one of these.
        operations: those of one of these names.
    """

    tags: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()

    def holds(self, name: str, operation: PathOperation) -> bool:
        """Return whether an operation is among them."""
        if not (self.tags or self.paths or self.operations):
            return True
        tags = operation.raw.get("tags")
        return (
            name in {snake_case(one) for one in self.operations}
            or operation.path.startswith(self.paths or ("\0",))
            or (isinstance(tags, list) and not set(self.tags).isdisjoint(map(str, tags)))
        )


@dataclass(frozen=True)
class Pack(Mapping[str, type[OperationNode]]):
    """The nodes of a document by the name of their operation; a class is made when it is asked for, and kept.

    Attributes:
        name: what the command line calls it.
        document: what it is made of.
        selection: which operations it has.
    """

    name: str
    document: Document
    selection: Selection = Selection()
    _made: dict[str, type[OperationNode]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def descriptions(self) -> Descriptions:
        """The operations, by name."""
        return Descriptions(self.document, reserved_attributes(), occupied_options())

    @cached_property
    def operations(self) -> dict[str, PathOperation]:
        """The selected operations as the document has them, by name."""
        return {name: one for name, one in self.descriptions.operations.items() if self.selection.holds(name, one)}

    def check_jobs(self) -> None:
        """Check what is said of the operations that create jobs.

        Raises:
            InvalidSetting: it cannot be.
        """
        for name in self.descriptions.jobs:
            self.descriptions[name]

    @cached_property
    def server(self) -> Server:
        """The service, as the document says where it is."""
        return first_server(self.document.servers())

    def summaries(self) -> Iterator[tuple[str, str]]:
        """Yield name and summary of each operation; no class is made."""
        for name, operation in self.operations.items():
            written = operation.raw
            yield name, plain_text(written.get("summary") or written.get("description") or operation.place, 100)

    def __getitem__(self, name: str) -> type[OperationNode]:
        if name not in self.operations:
            raise KeyError(name)
        if name not in self._made:
            description = self.descriptions[name]
            authentication = read_authentication(self.document, self.operations[name], description)
            self._made[name] = build_node_class(self.name, description, self.server, authentication)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.operations)

    def __len__(self) -> int:
        return len(self.operations)

    def __hash__(self) -> int:
        return id(self)


def pack_name(title: str, taken: Collection[str] = ()) -> str:
    """Return a name for a pack: the first telling word of its document's title, "github" for "GitHub v3 REST API"."""
    words = [word for word in re.findall(r"[a-z][a-z0-9]*", title.lower()) if word not in _GENERIC]
    first = next((word for word in words if not re.fullmatch(r"v\d+|.", word)), "pack")[:30]
    name, number = first, 2
    while name in taken:
        name, number = f"{first}_{number}", number + 1
    return name


_GENERIC = {"api", "rest", "openapi", "swagger", "spec", "specification", "the", "public", "web", "http", "platform"}
