"""From declared fields to the parameters of a KNIME dialog.

Limits are shown by the dialog and checked by the field itself when the settings are read, never by a parameter: KNIME
cannot even open the dialog of a node whose saved value a parameter refuses.
"""

import dataclasses
import re
import types
from collections.abc import Callable, Iterable
from typing import Any

import knime.extension as knext

from ....port_types.fields import Field, FieldKind, Mode
from ..kit.fields import MEDIA_KINDS, has_flag
from ..kit.fields import describe as describe_field
from .columns import suits
from .fields import (
    NO_COLUMN,
    OTHER,
    column_name,
    flag_name,
    has_column,
    has_lines,
    has_many_columns,
    has_suggestions,
    has_switch,
    other_name,
)

__all__ = ["TABLE_PORT", "WITH_TABLE", "make_group", "table_is_connected"]

TABLE_PORT = 1
"""Position of the input table among a node's ports, after the Configuration."""
MISSING_VALUES = "missing_values"
"""The setting that KNIME's users look for first: it is not advanced here, and starts as theirs does."""
LARGEST = 2**31 - 1
"""KNIME's integer parameters have 32 bits."""

Offers = Callable[[Field, Any], list[Any]]
"""Given a field with a model list's suggestions and the dialog's context, the choices to offer."""


def make_group(
    name: str,
    label: str,
    help: str,  # noqa: A002 - the word of the design
    fields: Iterable[Field],
    *,
    offers: Offers | None = None,
    only_with_table: frozenset[str] = frozenset(),
    first: dict[str, Any] | None = None,
    last: dict[str, Any] | None = None,
) -> Any:
    """Return a parameter group class for `fields`.

    Every node needs classes of its own: KNIME mixes up the rules of two instances of one class.

    Args:
        name: name of the class.
        label: heading in the dialog.
        help: what stands below the heading in the node's description.
        fields: the declared fields, in their order.
        offers: what to suggest where a field's suggestions depend on the service.
        only_with_table: names of the fields that are hidden while no table is connected.
        first: parameters by name that come before those of the fields.
        last: parameters by name that come after them.
    """

    def body(namespace: dict[str, Any]) -> None:
        namespace.update({"__doc__": help, "__module__": __name__, **(first or {})})
        for field in fields:
            declare(namespace, field, offers, [WITH_TABLE] if field.name in only_with_table else [])
        namespace.update(last or {})

    return knext.parameter_group(label, since_version="0.1.0")(types.new_class(name, (), {}, body))


def table_is_connected(context: Any) -> bool:
    """Return whether the dialog opens with a table at the optional port."""
    specs = context.get_input_specs()
    return len(specs) > TABLE_PORT and specs[TABLE_PORT] is not None


WITH_TABLE = knext.DialogContextCondition(table_is_connected)
NEVER = knext.DialogContextCondition(lambda _: False)
WITHOUT_TABLE = knext.DialogContextCondition(lambda context: not table_is_connected(context))


def declare(namespace: dict[str, Any], field: Field, offers: Offers | None, shown_if: list[Any]) -> None:
    """Add everything the dialog has for `field` to the `namespace` of a group, each part shown when it matters."""
    if field.formerly:
        _declare_former(namespace, field)
    if has_flag(field):
        flag = knext.BoolParameter(f"Set {field.label}", _flag_help(field), False, **_common(field))
        namespace[flag_name(field)] = _shown(flag, shown_if)
        shown_if = [*shown_if, knext.OneOf(flag, [True])]
    value_shown_if = shown_if
    if has_column(field):
        chooser = _chooser(field)
        namespace[column_name(field)] = _shown(chooser, [*shown_if, WITH_TABLE])
        if not has_many_columns(field):
            no_column = knext.Or(WITHOUT_TABLE, knext.OneOf(chooser, [NO_COLUMN, ""]))
            value_shown_if = [*shown_if, no_column]
    value = _value(field, offers)
    namespace[field.name] = _shown(value, value_shown_if)
    if has_suggestions(field):
        text = knext.StringParameter(
            f"Other {field.label.lower()}", f"Any value of {field.label} that is not in the list.", **_common(field)
        )
        namespace[other_name(field)] = _shown(text, [*value_shown_if, knext.OneOf(value, [OTHER])])


def _declare_former(namespace: dict[str, Any], field: Field) -> None:
    """Keep what an earlier version saved under the field's former name: it is read, and never shown."""
    former = dataclasses.replace(field, name=field.formerly, since="0.1.0", formerly="")
    declare(namespace, former, None, [NEVER])


def _shown(parameter: Any, conditions: list[Any]) -> Any:
    if not conditions:
        return parameter
    condition = conditions[0] if len(conditions) == 1 else knext.And(*conditions)
    return parameter.rule(condition, knext.Effect.SHOW)


def _common(field: Field) -> dict[str, Any]:
    return {"since_version": field.since, "is_advanced": field.advanced and field.name != MISSING_VALUES}


def _flag_help(field: Field) -> str:
    return f"Sends {field.label}; off leaves it to the service." if field.sent else f"Off means no {field.label}."


def _chooser(field: Field) -> Any:
    files = "; its cells hold images, paths, urls or base64 text" if field.kind in MEDIA_KINDS else ""
    if has_many_columns(field):
        return knext.MultiColumnParameter(
            f"{field.label} columns",
            f"The columns of the input table that hold {field.label}{files}. A row's list has one file for each.",
            port_index=TABLE_PORT,
            column_filter=lambda column: suits(field.kind, column.ktype),
            **_common(field),
        )
    return knext.ColumnParameter(
        f"{field.label} column",
        f"The column of the input table that holds {field.label}{files}. None takes the same value for every row.",
        port_index=TABLE_PORT,
        column_filter=lambda column: suits(field.kind, column.ktype),
        include_none_column=True,
        default_value=NO_COLUMN,
        **_common(field),
    )


def _value(field: Field, offers: Offers | None) -> Any:
    common = _common(field)
    if has_suggestions(field):
        return _suggestions(field, offers)
    text = describe(field)
    if field.kind in MEDIA_KINDS:
        # KNIME's own check refuses urls, and files that are not there yet when the workflow is opened.
        return knext.LocalPathParameter(field.label, text, validator=_any, **common)
    if has_lines(field) or field.multiline or field.kind is FieldKind.JSON:
        return knext.MultilineStringParameter(field.label, text, _text(field), **common)
    if field.kind is FieldKind.CHOICE:
        choices = [knext.StringParameter.Choice(str(each), _choice_label(field, each)) for each in field.choices]
        default = field.choices[0] if field.default is None else field.default
        if field.name == MISSING_VALUES:
            default = "skip"  # as KNIME's own nodes have it
        if has_switch(field):
            return _Switch(
                field.label, text, str(default), _options(field), style=knext.EnumParameter.Style.VALUE_SWITCH, **common
            )
        return knext.StringParameter(field.label, text, str(default), choices=choices, **common)
    if field.kind is FieldKind.BOOLEAN:
        return knext.BoolParameter(field.label, text, _ticked(field), **common)
    if is_wide(field) or field.kind is FieldKind.TEXT:
        return knext.StringParameter(field.label, text, _text(field), **common)
    whole = field.kind is FieldKind.INTEGER
    make = knext.IntParameter if whole else knext.DoubleParameter
    number, low, high = (
        int(each) if whole and each is not None else each for each in (_number(field), field.minimum, field.maximum)
    )
    return make(field.label, text, number, validator=_any, min_value=low, max_value=high, **common)


def is_wide(field: Field) -> bool:
    """Return whether the field takes whole numbers that KNIME's integer parameter cannot hold."""
    limits = [abs(each) for each in (field.minimum, field.maximum) if each is not None]
    return field.kind is FieldKind.INTEGER and not field.many and max(limits, default=0) > LARGEST


def _suggestions(field: Field, offers: Offers | None) -> Any:
    """Return a drop-down of suggestions that ends with a way to any other value."""
    other = knext.StringParameter.Choice(OTHER, f"Another {field.label.lower()}…")

    def choices(context: Any) -> list[Any]:
        return [*(offers(field, context) if offers else []), other]

    if not callable(field.suggestions):
        first = field.default or field.suggestions[0]
        listed = [knext.StringParameter.Choice(each, each) for each in field.suggestions]
        return knext.StringParameter(field.label, describe(field), first, choices=[*listed, other], **_common(field))
    text = f"{describe(field)} The list comes from the service; where it cannot be reached, type the value."
    return knext.StringParameter(field.label, text, field.default or OTHER, choices=choices, **_common(field))


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


class _Switch(knext.EnumParameter):
    """Choices side by side; the field itself checks the value."""

    def _default_validator(self, value: Any) -> None:
        """Accept every value, as KNIME's own check would keep the dialog from opening."""


def _options(field: Field) -> Any:
    """Return the choices with what the field's help says of each: "fail: the run stops; continue: …"."""
    options = {}
    for choice in field.choices:
        said = re.search(rf"{choice}: ([^;]*?)(?:;|\.(?: |$))", field.help)
        about = said[1] if said else ""
        options[str(choice)] = (_choice_label(field, choice), about[:1].upper() + about[1:] + ".")
    return knext.EnumParameterOptions(field.label.title().replace(" ", ""), options)


def _choice_label(field: Field, value: Any) -> str:
    if (field.name, value) == (MISSING_VALUES, "skip"):
        return "Output missing values"
    # What is sent keeps the service's own words.
    return str(value) if field.sent else str(value).replace("_", " ").capitalize()


def _ticked(field: Field) -> bool:
    """Return how a boolean starts: as what is most likely meant by switching its flag on."""
    return bool(field.default) if not has_flag(field) else field.example is not False


def _number(field: Field) -> float:
    start = field.example if field.default is None else field.default
    if start is not None:
        return float(start)
    low, high = field.minimum, field.maximum
    start = 0.0 if low is None or low < 0 else max(1.0, low)
    return start if high is None else float(min(start, high))


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
