"""One declared field: what it is called, what it takes, and the check of its values."""

import contextlib
import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from ..errors import InvalidSetting
from .values import CHECKS, InvalidValue, preview

__all__ = ["Entries", "Field", "FieldKind", "FilePath", "FolderPath", "Mode", "ModelFilter"]


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
    FILE = "file"
    PATH = "path"
    """Where a file is on this computer; unlike IMAGE, AUDIO and FILE, its content is not part of a request."""
    FOLDER = "folder"
    """Where a folder is on this computer."""


FilePath = Annotated[str, FieldKind.PATH]
"""The path of a file that the run itself needs; dialogs browse for it."""

FolderPath = Annotated[str, FieldKind.FOLDER]
"""The path of a folder that the run itself needs; dialogs browse for it."""


@dataclass(frozen=True)
class Entries:
    """How a dialog lists the entries of a JSON object, one in a row.

    Attributes:
        help: what they are for, in a sentence or two.
        name: what the name of an entry is called.
        value: what its value is called.
        choices: the values to choose from; () for free ones.
        json: whether a value that can be read as JSON is meant so; else it is a text.
    """

    help: str
    name: str
    value: str
    choices: tuple[str, ...] = ()
    json: bool = False


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
        internal: whether hosts say it in another way, or not at all.
        formerly: the field's name in versions before `since`; what they saved is read.
        primary: whether it is what a row is about; dialogs and help show such fields first.
        initial: what a dialog starts with when an optional field is switched on: the service's own default, or what is
            most likely meant.
        unless: name of another field that makes this required one dispensable ("messages").
        example: a value that shows what the field takes, where its kind, limits and suggestions do not say it.
        only_with: name of a setting and those of its choices with which this field means anything; None for always.
            Dialogs hide the field with the others.
        entries: how a dialog lists the entries of the JSON object that the value is; None for any other value.
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
    internal: bool = False
    formerly: str = ""
    primary: bool = False
    unless: str = ""
    example: Any = None
    only_with: tuple[str, tuple[str, ...]] | None = None
    entries: Entries | None = None
    initial: Any = None

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
            values = [item for part in _listed(value) for item in _spread(part)]
            if not values and not self.minimum and self.sent:
                return None
            self._check_bounds(len(values), "values")
            return [self._check_one(item) for item in values]
        return self._check_one(value)

    @cached_property
    def _convert(self) -> Callable[[Any], Any]:
        return CHECKS[self.kind.value]

    def _check_one(self, value: Any) -> Any:
        if self.kind is FieldKind.CHOICE:
            if value not in self.choices:
                raise self._refusal(value, f"one of {', '.join(map(str, self.choices))}")
            return value
        try:
            checked = self._convert(value)
        except InvalidValue as error:
            raise self._refusal(value, str(error)) from None
        if self.kind in (FieldKind.INTEGER, FieldKind.NUMBER) and not self.many:
            self._check_bounds(checked)
        if self.pattern and not re.fullmatch(self.pattern, checked):
            raise self._refusal(value, self.pattern_help)
        return checked

    def _check_bounds(self, number: float, counted: str = "") -> None:
        low, high = self.minimum, self.maximum
        if (low is not None and number < low) or (high is not None and number > high):
            rule = f"have {self.limits} {counted}" if counted else f"be {self.limits}"
            raise InvalidSetting(f"`{self.name}` must {rule}, not {preview(number)}.")

    def _refusal(self, value: Any, wanted: str) -> InvalidSetting:
        given = "" if self.private else f", not {preview(value)}"
        return InvalidSetting(f"`{self.name}` must be {wanted}{given}.")

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


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _spread(value: Any) -> list[Any]:
    """Return the items of a JSON list in text, anything else as the only item."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        import msgspec

        with contextlib.suppress(msgspec.MsgspecError):
            return _listed(msgspec.json.decode(value))
    return [value]
