"""From declared fields to parameter groups: flags, column choosers, values, and what is shown when."""

import dataclasses
import types
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import knime.extension as knext

from ....port_types.fields import Field
from ..kit.fields import MEDIA_KINDS, has_flag
from .columns import suits
from .fields import (
    NO_COLUMN,
    OTHER,
    column_name,
    flag_name,
    has_column,
    has_many_columns,
    has_suggestions,
    other_name,
)
from .values import Offers, common_arguments, value_parameter

__all__ = ["TABLE_PORT", "WITH_TABLE", "make_group", "table_is_connected"]

TABLE_PORT = 1
"""Position of the input table among a node's ports, after the Configuration."""


def make_group(
    name: str,
    label: str,
    help: str,  # noqa: A002 - the word of the design
    fields: Collection[Field],
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
        controls = {field.name: _make_controls(field, offers) for field in fields}
        for field in fields:
            shown_if = [WITH_TABLE] if field.name in only_with_table else []
            declare(namespace, field, controls[field.name], [*shown_if, *_conditions(field, controls)])
        namespace.update(last or {})

    return knext.parameter_group(label, since_version="0.1.0")(types.new_class(name, (), {}, body))


def table_is_connected(context: Any) -> bool:
    """Return whether the dialog opens with a table at the optional port."""
    specs = context.get_input_specs()
    return len(specs) > TABLE_PORT and specs[TABLE_PORT] is not None


WITH_TABLE = knext.DialogContextCondition(table_is_connected)
NEVER = knext.DialogContextCondition(lambda _: False)
WITHOUT_TABLE = knext.DialogContextCondition(lambda context: not table_is_connected(context))


class Controls(NamedTuple):
    """What edits a field: its enable flag, None if it cannot be off, and its value."""

    flag: Any
    value: Any


def _make_controls(field: Field, offers: Offers | None) -> Controls:
    flag = knext.BoolParameter(f"Set {field.label}", _flag_help(field), False, **common_arguments(field))
    return Controls(flag if has_flag(field) else None, value_parameter(field, offers))


def _conditions(field: Field, controls: Mapping[str, Controls]) -> list[Any]:
    """Return when a field means anything; what is switched on is always shown, so that it can be switched off."""
    if not field.only_with:
        return []
    name, choices = field.only_with
    other, own = controls[name], controls[field.name].flag
    meant = knext.OneOf(other.value, list(choices))
    meant = knext.And(knext.OneOf(other.flag, [True]), meant) if other.flag else meant
    return [knext.Or(meant, knext.OneOf(own, [True])) if own else meant]


def declare(namespace: dict[str, Any], field: Field, controls: Controls, shown_if: list[Any]) -> None:
    """Add everything the dialog has for `field` to the `namespace` of a group, each part shown when it matters."""
    if field.formerly:
        _declare_former(namespace, field)
    if field.entries:
        _declare_json(namespace, field)
        return
    flag, value = controls
    if flag:
        namespace[flag_name(field)] = _shown(flag, shown_if)
        shown_if = [*shown_if, knext.OneOf(flag, [True])]
    value_shown_if = shown_if
    if has_column(field):
        chooser = _chooser(field)
        namespace[column_name(field)] = _shown(chooser, [*shown_if, WITH_TABLE])
        if not has_many_columns(field):
            no_column = knext.Or(WITHOUT_TABLE, knext.OneOf(chooser, [NO_COLUMN, ""]))
            value_shown_if = [*shown_if, no_column]
    namespace[field.name] = _shown(value, value_shown_if)
    if has_suggestions(field):
        text = knext.StringParameter(
            f"Other {field.label.lower()}",
            f"Any value of {field.label} that is not in the list.",
            **common_arguments(field),
        )
        namespace[other_name(field)] = _shown(text, [*value_shown_if, knext.OneOf(value, [OTHER])])


def _declare_former(namespace: dict[str, Any], field: Field) -> None:
    """Keep what an earlier version saved under the field's former name: it is read, and never shown."""
    former = dataclasses.replace(field, name=field.formerly, since="0.1.0", formerly="")
    declare(namespace, former, _make_controls(former, None), [NEVER])


def _declare_json(namespace: dict[str, Any], field: Field) -> None:
    """Keep the JSON that version 0.1.0 saved, and that a flow variable can set; it is shown where there is any."""
    text = value_parameter(dataclasses.replace(field, label=f"{field.label} (JSON)", entries=None), None)
    namespace[field.name] = text.rule(knext.OneOf(text, [""]), knext.Effect.HIDE)


def _shown(parameter: Any, conditions: list[Any]) -> Any:
    if not conditions:
        return parameter
    condition = conditions[0] if len(conditions) == 1 else knext.And(*conditions)
    return parameter.rule(condition, knext.Effect.SHOW)


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
            **common_arguments(field),
        )
    return knext.ColumnParameter(
        f"{field.label} column",
        f"The column of the input table that holds {field.label}{files}. None takes the same value for every row.",
        port_index=TABLE_PORT,
        column_filter=lambda column: suits(field.kind, column.ktype),
        include_none_column=True,
        default_value=NO_COLUMN,
        **common_arguments(field),
    )
