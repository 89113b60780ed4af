"""Classes made of fields: how nodes and Configurations declare what they can be told.

A field is declared once, as a class attribute; dialogs, options, checks, docs and tests are derived from it::

    n: int | None = optional("N", "How many images to ask for.", minimum=1, maximum=10)

``None`` means that the field's enable flag is off.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, dataclass_transform

from ..files import SourceKind
from .field import Field, FieldKind, Mode
from .values import preview

__all__ = ["Declarative"]


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Declarative:
    """Base of classes made of fields: subclasses become frozen, keyword-only dataclasses that check themselves."""

    _fields: ClassVar[dict[str, Field]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        dataclass(frozen=True, kw_only=True, repr=False)(cls)
        hints = typing.get_type_hints(cls, include_extras=True)
        declared = [
            _complete(attribute.metadata["field"], attribute.name, hints[attribute.name])
            for attribute in dataclasses.fields(cls)  # type: ignore[arg-type]  # made a dataclass two lines above
            if "field" in attribute.metadata
        ]
        inherited = cls._fields  # those of the base, until the next line
        cls._fields = {field.name: field for field in sorted(declared, key=lambda field: _place(field, inherited))}

    def __post_init__(self) -> None:
        for name, declared in self._fields.items():
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, self._checked(declared, value))
            elif declared.mode is Mode.SETTING and declared.default is not None:
                object.__setattr__(self, name, declared.default)

    def _checked(self, declared: Field, value: Any) -> Any:
        """Return a value given to the constructor in its field's own type."""
        return declared.check(value)

    def __repr__(self) -> str:
        changed = (f"{n}={preview(v)}" for n, v in self.non_default_values().items())
        return f"{type(self).__name__}({', '.join(changed)})"

    def non_default_values(self) -> dict[str, Any]:
        """Return the fields whose value differs from the default, by name."""
        values = ((name, getattr(self, name), declared.default) for name, declared in self._fields.items())
        return {name: value for name, value, default in values if value is not None and value != default}

    @classmethod
    def renamed(cls, saved: Mapping[str, Any]) -> dict[str, Any]:
        """Return values by field name, where an earlier version may have saved some under a former name."""
        names = {field.formerly: name for name, field in cls._fields.items() if field.formerly}
        former = {names[name]: value for name, value in saved.items() if name in names}
        return {**former, **{name: value for name, value in saved.items() if name not in names}}

    @classmethod
    def fields(cls) -> dict[str, Field]:
        """Return the declared fields by name: primary ones first, settings last, inherited ones behind them."""
        return cls._fields


def _place(declared: Field, inherited: Mapping[str, Field]) -> tuple[bool, int, bool]:
    general = declared.mode is Mode.SETTING and declared.name in inherited
    return not declared.primary, list(Mode).index(declared.mode), general


def _complete(declared: Field, name: str, annotation: Any) -> Field:
    """Fill in what a field's name and annotation say: kind, choices, list or not."""
    if declared.name:
        return declared
    annotation = _without_none(annotation)
    many = typing.get_origin(annotation) is list
    if many:
        annotation = typing.get_args(annotation)[0]
    choices: tuple[Any, ...] = ()
    if typing.get_origin(annotation) is Literal:
        kind, choices = FieldKind.CHOICE, typing.get_args(annotation)
    elif markers := [m for m in getattr(annotation, "__metadata__", ()) if isinstance(m, SourceKind | FieldKind)]:
        kind = FieldKind(markers[0].value)
    else:
        kind = _KINDS[typing.get_origin(annotation) or annotation]
    return replace(declared, name=name, kind=kind, many=many, choices=choices)


def _without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        alternatives = [kind for kind in typing.get_args(annotation) if kind is not type(None)]
        return alternatives[0] if len(alternatives) == 1 else dict
    return annotation


_KINDS: dict[Any, FieldKind] = {
    str: FieldKind.TEXT,
    int: FieldKind.INTEGER,
    float: FieldKind.NUMBER,
    bool: FieldKind.BOOLEAN,
    dict: FieldKind.JSON,
}
