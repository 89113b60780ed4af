"""From described fields to those that every host knows."""

import re
from dataclasses import dataclass
from typing import Any

from ...port_types.errors import InvalidInput, InvalidSetting
from ...port_types.fields import Field, FieldKind, Mode
from ...port_types.fields.values import preview
from .checks import check_json
from .descriptions import InputField

__all__ = ["DocumentField", "declare"]

_LONG_TEXT = re.compile(
    r"(?:.*[_\W])?(?:prompt|message|text|content|body|description|instructions|input|query|comment)", re.IGNORECASE
)


@dataclass(frozen=True)
class DocumentField(Field):
    """A field of a document: choices of any type, texts of limited length, and JSON of any shape.

    Attributes:
        described: what the document says of it.
    """

    described: InputField | None = None

    def _check_one(self, value: Any) -> Any:
        described = self.described
        if described is None:
            return super()._check_one(value)
        if self.kind is FieldKind.CHOICE:
            by_text = {str(choice): choice for choice in self.choices}
            return super()._check_one(by_text.get(str(value), value))
        if self.kind is FieldKind.JSON:
            return self._check_json(value)
        checked = super()._check_one(value)
        if self.kind is FieldKind.TEXT:
            self._check_text(checked, described)
        return checked

    def _check_json(self, value: Any) -> Any:
        import msgspec

        try:
            decoded = msgspec.json.decode(value) if isinstance(value, str | bytes) else value
        except msgspec.MsgspecError as error:
            raise self._refusal(value, f"valid JSON ({error})") from None
        if self.described and self.described.schema is not None:
            try:
                check_json(self.label, decoded, self.described.schema)
            except InvalidInput as error:
                raise InvalidSetting(str(error)) from None
        return decoded

    def _check_text(self, text: str, described: InputField) -> None:
        low, high = described.min_length, described.max_length
        if (low is not None and len(text) < low) or (high is not None and len(text) > high):
            limits = f"at least {low or 0}" if high is None else f"from {low or 0} to {high}"
            raise InvalidSetting(f"{self.name} has {len(text)} characters, but {self.label} must have {limits}.")
        if described.pattern and not _matches(described.pattern, text):
            found = "The value" if self.private else preview(text)
            raise InvalidSetting(f"{self.name}: {found} does not match the pattern {described.pattern}.")


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        # Not every pattern of ECMAScript is one of Python's; the service decides then.
        return True


def declare(described: InputField) -> DocumentField:
    """Return the field that hosts know."""
    mode = Mode.REQUIRED if described.required else Mode.OPTIONAL
    kind = FieldKind(described.kind)
    return DocumentField(
        label=described.label,
        help=_help(described),
        mode=mode,
        name=described.attribute,
        kind=kind,
        many=described.many,
        choices=described.choices,
        suggestions=described.suggestions,
        minimum=described.minimum,
        maximum=described.maximum,
        multiline=kind is FieldKind.TEXT
        and not described.format
        and bool(_LONG_TEXT.fullmatch((described.path[-1:] and described.path[-1]) or "body")),
        since="0.2.0",
        advanced=described.advanced,
        private=described.private,
        primary=described.required,
        unless=described.unless if described.required else "",
        example=described.example,
        described=described,
    )


def _help(described: InputField) -> str:
    parts = [described.help]
    if described.forms:
        tag, values = described.forms
        parts.append(f"Only with {tag[-1]} {', '.join(map(str, values))}.")
    if described.required_within:
        parts.append(f"Needed as soon as another value of {'.'.join(described.required_within)} is set.")
    if described.shared:
        parts.append("Nearly all operations need it, so the Configuration may have it, under Parameters.")
    if described.kind == "json":
        parts.append("Written as JSON.")
    if described.default is not None and isinstance(described.default, str | int | float):
        parts.append(f"The service's default is {described.default}.")
    return " ".join(part if part.endswith((".", "!", "?", "…")) else f"{part}." for part in parts if part)
