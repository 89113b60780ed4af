"""The commands of packs: adding documents, and one group of commands for each."""

import json
import os
from collections.abc import Callable

import click

from ....nodes.base import Node
from ....port_types.errors import EndpointError
from ...engine.packs import PACKS, StoredPack, add_pack, open_pack, pack_titles, remove_pack, stored_packs
from .exits import end

__all__ = ["PackCommands", "pack", "pack_option", "titles_of_packs"]


class PackCommands(click.Group):
    """The operations of a pack; a command is made when it is asked for.

    Args:
        name: of the pack.
        title: the service's name.
        node_command: makes the command of a node.
    """

    def __init__(self, name: str, title: str, node_command: Callable[[type[Node], str], click.Command]) -> None:
        super().__init__(name.replace("_", "-"), help=f"Operations of {title}.")
        self._pack, self._node_command = name, node_command

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name.replace("_", "-") for name in open_pack(self._pack)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = open_pack(self._pack)
        name = cmd_name.replace("-", "_")
        return self._node_command(found[name], cmd_name) if name in found else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # Making a command to ask it for its first line would take seconds for a large document.
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name.replace("_", "-"), text) for name, text in open_pack(self._pack).summaries()], col_max=50
            )


def _use_for_run(_: click.Context, __: click.Parameter, documents: tuple[str, ...]) -> None:
    if documents:
        # The environment also reaches the processes that a run starts.
        os.environ[PACKS] = os.pathsep.join([*documents, *filter(None, [os.environ.get(PACKS)])])
        titles_of_packs()  # a document that cannot be read is refused, whatever the command


def pack_option() -> click.Option:
    """Return the option that names documents for one run."""
    return click.Option(
        ["--pack"],
        multiple=True,
        metavar="DOCUMENT",
        callback=_use_for_run,
        expose_value=False,
        is_eager=True,
        help="OpenAPI document, a file or url, whose operations are nodes in this run; may be repeated.",
    )


def titles_of_packs() -> dict[str, str]:
    """Return the titles of all packs by name.

    Raises:
        click.UsageError: a document that is named for this run cannot be read.
    """
    try:
        return pack_titles()
    except EndpointError as error:
        raise click.UsageError(str(error)) from None


@click.group("pack")
def pack() -> None:
    """Turn the operations of OpenAPI documents into nodes."""


@pack.command("add")
@click.argument("document")
@click.option(
    "--name", default="", help="Name of the pack in commands. Default: the first words of the document's title."
)
@click.option("--tag", "tags", multiple=True, help="Only operations with this tag; may be repeated.")
@click.option("--path", "paths", multiple=True, help="Only operations whose path starts with this; may be repeated.")
@click.option("--operation", "operations", multiple=True, help="Only this operation; may be repeated.")
def add(document: str, name: str, tags: tuple[str, ...], paths: tuple[str, ...], operations: tuple[str, ...]) -> None:
    """Add a DOCUMENT, a file or address: OpenAPI 3.0, 3.1 or Swagger 2.0, as JSON or YAML."""

    def work() -> int:
        from ....nodes.openapi.pack import Selection

        _tell(add_pack(document, name, Selection(tags, paths, operations)))
        return 0

    end(work, as_json=False)


def _tell(stored: StoredPack) -> None:
    name = stored.name.replace("_", "-")
    count = f"{stored.operations:,} operation{'s' * (stored.operations != 1)}"
    click.echo(f"{name}: {count} of {stored.title}. endpoint-nodes {name} --help lists them.")


@pack.command("list")
def list_packs() -> None:
    """List the packs."""
    stored = stored_packs()
    for name, title in titles_of_packs().items():
        source = f"{stored[name].operations:>6,}  {stored[name].source}" if name in stored else "        for this run"
        click.echo(f"{name:<20} {title:<32} {source}")


@pack.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--notes", is_flag=True, help="Say why, for each value that is JSON, left out or odd.")
def show(name: str, as_json: bool, notes: bool) -> None:
    """Show how much of each operation could be turned into fields."""

    def work() -> int:
        from .pack_report import report

        summary = report(open_pack(name.replace("-", "_")))
        if as_json:
            click.echo(json.dumps(summary.data, indent=2, ensure_ascii=False))
        else:
            for line in summary.lines(with_notes=notes):
                click.echo(line)
        return 0

    end(work, as_json=False)


@pack.command("update")
@click.argument("name")
def update(name: str) -> None:
    """Read a pack's document again from where it came, and say what has changed."""

    def work() -> int:
        key = name.replace("-", "_")
        before = set(open_pack(key))
        stored = stored_packs()[key]
        again = add_pack(stored.source, key, stored.selection)
        after = set(open_pack(key))
        for sign, names in (("+", after - before), ("-", before - after)):
            for one in sorted(names):
                click.echo(f"{sign} {one.replace('_', '-')}")
        _tell(again)
        return 0

    end(work, as_json=False)


@pack.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Remove a pack."""

    def work() -> int:
        remove_pack(name.replace("-", "_"))
        return 0

    end(work, as_json=False)
