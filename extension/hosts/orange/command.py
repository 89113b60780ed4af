"""``endpoint-nodes run-workflow``: a saved Orange workflow, run without a window."""

import importlib.util
import json
import sys
from pathlib import Path

import click

from ....port_types.errors import EndpointError
from ..kit.exits import Exit, exit_help
from .report import CODES

__all__ = ["run_workflow"]


@click.command("run-workflow", epilog=exit_help(*CODES))
@click.argument("workflow", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the results.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar='"WIDGET.FIELD=VALUE"',
    help="Gives a field of a widget another value, such as 'Create Image Variation.n=2'; no value switches it off.",
)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar='"WIDGET=FILE"',
    help="Lets a File widget read another file, such as 'File=today.csv'.",
)
@click.option("--timeout", default=3600.0, show_default=True, help="Seconds after which the workflow is stopped.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the report as one line of JSON; progress goes to standard error."
)
def run_workflow(
    *, workflow: Path, out: Path, changes: tuple[str, ...], inputs: tuple[str, ...], timeout: float, as_json: bool
) -> None:
    """Run a saved Orange workflow without a window.

    Every node widget runs, whether or not it is set to run automatically. --out gets the result table of each
    (.tab), its files, a page that shows the run (.html), and report.json. A workflow
    that was killed resumes where it stopped. Open only workflows you trust: like the canvas
    itself, opening one can run code that was put into the file.
    """
    if importlib.util.find_spec("Orange") is None:
        click.echo("Error: run-workflow needs Orange; install it with: pip install 'endpoint-nodes[orange]'", err=True)
        sys.exit(Exit.BAD_USAGE)
    from .headless import run_saved

    def tell(widget: str, status: str) -> None:
        event = json.dumps({"event": "progress", "widget": widget, "status": status}, ensure_ascii=False)
        click.echo(event if as_json else f"{widget}: {status}", err=True)

    try:
        report = run_saved(workflow, out, changes, timeout, inputs=inputs, tell=tell)
    except EndpointError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(Exit.BAD_USAGE)
    if as_json:
        click.echo(report.json())
    else:
        for line in report.lines():
            click.echo(line)
    sys.exit(report.exit_code)
