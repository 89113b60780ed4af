"""The commands: one for each node, and those that describe and serve."""

import functools
import json
import sys
import warnings
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

from ....nodes import find_node, node_classes
from ...engine.packs import find_pack_node
from ..kit.description import description
from ..kit.exits import Exit
from ..kit.fields import describe as describe_field
from ..kit.fields import public_fields
from ..kit.wording import option_name
from .batches import batches
from .cache import cache
from .exits import HELP, end
from .export import export
from .new_pack import new_pack
from .node_command import node_command
from .packs import PackCommands, pack, pack_option, titles_of_packs
from .report import report
from .serve import sandbox_options

__all__ = ["app"]


class _Commands(click.Group):
    """A group whose node commands are made when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [
            *sorted({*super().list_commands(ctx), *_host_commands()}),
            *(name.replace("_", "-") for name in titles_of_packs()),
            *(node.command() for node in node_classes().values()),
        ]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if node := find_node(cmd_name):
            return node_command(node)
        if own := super().get_command(ctx, cmd_name):
            return own
        titles = titles_of_packs()
        if (pack_name := cmd_name.replace("-", "_")) in titles:
            return PackCommands(pack_name, titles[pack_name], node_command)
        if node := find_pack_node(cmd_name):
            return node_command(node)
        entry = _host_commands().get(cmd_name)
        return entry.load() if entry else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a name that is none is answered with those it may stand for."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            likely = likely_commands(args[0], self.list_commands(ctx))
            hint = f" Did you mean {' or '.join(likely)}?" if likely else " endpoint-nodes nodes lists the nodes."
            raise click.UsageError(f"No such command '{args[0]}'.{hint}", ctx) from None


def likely_commands(name: str, commands: list[str]) -> list[str]:
    """Return the commands that `name` may stand for, at most three: "chat" stands for create-chat-completion."""
    import difflib

    word = name.lower().replace("_", "-")
    holding = [command for command in commands if word in command]
    close = difflib.get_close_matches(word, commands, n=3)
    stems = [command for command in commands if any(part[:5] == word[:5] for part in command.split("-"))]
    return (holding or close or stems)[:3]


@functools.cache
def _host_commands() -> dict[str, EntryPoint]:
    """Return the commands that other hosts add, by name; nothing here imports a host."""
    return {command.name: command for command in entry_points(group="endpoint_nodes.commands")}


@click.group(
    cls=_Commands,
    params=[pack_option()],
    epilog=HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="endpoint-nodes")
def app() -> None:
    """Every operation of an OpenAI-compatible API as a node.

    A node command sends one request for each row of its input and writes a result table. To try one without a key,
    use the embedded sandbox: --base-url sandbox:

    For tab completion, run eval "$(_ENDPOINT_NODES_COMPLETE=bash_source endpoint-nodes)"; zsh and fish have
    zsh_source and fish_source.
    """
    # In a process of its own only: what matters of an image is said in a row's error.
    warnings.filterwarnings("ignore", module=r"PIL\.")


@app.command("nodes")
def list_nodes() -> None:
    """List the nodes."""
    for node in node_classes().values():
        click.echo(f"{node.command():<28} {(node.__doc__ or '').strip().splitlines()[0]}")
    for name, title in titles_of_packs().items():
        click.echo(f"{name.replace('_', '-'):<28} Operations of {title}.")


@app.command("describe")
@click.argument("name", metavar="NODE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def describe(name: str, as_json: bool) -> None:
    """Show a node's fields, limits and result columns."""
    node = find_node(name) or find_pack_node(name)
    if node is None:
        likely = likely_commands(name, [node.command() for node in node_classes().values()])
        advice = f"did you mean {' or '.join(likely)}?" if likely else "endpoint-nodes nodes lists them."
        click.echo(f"Error: There is no node {name!r}; {advice}", err=True)
        sys.exit(Exit.BAD_USAGE)
    described = description(node)
    if as_json:
        click.echo(json.dumps(described, indent=2, ensure_ascii=False))
        return
    click.echo(f"{described['label']}  ({described['method']} {described['path']})\n\n{described['help']}\n\nFields")
    for field in public_fields(node):
        text = describe_field(field, default=True)
        click.echo(f"  {option_name(field.name):<22} {field.mode.value:<9} {field.kind.value:<8} {text}")
    click.echo("\nResult columns")
    for column in described["columns"]:
        click.echo(f"  {column['name']:<22} {column['kind']:<18} {column['help']}")


app.add_command(cache)
app.add_command(batches)
app.add_command(report)
app.add_command(export)
app.add_command(pack)
app.add_command(new_pack)


@app.command("sandbox", params=sandbox_options())
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8090,
    show_default=True,
    help="Port on the loopback; 0 takes a free one.",
)
@click.option("--pack", metavar="DOCUMENT", default="", help="Serve what an OpenAPI document or a pack describes.")
def sandbox(port: int, pack: str, **options: Any) -> None:
    """Serve the sandbox over HTTP."""
    from .serve import serve_sandbox

    end(lambda: serve_sandbox(port, options, pack))
