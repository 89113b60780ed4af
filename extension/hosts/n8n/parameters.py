"""Declared fields as parameters of n8n (docs.n8n.io/integrations/creating-nodes/build/reference/ui-elements)."""

from typing import Any

from ....port_types.fields import Field, FieldKind, Mode
from ..kit.fields import MEDIA_KINDS, describe

__all__ = ["parameter", "title"]

_SMALL = {"a", "and", "at", "if", "in", "of", "on", "or", "per", "the", "to"}


def parameter(field: Field) -> dict[str, Any]:
    """Return the parameter for `field`; in a collection, it is off where it was not added."""
    common: dict[str, Any] = {"displayName": title(field.label), "name": field.name, "description": _description(field)}
    if field.mode is Mode.REQUIRED and not field.unless:
        common["required"] = True
    return {**common, **_control(field)}


def _control(field: Field) -> dict[str, Any]:
    if field.kind in MEDIA_KINDS:
        return {"type": "string", "default": "data" if field.mode is Mode.REQUIRED else ""}
    if field.kind is FieldKind.CHOICE:
        options = [{"name": title(str(choice)), "value": choice} for choice in sorted(field.choices, key=str)]
        if field.many:
            return {"type": "multiOptions", "options": options, "default": []}
        return {"type": "options", "options": options, "default": field.default or options[0]["value"]}
    if callable(field.suggestions):
        return {"type": "options", "typeOptions": {"loadOptionsMethod": "getModels"}, "default": ""}
    if field.many or field.kind is FieldKind.JSON:
        return {"type": "json", "default": "[]" if field.many else "{}"}
    if field.kind is FieldKind.BOOLEAN:
        return {"type": "boolean", "default": field.mode is not Mode.SETTING}
    if field.kind in (FieldKind.INTEGER, FieldKind.NUMBER):
        return _number(field)
    rows = {"typeOptions": {"rows": 4}} if field.multiline else {}
    return {"type": "string", **rows, "default": ""}


def _number(field: Field) -> dict[str, Any]:
    limits = {"minValue": field.minimum, "maxValue": field.maximum}
    options = {name: value for name, value in limits.items() if value is not None}
    if field.kind is FieldKind.NUMBER:
        options["numberPrecision"] = 2
    start = next(value for value in (field.default, field.example, field.minimum, 1) if value is not None)
    return {"type": "number", "typeOptions": options, "default": start}


def _description(field: Field) -> str:
    """Return what the field does, as n8n's guidelines want it: no period behind a single sentence."""
    text = describe(field, choices=False)
    if field.kind in MEDIA_KINDS:
        several = "Names of binary fields of the item, separated by commas" if field.many else (
            "Name of the item's binary field"
        )  # fmt: skip
        text = f"{several}; or an http(s) address, a data URL or base64 text. {text}"
    if callable(field.suggestions):
        text = f"{text} Choose from the list, or specify an ID using an expression."
    if field.kind is FieldKind.BOOLEAN:
        text = f"Whether to do this: {text[0].lower()}{text[1:]}"
    return text.removesuffix(".") if text.count(". ") == 0 else text


def title(text: str) -> str:
    """Return a label in title case: "If a request fails" becomes "If a Request Fails"."""
    words = text.replace("_", " ").split()
    cased = [
        word if word.lower() in _SMALL and at else word[0].upper() + word[1:] for at, word in enumerate(words)
    ]  # fmt: skip
    return " ".join(cased)
