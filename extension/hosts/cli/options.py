"""From declared fields to command-line options."""

from typing import Any

import click

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.fields import Declarative, Field, FieldKind, Mode
from ..kit.fields import describe, public_fields
from ..kit.wording import option_name

__all__ = ["COLUMN_OF", "configuration_options", "node_options", "values_of"]

COLUMN_OF = "column_of_"
"""Prefix of the parameters that name a field's column."""


def node_options(node: type[Node]) -> list[click.Parameter]:
    """Return the options of a node: one for each field, and one that names the column it may come from."""
    options: list[click.Parameter] = []
    for field in public_fields(node):
        options.append(_option(field))
        if field.sent:
            options.append(
                click.Option(
                    [f"{option_name(field.name)}-column", f"{COLUMN_OF}{field.name}"],
                    metavar="NAME",
                    help=f"Column of the input table that holds {field.label}.",
                    hidden=not field.primary and field.mode is not Mode.REQUIRED,
                )
            )
    return options


def configuration_options() -> list[click.Parameter]:
    """Return the options of a Configuration."""
    return [_option(field) for field in public_fields(Configuration)]


def values_of(declared: type[Declarative], given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of `declared` that were given on the command line."""
    return {name: given[name] for name in declared.fields() if given.get(name) is not None and given.get(name) != ()}


def _option(field: Field) -> click.Option:
    name, text = option_name(field.name), describe(field, choices=False, default=True)
    if field.kind is FieldKind.BOOLEAN and field.mode is Mode.SETTING:
        return click.Option([f"{name}/--no-{name[2:]}", field.name], default=None, help=text)
    return click.Option(
        [name, field.name],
        default=None,
        multiple=field.many,
        metavar=f"[{'|'.join(field.choices)}]" if field.choices else field.kind.value.upper(),
        help=text,
    )
