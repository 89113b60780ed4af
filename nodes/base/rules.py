"""Rules: what a model or a route takes in a field, checked before anything is sent."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from ...port_types.fields.values import preview

__all__ = ["Rule", "RuleCheck", "WireAlias", "apply_wire_aliases", "first_violation", "matches"]

RuleCheck = Callable[[Any, Mapping[str, Any]], str | None]
"""Given a field's value and the values of all fields, return what the value must be ("must be …"), None if it is."""


@dataclass(frozen=True)
class Rule:
    """What a model or a route says about one field.

    Attributes:
        field: wire name.
        models: patterns of model ids; () means every model, set or not.
        allowed: the only values taken; () together with no `check` means that the field is not taken at all.
        check: for what a list of values cannot say.
        hint: what the user can do, as the end of a sentence.
    """

    field: str
    models: tuple[str, ...] = ()
    allowed: tuple[Any, ...] = ()
    check: RuleCheck | None = None
    hint: str = ""

    def violation(self, values: Mapping[str, Any], route: str) -> str | None:
        """Return why `values` cannot be sent on the route of this name, as a sentence; None if they can."""
        value, model = values.get(self.field), values.get("model")
        if value is None or (self.models and not matches(model, self.models)):
            return None
        taker = model if self.models else f"the {route} route"
        end = f"; {self.hint}." if self.hint else "."
        if self.check:
            wrong = self.check(value, values)
            return f"`{self.field}` is {preview(value)}, but for {taker} it {wrong}{end}" if wrong else None
        if not self.allowed:
            return f"`{self.field}` is set, but {taker} does not take it{end}"
        if value in self.allowed:
            return None
        return f"`{self.field}` is {preview(value)}, but {taker} takes {_alternatives(self.allowed)}{end}"


@dataclass(frozen=True)
class WireAlias:
    """Another name that a field has on the wire for some models; "" means that it is understood and not sent."""

    field: str
    models: tuple[str, ...]
    name: str


def first_violation(rules: Iterable[Rule], values: Mapping[str, Any], route: str) -> str | None:
    """Return the sentence of the first of `rules` that `values` break on the route of this name, None if none."""
    for rule in rules:
        if rule.field in values and (sentence := rule.violation(values, route)):
            return sentence
    return None


def apply_wire_aliases(aliases: Iterable[WireAlias], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload `values` under the names that their model knows."""
    renamed = {
        alias.field: alias.name
        for alias in aliases
        if alias.field in values and matches(values.get("model"), alias.models)
    }
    if not renamed:
        return dict(values)
    return {renamed.get(field, field): value for field, value in values.items() if renamed.get(field, field)}


@lru_cache(maxsize=4096)
def matches(model: str | None, patterns: tuple[str, ...]) -> bool:
    """Return whether the id of a model is like one of `patterns`, in which * stands for any text."""
    # Gateways such as Bifrost name models "provider/model".
    name = (model or "").rsplit("/", 1)[-1].lower()
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _alternatives(values: tuple[Any, ...]) -> str:
    *first, last = map(str, values)
    return f"{', '.join(first)} or {last}" if first else f"only {last}"
