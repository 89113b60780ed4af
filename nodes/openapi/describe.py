"""From a document to descriptions of its operations, each made when it is asked for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from ...port_types.errors import InvalidSetting
from .descriptions import InputField, Note, OperationDescription
from .document import JOBS, Document, PathOperation, is_true, mapping
from .fields import Collected
from .names import display_title, name_operations
from .paging import find_paging
from .parameters import collect_body, collect_parameters, path_template
from .prose import plain_text, unique_name
from .results import read_answer
from .shared import SharedParameters

__all__ = ["Descriptions"]


Naming = tuple[frozenset[str], frozenset[str]]
"""Names that are reserved and names that are occupied."""


class Descriptions(Mapping[str, OperationDescription]):
    """The operations of a document by name; a description is made when it is asked for, and kept.

    Args:
        document: what is described.
        reserved: attribute names that mean something else in Python where fields are used.
        occupied: names that cannot be told from others where fields are shown.
    """

    def __init__(self, document: Document, reserved: Collection[str] = (), occupied: Collection[str] = ()) -> None:
        self.document = document
        self._naming = (frozenset(reserved), frozenset(occupied))
        self._made: dict[str, OperationDescription] = {}

    @cached_property
    def operations(self) -> dict[str, PathOperation]:
        """The operations as the document has them, by name."""
        return name_operations(self.document.operations())

    def __getitem__(self, name: str) -> OperationDescription:
        if name not in self._made:
            operation = self.operations[name]
            described = _describe(self.document, name, operation, self._naming, self.shared)
            self._made[name] = self._with_job(operation.place, described)
        return self._made[name]

    @cached_property
    def shared(self) -> SharedParameters:
        """The parameters that nearly all operations require."""
        return SharedParameters(self.document)

    @cached_property
    def jobs(self) -> list[str]:
        """The names of the operations that create jobs.

        Raises:
            InvalidSetting: something else is said to create one.
        """
        declared = mapping(self.document.root.get(JOBS))
        if not declared:
            return []
        names = {operation.place: name for name, operation in self.operations.items()}
        if unknown := declared.keys() - names.keys():
            raise InvalidSetting(f'"{min(unknown)}" is said to create jobs, but is not an operation of the document.')
        return [names[place] for place in declared]

    def _with_job(self, place: str, described: OperationDescription) -> OperationDescription:
        declared = mapping(self.document.root.get(JOBS))
        if place not in declared:
            return described
        from .jobs import read_job

        others = {
            operation.place: _describe(self.document, name, operation, self._naming, self.shared)
            for name, operation in self.operations.items()
            if operation.place in mapping(declared[place]).values()
        }
        job = read_job(place, declared[place], described, others)
        answer = (job.fetched or job.polled).answer
        return replace(described, job=job, answer=answer, paging=None)

    def __iter__(self) -> Any:
        return iter(self.operations)

    def __len__(self) -> int:
        return len(self.operations)


def _describe(
    document: Document, name: str, operation: PathOperation, naming: Naming, shared: SharedParameters
) -> OperationDescription:
    try:
        return _read(document, name, operation, naming, shared)
    except (RecursionError, LookupError, TypeError, ValueError, AttributeError) as error:
        # Whatever a document holds, its other operations are there, and this one says why it is not.
        reason = f"the document's description of it cannot be read ({type(error).__name__}: {error})"
        return OperationDescription(
            name=name,
            title=display_title(name),
            help="",
            method=operation.method.upper(),
            path=operation.path,
            notes=(Note("missing", operation.place, reason),),
        )


def _read(
    document: Document, name: str, operation: PathOperation, naming: Naming, shared: SharedParameters
) -> OperationDescription:
    found = Collected()
    parameters = collect_parameters(document, operation, found)
    body = collect_body(document, operation, found)
    read = read_answer(document, operation)
    fields = _named(sorted(map(shared.mark, found.fields), key=lambda one: not one.required), naming)
    written = operation.raw
    own_servers = written.get("servers") or operation.item.get("servers")
    return OperationDescription(
        name=name,
        title=display_title(name),
        help=_help(written),
        method=operation.method.upper(),
        path=path_template(operation.path),
        tags=tuple(tag for tag in written.get("tags") or () if isinstance(tag, str)),
        deprecated=is_true(written.get("deprecated")),
        fields=tuple(fields),
        constants=tuple(found.constants),
        parameters=tuple(parameters),
        body=body,
        answer=read.answer,
        paging=find_paging(fields, read, operation.method.upper()),
        security=_security(written.get("security", document.root.get("security"))),
        servers=document.servers(operation) if own_servers else (),
        notes=(*found.notes, *read.notes),
    )


def _help(written: Mapping[str, Any]) -> str:
    summary, description = plain_text(written.get("summary")), plain_text(written.get("description"), 1200)
    if summary and not description.startswith(summary.rstrip(".")):
        ending = "" if summary.endswith((".", "!", "?", "…")) else "."
        return f"{summary}{ending} {description}".strip()
    return description


def _named(fields: Iterable[InputField], naming: Naming) -> list[InputField]:
    """Return the fields under attributes of their own; those that are two forms of one value name each other."""
    reserved, occupied = naming
    taken: dict[str, InputField] = {}
    plain: dict[tuple[str, tuple[str, ...]], str] = {}
    for one in fields:
        place = (one.location, one.path)
        words = "_".join(one.path) or "body"
        if place in plain:
            name = unique_name([f"{words}_json", f"{one.location}_{words}_json"], {*taken, *occupied}, reserved)
            first = plain[place]
            taken[first] = replace(taken[first], unless=name)
            one = replace(one, unless=first)  # noqa: PLW2901 - the same field, completed
        else:
            name = unique_name([words, f"{one.location}_{words}"], {*taken, *occupied}, reserved)
            plain[place] = name
        taken[name] = replace(one, attribute=name)
    return list(taken.values())


def _security(written: Any) -> tuple[Mapping[str, tuple[str, ...]], ...]:
    alternatives: Sequence[Any] = written if isinstance(written, list) else ()
    return tuple(
        {str(name): tuple(map(str, scopes or ())) for name, scopes in mapping(one).items()} for one in alternatives
    )
