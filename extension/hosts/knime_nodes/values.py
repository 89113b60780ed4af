"""The parameter that holds a field's value: a number, a text, a file, a drop-down, a switch.

Limits are shown by the dialog and checked by the field itself when the settings are read, never by a parameter: KNIME
cannot even open the dialog of a node whose saved value a parameter refuses.
"""

import re
from collections.abc import Callable
from typing import Any

import knime.extension as knext

from ....port_types.fields import Field, FieldKind, Mode
from ..kit.fields import MEDIA_KINDS, PATH_KINDS, starting_value
from ..kit.fields import describe as describe_field
from .fields import KEEP_COLUMNS, MISSING_VALUES, OTHER, has_lines, has_suggestions, has_switch

__all__ = ["Offers", "common_arguments", "describe", "is_wide", "value_parameter"]

LARGEST = 2**31 - 1
"""KNIME's integer parameters have 32 bits."""

KEPT = {
    "true": ("Append", "The result's columns follow those of the input."),
    "false": ("Result only", "The result has no columns of the input."),
}
"""What may become of the input's columns, in the words of KNIME's own nodes."""

Offers = Callable[[Field, Any], list[str]]
"""Given a field with a model list's suggestions and the dialog's context, the values to offer."""


def common_arguments(field: Field) -> dict[str, Any]:
    """Return what every parameter of `field` is made with."""
    return {"since_version": field.since, "is_advanced": field.advanced and field.name != MISSING_VALUES}


def value_parameter(field: Field, offers: Offers | None) -> Any:
    """Return the parameter for the value of `field`.

    Args:
        field: the declared field.
        offers: what to suggest where the suggestions depend on the service.
    """
    common = common_arguments(field)
    text = describe(field)
    if has_suggestions(field):
        return _drop_down(field, offers)
    if field.kind in MEDIA_KINDS:
        # KNIME's own check refuses urls, and files that are not there yet when the workflow is opened.
        return knext.LocalPathParameter(field.label, text, validator=_any, **common)
    if field.kind in PATH_KINDS:
        make = _FolderParameter if field.kind is FieldKind.FOLDER else knext.LocalPathParameter
        return make(field.label, text, validator=_any, **common)
    if has_lines(field) or field.multiline or field.kind is FieldKind.JSON:
        return knext.MultilineStringParameter(field.label, text, _text(field), **common)
    if has_switch(field):
        return _switch(field)
    if field.kind is FieldKind.CHOICE:
        choices = [knext.StringParameter.Choice(str(value), _choice_label(field, value)) for value in field.choices]
        return knext.StringParameter(field.label, text, _first_choice(field), choices=choices, **common)
    if field.kind is FieldKind.BOOLEAN:
        return knext.BoolParameter(field.label, text, _ticked(field), **common)
    if is_wide(field) or field.kind is FieldKind.TEXT:
        return knext.StringParameter(field.label, text, _text(field), **common)
    return _number_parameter(field)


def is_wide(field: Field) -> bool:
    """Return whether the field takes whole numbers that KNIME's integer parameter cannot hold."""
    limits = [abs(limit) for limit in (field.minimum, field.maximum) if limit is not None]
    return field.kind is FieldKind.INTEGER and not field.many and max(limits, default=0) > LARGEST


def describe(field: Field) -> str:
    """Return the field's help with its limits and how it is written."""
    sentences = [describe_field(field)]
    if has_lines(field):
        sentences.append(
            "Several are written as a JSON list." if field.kind in MEDIA_KINDS else "One value a line, or a JSON list."
        )
    if field.kind is FieldKind.JSON and "JSON" not in field.help:
        sentences.append("Written as a JSON list." if field.many else "Written as JSON.")
    if field.kind in MEDIA_KINDS and "url" not in field.help:
        sentences.append("A file or a url.")
    return " ".join(sentences)


def _drop_down(field: Field, offers: Offers | None) -> Any:
    """Return a drop-down of suggestions that ends with a way to any other value."""
    other = knext.StringParameter.Choice(OTHER, f"Another {field.label.lower()}…")
    if not callable(field.suggestions):
        first = field.default or field.suggestions[0]
        listed = [knext.StringParameter.Choice(value, value) for value in field.suggestions]
        return knext.StringParameter(
            field.label, describe(field), first, choices=[*listed, other], **common_arguments(field)
        )
    saved = _LastValue()

    def choices(context: Any) -> list[Any]:
        # KNIME shows a saved value that is not offered in red, although it may well be right.
        values = [*(offers(field, context) if offers else []), saved.value]
        known = [value for value in dict.fromkeys(values) if value not in ("", OTHER)]
        return [*(knext.StringParameter.Choice(value, value) for value in known), other]

    text = f"{describe(field)} The list comes from the service; where it cannot be reached, type the value."
    return knext.StringParameter(
        field.label, text, field.default or OTHER, validator=saved.remember, choices=choices, **common_arguments(field)
    )


class _LastValue:
    """The value that a parameter was last given: KNIME reads the settings before it asks for the choices."""

    value = ""

    def remember(self, value: str) -> None:
        """Accept and keep a value."""
        self.value = value


class _FolderParameter(knext.LocalPathParameter):
    """KNIME's file button, which chooses folders where its dialog says so; KNIME's API has no other way to say it."""

    def _get_options(self, context: Any) -> dict[str, Any]:
        """Return the options of the control, as org.knime.core.ui reads them."""
        return {**super()._get_options(context), "selectionMode": "FOLDER"}


class _Switch(knext.EnumParameter):
    """Choices side by side; the field itself checks the value."""

    def _default_validator(self, value: Any) -> None:
        """Accept every value, as KNIME's own check would keep the dialog from opening."""


def _switch(field: Field) -> Any:
    options = KEPT if field.name == KEEP_COLUMNS else {str(value): _explained(field, value) for value in field.choices}
    return _Switch(
        field.label,
        describe(field),
        _first_choice(field),
        knext.EnumParameterOptions(field.label.title().replace(" ", ""), options),
        style=knext.EnumParameter.Style.VALUE_SWITCH,
        **common_arguments(field),
    )


def _first_choice(field: Field) -> str:
    if field.name == MISSING_VALUES:
        return "skip"  # as KNIME's own nodes have it
    default = field.choices[0] if field.default is None else field.default
    return str(default).lower() if isinstance(default, bool) else str(default)


def _explained(field: Field, choice: Any) -> tuple[str, str]:
    """Return a choice's label and what the field's help says of it: "fail: the run stops; continue: …"."""
    said = re.search(rf"{choice}: ([^;]*?)(?:;|\.(?: |$))", field.help)
    about = said[1] if said else ""
    return _choice_label(field, choice), f"{about[:1].upper()}{about[1:]}."


def _choice_label(field: Field, value: Any) -> str:
    if (field.name, value) == (MISSING_VALUES, "skip"):
        return "Output missing values"
    # What is sent keeps the service's own words.
    return str(value) if field.sent else str(value).replace("_", " ").capitalize()


def _ticked(field: Field) -> bool:
    """Return how a boolean starts: as what is most likely meant by switching its flag on."""
    return bool(starting_value(field))


def _number_parameter(field: Field) -> Any:
    whole = field.kind is FieldKind.INTEGER
    make = knext.IntParameter if whole else knext.DoubleParameter
    number, low, high = (
        int(value) if whole and value is not None else value for value in (_number(field), field.minimum, field.maximum)
    )
    return make(
        field.label, describe(field), number, validator=_any, min_value=low, max_value=high, **common_arguments(field)
    )


def _number(field: Field) -> float:
    return float(starting_value(field))


def _text(field: Field) -> str:
    default = field.example if field.default is None and is_wide(field) else field.default
    if not default or not (field.mode is Mode.SETTING or is_wide(field)):
        return ""
    if has_lines(field):
        return "\n".join(map(str, default))
    import json

    return default if isinstance(default, str) else json.dumps(default)


def _any(_: Any) -> None:
    """Accept every value; the field itself checks it."""
