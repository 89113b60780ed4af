"""Routes: where a request goes, how its values are written, and what the service takes there."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ...port_types.files import FileRules
from .rules import Rule, WireAlias

__all__ = ["Body", "Route"]


class Body(enum.Enum):
    """How a request's values are written."""

    JSON = "json"
    MULTIPART = "multipart"
    QUERY = "query"
    NONE = "none"


@dataclass(frozen=True, eq=False)
class Route:
    """One way over the wire by which a service does what a node asks for.

    Attributes:
        name: what settings and results call it.
        method: HTTP method.
        path: path below the base url; a placeholder such as "{file_id}" stands for the field of that name.
        body: how values are written.
        files: what a file must keep, by field; a field that is not named takes any file.
        rules: checked in this order before a request is sent.
        aliases: names that fields have on the wire for some models.
        json_body: given a payload, the JSON object that says the same where no form can be sent, as in a batch file;
            None for a multipart route that has no such form.
        repeatable: whether a request may be sent again though the service may have acted on it already: it changes
            nothing, has the same effect twice, or the service keeps to idempotency keys.
        makes: whether the service makes something, so that its answer is kept for later runs; what only asks how things
            are now is asked again by each run. None for what the method says: a POST makes something.
    """

    name: str
    method: str
    path: str
    body: Body = Body.JSON
    files: Mapping[str, FileRules] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    aliases: tuple[WireAlias, ...] = ()
    json_body: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    repeatable: bool = True
    makes: bool | None = None

    @property
    def keeps_answers(self) -> bool:
        """Whether an answer serves later runs as well."""
        return self.method == "POST" if self.makes is None else self.makes

    @cached_property
    def ruled_fields(self) -> frozenset[str]:
        """Names of the fields that any rule is about."""
        return frozenset(rule.field for rule in self.rules)
