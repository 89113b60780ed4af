"""The commands that show and clear ledgers."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ....port_types.configuration import Configuration
from .exits import end

__all__ = ["ledger"]

_folder = click.option(
    "--ledger",
    "folder",
    metavar="FOLDER",
    help=f"{Configuration.fields()['ledger'].label}; the default is the one runs use where none is named.",
)


@click.group("ledger")
def ledger() -> None:
    """Show or clear the answers kept for runs that are not complete."""


@ledger.command("show")
@_folder
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(folder: str | None, as_json: bool) -> None:
    """List the runs that have a ledger."""
    end(lambda: _show(_chosen(folder), as_json))


@ledger.command("prune")
@_folder
@click.option("--older-than", metavar="DAYS", type=float, default=30.0, show_default=True, help="Age in days.")
@click.option("--all", "everything", is_flag=True, help="Whatever their age, interrupted runs too.")
def prune(folder: str | None, older_than: float, everything: bool) -> None:
    """Remove the ledgers of complete runs, and of interrupted ones that are old; runs under way are left alone."""
    end(lambda: _prune(_chosen(folder), 0 if everything else older_than))


def _chosen(folder: str | None) -> Path:
    from ...engine.cache.store import default_ledger

    return Path(folder).expanduser() if folder else default_ledger()


def _show(folder: Path, as_json: bool) -> None:
    from ...engine.cache.upkeep import list_ledgers

    found = list_ledgers(folder)
    if as_json:
        click.echo(json.dumps([_plain(asdict(each)) for each in found], indent=2))
        return
    if not found:
        click.echo(f"No ledgers in {folder}.")
    for each in found:
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.started))
        billed = f", {each.may_be_billed} more may be billed" if each.may_be_billed else ""
        click.echo(
            f"{each.folder.name}  {each.state}, {day}, {each.answers} answers{billed}, {each.size / 1e6:.1f} MB\n"
            f"    {each.node} of {each.source or 'a table'} at {each.base_url}"
        )


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Path) else value for name, value in facts.items()}


def _prune(folder: Path, days: float) -> None:
    from ...engine.cache.upkeep import prune_ledgers

    removed, freed = prune_ledgers(folder, older_than=days * 86_400)
    click.echo(f"{removed} ledgers removed, {freed / 1e6:.1f} MB freed.")
