"""The options of a node command: one for each declared field, and those of the run."""

from pathlib import Path
from typing import Any

import click

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.errors import InvalidInput, reason_of
from ....port_types.fields import Declarative, Field, FieldKind, Mode
from ..kit.fields import PATH_KINDS, describe, public_fields
from ..kit.wording import option_name

__all__ = [
    "COLUMN_OF",
    "GROUPS",
    "OF_RUN",
    "OF_SERVICE",
    "REQUEST",
    "RESULT",
    "ROWS",
    "RUN",
    "Option",
    "configuration_options",
    "node_options",
    "values_of",
]

COLUMN_OF, OF_RUN, OF_SERVICE = "column_of_", "run_", "service_"
"""Prefixes of the parameters that name a field's column, that are the run's, and the Configuration's."""

REQUEST, RESULT, ROWS, RUN, SERVICE = "Request", "Result", "Rows", "Run", "Service and limits"
GROUPS = (REQUEST, RESULT, ROWS, RUN, SERVICE)
USUAL = ("on_error", "request_details")
"""Settings of every node that ``--help`` shows; ``--help-all`` shows the others."""
SHORT = {"model": "-m", "system": "-s"}
"""Short options of fields, as other tools have them."""


class Option(click.Option):
    """An option in a group of the help page.

    Args:
        group: heading it stands under.
        advanced: whether only ``--help-all`` shows it.
        details: as click takes them.
    """

    def __init__(self, names: list[str], *, group: str = RUN, advanced: bool = False, **details: Any) -> None:
        super().__init__(names, **details)
        self.group, self.advanced = group, advanced


def node_options(node: type[Node]) -> list[click.Parameter]:
    """Return the options of a node: one for each field, and one that names the column it may come from."""
    options: list[click.Parameter] = []
    for field in public_fields(node):
        own = field.sent or field.name not in Node.fields()
        options.append(_option(field, REQUEST) if own else _option(field, RESULT, advanced=field.name not in USUAL))
        if field.sent:
            options.append(
                Option(
                    [f"{option_name(field.name)}-column", f"{COLUMN_OF}{field.name}"],
                    metavar="NAME",
                    help=f"Column that holds {field.label}, as {option_name(field.name)} '{{NAME}}' says as well.",
                    group=REQUEST,
                    advanced=True,
                )
            )
    return options


def configuration_options() -> list[Option]:
    """Return the options of a Configuration."""
    usual = ("base_url", "credential", "concurrency", "max_cost", "delivery")
    file = Option(
        ["--configuration", "run_configuration"], metavar="FILE", group=SERVICE, help="TOML file with these settings."
    )
    fields = public_fields(Configuration)
    return [*(_option(field, SERVICE, OF_SERVICE, advanced=field.name not in usual) for field in fields), file]


def values_of(declared: type[Declarative], given: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the fields of `declared` that were given on the command line.

    Args:
        declared: the node or the Configuration.
        given: the values of all parameters by their names.
        prefix: of the names of those parameters.

    Raises:
        InvalidInput: a file that a JSON option names with ``@`` cannot be read.
    """
    fields = declared.fields()
    chosen = {name: value for name in fields if (value := given.get(prefix + name)) not in (None, ())}
    return {name: _value(fields[name], value) for name, value in chosen.items()}


def _value(field: Field, value: Any) -> Any:
    """Return what was given for a field; a tuple where a field that holds one value was given several times."""
    value = _from_file(field, value) if field.kind is FieldKind.JSON else value
    return value[0] if isinstance(value, tuple) and len(value) == 1 and not field.many else value


def _from_file(field: Field, value: Any) -> Any:
    """Return the text of the file that ``@FILE`` names, anything else as it is."""
    if isinstance(value, tuple):
        return tuple(_from_file(field, part) for part in value)
    if not isinstance(value, str):
        return value
    if value.endswith(".json") and not value.startswith("@"):
        raise InvalidInput(f"`{field.name}` takes JSON; to read it from the file {value}, write @{value}.")
    if not value.startswith("@"):
        return value
    try:
        return Path(value[1:]).expanduser().read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InvalidInput(f"The file {value[1:]} cannot be read ({reason_of(error)}).") from None


def _option(field: Field, group: str, prefix: str = "", *, advanced: bool | None = None) -> Option:
    name, text = option_name(field.name), describe(field, choices=False, default=True)
    common: dict[str, Any] = {"default": None, "help": text, "group": group}
    common["advanced"] = field.advanced if advanced is None else advanced
    if field.kind is FieldKind.BOOLEAN and field.mode is Mode.SETTING:
        return Option([f"{name}/--no-{name[2:]}", prefix + field.name], **common)
    if field.kind is FieldKind.BOOLEAN:
        # Alone it means true; "false" is said, because off is not false.
        return Option([name, prefix + field.name], is_flag=False, flag_value="true", metavar="[true|false]", **common)
    metavar = f"[{'|'.join(map(str, field.choices))}]" if field.choices else _metavar(field)
    names = [short, name] if (short := SHORT.get(field.name)) else [name]
    # A request's field that is given several times makes variants; of a setting, the last one counts.
    multiple = field.many or (field.sent and not prefix) or field.name == "take"
    if field.kind in PATH_KINDS:
        common["type"] = click.Path(file_okay=field.kind is FieldKind.PATH)
    return Option([*names, prefix + field.name], multiple=multiple, metavar=metavar, **common)


def _metavar(field: Field) -> str:
    return "JSON|@FILE" if field.kind is FieldKind.JSON else field.kind.value.upper()
