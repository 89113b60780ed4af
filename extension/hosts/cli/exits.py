"""How a command ends: one line about an error, and the exit code it stands for."""

import json
import sys
from collections.abc import Callable
from typing import NoReturn

import click

from ....port_types.errors import Cancelled, EndpointError, RunRefused

__all__ = ["BAD_USAGE", "CANCELLED", "DONE", "FAILED_ROWS", "HELP", "REFUSED", "end", "exit_code"]

DONE, FAILED_ROWS, BAD_USAGE, REFUSED, CANCELLED = 0, 1, 2, 3, 130

HELP = """Exit codes: 0 done; 1 done with failed rows, or stopped by one; 2 bad input or usage, nothing sent;
    3 the service refused the run (key, quota, route) or its budget is spent; 130 cancelled."""


def exit_code(error: EndpointError, requests: int = 0) -> int:
    """Return the exit code that `error` stands for.

    Args:
        error: why the command ended.
        requests: how many requests had been sent until then.
    """
    if isinstance(error, Cancelled):
        return CANCELLED
    if isinstance(error, RunRefused):
        return REFUSED
    return FAILED_ROWS if requests else BAD_USAGE


def end(work: Callable[[], int | None], *, as_json: bool = False) -> NoReturn:
    """Do `work` and leave with the exit code it returns, or that its error stands for.

    Args:
        work: the command.
        as_json: whether to say the error as an event for machines.
    """
    try:
        code = work() or DONE
    except KeyboardInterrupt:
        click.echo("Cancelled.", err=True)
        code = CANCELLED
    except EndpointError as error:
        code = exit_code(error)
        event = {"event": "end", "exit_code": code, "error": str(error)}
        click.echo(json.dumps(event, ensure_ascii=False) if as_json else f"Error: {error}", err=True)
    sys.exit(code)
