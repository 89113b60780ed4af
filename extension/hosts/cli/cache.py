"""The commands that show and clear the cache."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..kit.progress import count
from .exits import end

if TYPE_CHECKING:
    from ...engine.cache.upkeep import CacheFacts

__all__ = ["cache", "cache_option", "folder_of"]


def cache_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option that names the cache's folder."""
    text = "Folder of the cache. Default: the one that runs use."
    return click.option("--cache", "place", metavar="FOLDER", help=text)(command)


@click.group("cache")
def cache() -> None:
    """Show or clear the responses that are kept, so that no request is paid for twice."""


@cache.command("show")
@cache_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(place: str | None, as_json: bool) -> None:
    """Show how much is kept, and how the last runs ended."""

    def work() -> None:
        from ...engine.cache.upkeep import describe

        folder = folder_of(place)
        facts = describe(folder)
        if facts is None:
            click.echo("null" if as_json else f"There is no cache in {folder}.")
        elif as_json:
            click.echo(json.dumps(asdict(facts), indent=2, default=str))
        else:
            _print(facts)

    end(work)


@cache.command("prune")
@cache_option
@click.option(
    "--older-than",
    metavar="DAYS",
    type=click.FloatRange(min=0),
    help="Remove what has not been used for this many days.",
)
@click.option("--max-size", metavar="GB", type=click.FloatRange(min=0), help="Remove until no more than this is left.")
def prune(place: str | None, older_than: float | None, max_size: float | None) -> None:
    """Remove the responses that have gone unused for the longest time; by default, for 30 days."""
    if older_than is None and max_size is None:
        older_than = 30.0

    def work() -> None:
        from ...engine.cache.upkeep import prune

        removed = prune(
            folder_of(place),
            older_than=None if older_than is None else older_than * 86_400,
            max_bytes=None if max_size is None else int(max_size * 1e9),
        )
        _print_removed(*removed)

    end(work)


@cache.command("clear")
@cache_option
def clear(place: str | None) -> None:
    """Remove all responses; runs under way are not disturbed."""

    def work() -> None:
        from ...engine.cache.upkeep import clear

        _print_removed(*clear(folder_of(place)))

    end(work)


@cache.command("clear-files")
@cache_option
@click.option(
    "--older-than",
    metavar="DAYS",
    type=click.FloatRange(min=0),
    default=0.0,
    help="Leave those that were written or used within this many days.",
)
def clear_files(place: str | None, older_than: float) -> None:
    """Remove the images and recordings that Orange keeps beside the cache; saved tables may name them."""

    def work() -> None:
        from ...engine.cache.result_files import remove_result_files

        removed, size = remove_result_files(folder_of(place), older_than=older_than * 86_400)
        click.echo(f"{count(removed, 'file')} removed, {size / 1e6:,.1f} MB freed.")

    end(work)


def folder_of(place: str | None) -> Path:
    """Return the folder that `cache_option` names."""
    from ...engine.cache.opening import default_cache

    return Path(place).expanduser().absolute() if place else default_cache()


def _print(facts: "CacheFacts") -> None:
    oldest = f", the oldest of {_day(facts.oldest)}" if facts.oldest else ""
    click.echo(f"{facts.folder}: {facts.responses:,} responses, {facts.size / 1e6:,.1f} MB{oldest}")
    if facts.files:
        click.echo(f"{count(facts.files, 'file')} of results beside them, {facts.file_size / 1e6:,.1f} MB")
    for run in facts.runs:
        in_doubt = f", {run.in_doubt:,} without a response may be billed" if run.in_doubt else ""
        click.echo(
            f"{_day(run.started)}  {run.state:<8}  {run.node} of {run.source or 'a table'} at {run.base_url}\n"
            f"    {run.reused:,} from the cache, {run.sent:,} sent{in_doubt}"
        )


def _day(seconds: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
    except (OverflowError, ValueError, OSError):  # what a damaged record may hold
        return "unknown"


def _print_removed(responses: int, size: int) -> None:
    click.echo(f"{responses:,} responses removed, {size / 1e6:,.1f} MB freed.")
