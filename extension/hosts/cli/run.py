"""Running one node from the command line."""

import json
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from ....nodes.base import Node
from ....port_types.configuration import OPENAI, Configuration
from ....port_types.errors import InvalidInput, InvalidSetting
from ...engine import Progress, stream
from ...engine.configurations import load_configuration
from ...engine.outputs import check_output, write_table
from ...engine.run import Outcome
from .options import COLUMN_OF, values_of

__all__ = ["run_node"]


def run_node(node_class: type[Node], given: dict[str, Any]) -> int:
    """Run a node with the given options and return the exit code.

    Raises:
        EndpointError: the run could not start or was stopped.
    """
    columns = {
        name.removeprefix(COLUMN_OF): column for name, column in given.items() if name.startswith(COLUMN_OF) and column
    }
    configuration_file = given["configuration"]
    configuration = load_configuration(
        Path(configuration_file) if configuration_file else None, **values_of(Configuration, given)
    )
    node = node_class(columns=columns, **values_of(node_class, given))
    _check_key(configuration)
    if given["source"] is None and node.missing():
        raise InvalidInput(f"Give an INPUT, or --{node.missing()[0]}.")
    if not given["out"] and not given["report"]:
        raise InvalidInput("Give --out FILE for the result table, --report FILE for a page, or both.")
    return _run(node, configuration, given)


def _check_key(configuration: Configuration) -> None:
    from ...engine.credentials import request_headers

    try:
        request_headers(configuration)
    except InvalidSetting as error:
        if configuration.credential is None and configuration.base_url == OPENAI:
            raise InvalidSetting(
                "No key: set OPENAI_API_KEY, name another credential with --credential env:NAME, "
                "or try it without a key with --base-url sandbox:"
            ) from None
        raise error from None


def _run(node: Node, configuration: Configuration, given: dict[str, Any]) -> int:
    out = Path(given["out"]) if given["out"] else None
    if out:
        check_output(out)
    counts: Counter[str] = Counter()
    started = time.monotonic()
    with ExitStack() as stack:
        gallery = _gallery(given["report"], node, stack)
        show = _progress_bar(stack, quiet=given["as_json"])

        def observe(outcome: Outcome) -> None:
            counts["rows"] += 1
            counts["failed"] += outcome.error is not None
            counts["results"] += 0 if outcome.error else len(outcome.rows)
            counts["retries"] += max(0, outcome.attempts - 1)
            counts["tokens"] += outcome.usage.get("total_tokens", 0)
            if gallery:
                from ...report.runs import outcome_card

                gallery.add(outcome_card(node, outcome))
            if outcome.error and node.on_error == "continue" and not given["as_json"]:
                click.echo(f"Row {outcome.row.id if outcome.row else 1}: {outcome.error}", err=True)

        warn = _Warnings()
        reader = stream(node, configuration, given["source"], observe=observe, progress=show, warn=warn)
        if out:
            write_table(out, reader.schema, reader)
        else:
            for _ in reader:
                pass
    summary = {**{name: counts[name] for name in ("rows", "failed", "results", "tokens", "retries")}}
    _print_summary({**summary, "elapsed_s": round(time.monotonic() - started, 1)}, given)
    return 1 if counts["failed"] else 0


class _Warnings:
    def __call__(self, sentence: str) -> None:
        click.echo(f"Warning: {sentence}", err=True)


def _gallery(path: str | None, node: Node, stack: ExitStack) -> Any:
    if not path:
        return None
    from ...report import Gallery

    if not Path(path).parent.is_dir():
        raise InvalidInput(f"The report's folder {Path(path).parent} does not exist.")
    return stack.enter_context(Gallery(Path(path), title=node.label()))


def _progress_bar(stack: ExitStack, *, quiet: bool) -> Any:
    if quiet:
        return None
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        return None
    bar = stack.enter_context(
        Bar(
            BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[note]}"), TimeRemainingColumn(), console=console
        )
    )
    task = bar.add_task("", total=None, note="")
    started = time.monotonic()

    def show(progress: Progress) -> None:
        rate = progress.done / max(time.monotonic() - started, 1e-6)
        note = f"{rate:.1f} rows/s, {progress.failed} failed"
        bar.update(task, completed=progress.done, total=progress.total, note=note)

    return show


def _print_summary(summary: dict[str, Any], given: dict[str, Any]) -> None:
    if given["as_json"]:
        click.echo(json.dumps(summary))
        return
    places = " and ".join(place for place in (given["out"], given["report"]) if place)
    click.echo(
        f"{summary['rows']} rows ({summary['failed']} failed), {summary['results']} results, "
        f"{summary['tokens']:,} tokens, {summary['retries']} retries, {summary['elapsed_s']} s: {places}"
    )
