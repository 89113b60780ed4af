"""From declared fields to command-line options."""

from typing import Any

import click

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.fields import Declarative, Field, FieldKind, Mode

__all__ = ["COLUMN_OF", "configuration_options", "node_options", "option_name", "values_of"]

COLUMN_OF = "column_of_"
"""Prefix of the parameters that name a field's column."""

_TYPES = {FieldKind.BOOLEAN: click.BOOL}
_OWN_WAY = {"columns", "unknown"}
"""Fields that the command line says in another way, or not at all."""


def option_name(field: Field) -> str:
    """Return the option of `field`: "--result-format"."""
    # A name that means something else in Python ends in an underscore there.
    return f"--{field.name.rstrip('_').replace('_', '-')}"


def node_options(node: type[Node]) -> list[click.Parameter]:
    """Return the options of a node: one for each field, and one that names the column it may come from."""
    options: list[click.Parameter] = []
    for each in node.fields().values():
        if each.name in _OWN_WAY:
            continue
        options.append(_option(each))
        if each.mode is not Mode.SETTING:
            options.append(
                click.Option(
                    [f"{option_name(each)}-column", f"{COLUMN_OF}{each.name}"],
                    metavar="NAME",
                    help=f"Column of the input table that holds {each.label}.",
                    hidden=not each.primary and each.mode is not Mode.REQUIRED,
                )
            )
    return options


def configuration_options() -> list[click.Parameter]:
    """Return the options of a Configuration."""
    return [_option(each) for each in Configuration.fields().values() if each.name not in _OWN_WAY]


def values_of(declared: type[Declarative], given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of `declared` that were given on the command line."""
    return {name: given[name] for name in declared.fields() if given.get(name) is not None and given.get(name) != ()}


def _option(field: Field) -> click.Option:
    names = [option_name(field), field.name]
    if field.kind is FieldKind.BOOLEAN and field.mode is Mode.SETTING:
        name = option_name(field)
        return click.Option([f"{name}/--no-{name[2:]}", field.name], default=None, help=_help(field))
    return click.Option(
        names,
        default=None,
        multiple=field.many,
        metavar=f"[{'|'.join(field.choices)}]" if field.choices else field.kind.value.upper(),
        help=_help(field),
    )


def _help(field: Field) -> str:
    limits = f" {field.limits.capitalize()}." if field.limits else ""
    default = f" [default: {field.default}]" if field.default not in (None, {}, [], "") else ""
    return f"{field.help}{limits}{default}"
