"""How a command ends: one line about an error, and the exit code it stands for."""

import json
import sys
from collections.abc import Callable
from typing import NoReturn

import click

from ....port_types.errors import EndpointError
from ....port_types.fields import Declarative
from ..kit.exits import Exit, exit_code, exit_help
from ..kit.wording import for_command_line

__all__ = ["CODES", "HELP", "end"]

CODES = (
    Exit.DONE,
    Exit.FAILED_ROWS,
    Exit.BAD_USAGE,
    Exit.REFUSED,
    Exit.BUDGET,
    Exit.STORAGE,
    Exit.PENDING,
    Exit.CANCELLED,
)
"""The exit codes of a node command."""

HELP = exit_help(*CODES)


def end(
    work: Callable[[], int | None], *, as_json: bool = False, declared: type[Declarative] | None = None
) -> NoReturn:
    """Do `work` and leave with the exit code it returns, or that its error stands for.

    Args:
        work: the command.
        as_json: whether to say the error as an event for machines.
        declared: the node whose fields an error may name.
    """
    try:
        code = work() or Exit.DONE
    except KeyboardInterrupt:
        click.echo("Cancelled.", err=True)
        code = Exit.CANCELLED
    except EndpointError as error:
        code = exit_code(error)
        sentence = for_command_line(error, declared)
        event = {"event": "end", "exit_code": code, "error": sentence}
        click.echo(json.dumps(event, ensure_ascii=False) if as_json else f"Error: {sentence}", err=True)
    sys.exit(code)
