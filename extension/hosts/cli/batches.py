"""The commands that list, show and cancel batches."""

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from .cache import cache_option, folder_of
from .exits import end

if TYPE_CHECKING:
    from ...engine.batch.overview import Standing

__all__ = ["batches"]


@click.group("batches")
def batches() -> None:
    """List, show or cancel what was submitted with --delivery batch; the command that submitted it collects it."""


@batches.command("list")
@cache_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(place: str | None, as_json: bool) -> None:
    """List what was submitted in the last 30 days, and how it stands."""

    def work() -> None:
        from ...engine.batch.overview import list_batches

        _print(list_batches(folder_of(place)), as_json=as_json)

    end(work)


@batches.command("show")
@click.argument("batch")
@cache_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(batch: str, place: str | None, as_json: bool) -> None:
    """Show one batch; BATCH is the beginning of its id."""

    def work() -> None:
        from ...engine.batch.overview import list_batches

        _print(list_batches(folder_of(place), batch), as_json=as_json)

    end(work)


@batches.command("cancel")
@click.argument("batch")
@cache_option
def cancel(batch: str, place: str | None) -> None:
    """End a batch; BATCH is the beginning of its id. What it has answered is billed, and collected by the next run."""

    def work() -> None:
        from ...engine.batch.overview import cancel_batch

        _print([cancel_batch(folder_of(place), batch)], as_json=False)

    end(work)


def _print(standings: "list[Standing]", *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([_facts(standing) for standing in standings], indent=2))
    elif not standings:
        click.echo("No batches were submitted.")
    for standing in () if as_json else standings:
        record, batch = standing.record, standing.batch
        submitted = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.created))
        counts = f", {batch.done:,} done, {batch.failed:,} failed" if batch else ""
        click.echo(
            f"{record.batch or record.id}  {standing.status}\n"
            f"    {submitted}  {record.lines:,} requests{counts}: {record.node}, {record.model}, "
            f"{record.configuration.get('base_url', 'OpenAI')}"
        )
        if standing.problem:
            click.echo(f"    {standing.problem}")
        for _, message, line in batch.problems if batch else ():
            click.echo(f"    {f'line {line}: ' if line else ''}{message}")


def _facts(standing: "Standing") -> dict[str, object]:
    record = {name: value for name, value in asdict(standing.record).items() if name not in ("scope", "other_files")}
    return {**record, "status": standing.status, "service": standing.batch and asdict(standing.batch)}
