"""Fields: how nodes and Configurations declare what they can be told.

A field is declared once, as a class attribute; dialogs, options, checks, docs and tests are derived from it::

    n: int | None = optional("N", "How many images to ask for.", minimum=1, maximum=10)

``None`` means that the field's enable flag is off.
"""

import contextlib
import dataclasses
import enum
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, dataclass_transform

from ..errors import InvalidSetting
from ..files import FileRules, SourceKind
from .values import CHECKS, InvalidValue, preview

__all__ = ["Declarative", "Field", "FieldKind", "Mode", "ModelFilter", "optional", "required", "setting"]


class Mode(enum.Enum):
    """What becomes of a field."""

    REQUIRED = "required"
    """Sent with every request; a constant, or taken from the input row."""
    OPTIONAL = "optional"
    """Sent when its enable flag is on."""
    SETTING = "setting"
    """Never sent itself; it shapes the request or the result."""


class FieldKind(enum.Enum):
    """The type of a field's value, as dialogs and options need it."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    JSON = "json"
    IMAGE = "image"
    AUDIO = "audio"


@dataclass(frozen=True)
class Field:
    """One declared field.

    Attributes:
        label: name shown in dialogs, sentence case.
        help: what it does, one or two sentences.
        mode: whether and when it is sent.
        name: attribute name, which is also the wire name.
        kind: type of the value.
        many: whether the value is a list of such values.
        default: value when nothing is said; None for required and optional fields.
        choices: the only values allowed (kind CHOICE).
        suggestions: values worth offering; others are allowed. A callable gets a model list's ids.
        minimum, maximum: inclusive limits of numbers; for lists, of their length.
        pattern: regular expression that the whole text must match, and `pattern_help` says it in words.
        multiline: whether a dialog should give the text several lines.
        since: version of the project in which the field appeared.
        advanced: whether a dialog folds it away.
        private: whether a value may hold a secret by mistake, so that no message repeats it.
        primary: whether it is what a row is about; dialogs and help show such fields first.
        unless: name of another field that makes this required one dispensable ("messages").
        files: rules a file must keep, by route name ("*" for every route).
        example: a value that shows what the field takes, where its kind, limits and suggestions do not say it.
    """

    label: str
    help: str
    mode: Mode
    name: str = ""
    kind: FieldKind = FieldKind.TEXT
    many: bool = False
    default: Any = None
    choices: tuple[Any, ...] = ()
    suggestions: "tuple[str, ...] | ModelFilter" = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str = ""
    pattern_help: str = ""
    multiline: bool = False
    since: str = "0.1.0"
    advanced: bool = False
    private: bool = False
    primary: bool = False
    unless: str = ""
    files: Mapping[str, FileRules] = dataclasses.field(default_factory=dict)
    example: Any = None

    def check(self, value: Any) -> Any:
        """Return `value` in the field's own type.

        Text is accepted for numbers, booleans, JSON and lists (as a JSON list), because cells and command lines
        hold text. An empty list to be sent is no value, unless there is a minimum.

        Raises:
            InvalidSetting: the value has the wrong type or is out of bounds; the sentence names both.
        """
        if value is None:
            return None
        if self.many:
            values = [each for part in _listed(value) for each in _spread(part)]
            if not values and not self.minimum and self.sent:
                return None
            self._check_bounds(len(values), "the number of values of ")
            return [self._check_one(each) for each in values]
        return self._check_one(value)

    def _check_one(self, value: Any) -> Any:
        if self.kind is FieldKind.CHOICE:
            if value not in self.choices:
                raise self._refusal(value, f"one of {', '.join(map(str, self.choices))}")
            return value
        try:
            checked = CHECKS[self.kind.value](value)
        except InvalidValue as error:
            raise self._refusal(value, str(error)) from None
        if self.kind in (FieldKind.INTEGER, FieldKind.NUMBER) and not self.many:
            self._check_bounds(checked)
        if self.pattern and not re.fullmatch(self.pattern, checked):
            raise self._refusal(value, self.pattern_help)
        return checked

    def _check_bounds(self, number: float, subject: str = "") -> None:
        low, high = self.minimum, self.maximum
        if (low is not None and number < low) or (high is not None and number > high):
            raise InvalidSetting(f"{subject}{self.name} is {preview(number)}, but {self.label} must be {self.limits}.")

    def _refusal(self, value: Any, wanted: str) -> InvalidSetting:
        found = "not usable" if self.private else preview(value)
        return InvalidSetting(f"{self.name} is {found}, but {self.label} must be {wanted}.")

    @property
    def limits(self) -> str:
        """The bounds in words ("from 1 to 10"), or "" where there are none."""
        low, high = (
            None if n is None else f"{n:{'d' if isinstance(n, int) else 'g'}}" for n in (self.minimum, self.maximum)
        )
        if low is not None and high is not None:
            return f"from {low} to {high}"
        return f"at least {low}" if low is not None else f"at most {high}" if high is not None else ""

    @property
    def sent(self) -> bool:
        """Whether the field itself goes to the service."""
        return self.mode is not Mode.SETTING


ModelFilter = Callable[[list[str]], list[str]]
"""Given the ids a service lists, those an operation can use, best first."""


def required(label: str, help: str, **details: Any) -> Any:  # noqa: A002 - the word of the design
    """Declare a field that every request carries; it is a constant or comes from the input row."""
    return _declare(Mode.REQUIRED, label, help, {"primary": True, **details})


def optional(label: str, help: str, **details: Any) -> Any:  # noqa: A002 - the word of the design
    """Declare a field that is sent when its enable flag is on; ``None`` is off."""
    return _declare(Mode.OPTIONAL, label, help, details)


def setting(label: str, help: str, default: Any = None, **details: Any) -> Any:  # noqa: A002 - the word of the design
    """Declare a field that is not sent itself but shapes requests, results or the run."""
    return _declare(Mode.SETTING, label, help, {"default": default, **details})


def _declare(mode: Mode, label: str, help: str, details: dict[str, Any]) -> Any:  # noqa: A002 - as above
    declared = Field(label=label, help=help, mode=mode, **details)
    if isinstance(declared.default, dict | list):
        return field(default_factory=declared.default.copy, metadata={"field": declared})
    return field(default=declared.default, metadata={"field": declared})


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Declarative:
    """Base of classes made of fields: subclasses become frozen, keyword-only dataclasses that check themselves."""

    _fields: ClassVar[dict[str, Field]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        dataclass(frozen=True, kw_only=True, repr=False)(cls)
        hints = typing.get_type_hints(cls, include_extras=True)
        declared = [
            _complete(each.metadata["field"], each.name, hints[each.name])
            for each in dataclasses.fields(cls)  # type: ignore[arg-type]  # made a dataclass two lines above
            if "field" in each.metadata
        ]
        inherited = cls._fields  # those of the base, until the next line
        cls._fields = {each.name: each for each in sorted(declared, key=lambda each: _place(each, inherited))}

    def __post_init__(self) -> None:
        for name, declared in self._fields.items():
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, declared.check(value))
            elif declared.mode is Mode.SETTING and declared.default is not None:
                object.__setattr__(self, name, declared.default)

    def __repr__(self) -> str:
        changed = (f"{n}={preview(v)}" for n, v in self.non_default_values().items())
        return f"{type(self).__name__}({', '.join(changed)})"

    def non_default_values(self) -> dict[str, Any]:
        """Return the fields whose value differs from the default, by name."""
        values = ((name, getattr(self, name), declared.default) for name, declared in self._fields.items())
        return {name: value for name, value, default in values if value is not None and value != default}

    @classmethod
    def fields(cls) -> dict[str, Field]:
        """Return the declared fields by name: primary ones first, settings last, inherited ones behind them."""
        return cls._fields


def _place(declared: Field, inherited: Mapping[str, Field]) -> tuple[bool, int, bool]:
    general = declared.mode is Mode.SETTING and declared.name in inherited
    return not declared.primary, list(Mode).index(declared.mode), general


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _spread(value: Any) -> list[Any]:
    """Return the items of a JSON list in text, anything else as the only item."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        import msgspec

        with contextlib.suppress(msgspec.MsgspecError):
            return _listed(msgspec.json.decode(value))
    return [value]


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
    elif markers := [m for m in getattr(annotation, "__metadata__", ()) if isinstance(m, SourceKind)]:
        kind = FieldKind(markers[0].value)
    else:
        kind = _KINDS[typing.get_origin(annotation) or annotation]
    return replace(declared, name=name, kind=kind, many=many, choices=choices)


def _without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        alternatives = [each for each in typing.get_args(annotation) if each is not type(None)]
        return alternatives[0] if len(alternatives) == 1 else dict
    return annotation


_KINDS: dict[Any, FieldKind] = {
    str: FieldKind.TEXT,
    int: FieldKind.INTEGER,
    float: FieldKind.NUMBER,
    bool: FieldKind.BOOLEAN,
    dict: FieldKind.JSON,
}
