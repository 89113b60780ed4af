"""How a command ends: one line about an error, and the exit code it stands for."""

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


def end(work: Callable[[], int | None]) -> NoReturn:
    """Do `work` and leave with the exit code it returns, or that its error stands for."""
    try:
        code = work() or DONE
    except KeyboardInterrupt:
        click.echo("Cancelled.", err=True)
        code = CANCELLED
    except EndpointError as error:
        click.echo(f"Error: {error}", err=True)
        code = exit_code(error)
    sys.exit(code)
