"""The command of a node: its options in groups, the usual ones first, and errors that say the way out."""

import inspect
from typing import Any

import click

from ....nodes.base import Node
from .exits import HELP, end
from .options import GROUPS, REQUEST, Option, configuration_options, node_options
from .run_options import RunOptions, distinct, run_options

__all__ = ["node_command"]

INPUT = (
    "INPUT is a table (.csv, .tsv, .jsonl, .json, .xlsx, .parquet, .arrow, also .gz), a file, a folder or a pattern of "
    "files; - reads a table from standard input."
)


EXAMPLES = {
    "TEXT": "Describe {name}",
    "IMAGE": "photos/{sku}.png",
    "AUDIO": "calls/{id}.mp3",
    "FILE": "papers/{id}.pdf",
}
"""Templates to show in the help, by what the option takes."""


class NodeCommand(click.Command):
    """A command whose help shows the usual options in groups; ``--help-all`` shows every one.

    Args:
        node: the node that it runs.
        name: what it is called.
    """

    def __init__(self, node: type[Node], name: str) -> None:
        super().__init__(name, callback=self._run, help=inspect.cleandoc(node.__doc__ or ""), epilog=HELP)
        self._node = node

    def _run(self, **given: Any) -> None:
        def work() -> int:
            from .run import run_node

            return run_node(self._node, RunOptions(given))

        end(work, as_json=given["run_json"], declared=self._node)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the options, which are made when they are asked for: the list of commands does without."""
        if not self.params:
            self.params = [
                click.Argument(["source"], required=False, metavar="[INPUT]"),
                *node_options(self._node),
                *distinct([*run_options(), *configuration_options()], self._node),
                _help_all(),
            ]
        return super().get_params(ctx)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the node does: its first paragraph, and all of it for ``--help-all``."""
        text = self.help or ""
        about = text if ctx.meta.get("help_all") else text.partition("\n\n")[0]
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text("\n\n".join(filter(None, [about, self._template_help(), INPUT])))

    def _template_help(self) -> str:
        """Return how an option of the request names columns, with the first one as the example."""
        options = (param for param in self.params if isinstance(param, Option) and param.group == REQUEST)
        first = next((option for option in options if option.metavar in EXAMPLES), None)
        if first is None:
            return ""
        example = f"{first.opts[-1]} '{EXAMPLES[first.metavar or '']}'"
        return f"Options of the request may name columns of INPUT in braces: {example}."

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options by group."""
        everything = ctx.meta.get("help_all", False)
        for group in GROUPS:
            records = [
                record
                for param in self.get_params(ctx)
                if isinstance(param, Option) and param.group == group and (everything or not param.advanced)
                if (record := param.get_help_record(ctx))
            ]
            if records:
                with formatter.section(group):
                    formatter.write_dl(records, col_max=26)
        if not everything:
            formatter.write_paragraph()
            formatter.write_text("--help-all shows the other options.")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; what other tools call otherwise is answered with the option that is meant."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if sentence := self._way_out(error.option_name):
                raise click.UsageError(f"No such option '{error.option_name}'. {sentence}", ctx) from None
            raise
        except click.UsageError as error:
            if "unexpected extra argument" in error.message:
                way_out = "There is one INPUT; put a pattern such as 'photos/*.jpg' in quotes, or name a folder."
                raise click.UsageError(f"{error.message}. {way_out}", ctx) from None
            raise

    def _way_out(self, option: str) -> str:
        names = {name for param in self.params for name in param.opts}
        if option in ("--api-key", "--key", "--token", "--password"):
            return "Keys are named, not given: export OPENAI_API_KEY, or say --credential env:NAME."
        if option == "--max-tokens" and "--max-completion-tokens" in names:
            return "The length of an answer is --max-completion-tokens; the budget of a run is --max-total-tokens."
        if option == "--max-tokens":
            return "The budget of a run is --max-total-tokens."
        if option in ("--schema", "--json-schema") and "--answer-columns" in names:
            return "A JSON schema for the answer is --answer-columns @schema.json."
        if option in ("--input", "--table", "--file") and option not in names:
            return "INPUT is given without an option: before the options or after them."
        if option in ("--output", "--output-file"):
            return "The result table is --out FILE."
        return ""


def node_command(node: type[Node], name: str = "") -> click.Command:
    """Return the command of `node`, called `name` where that is not its own."""
    return NodeCommand(node, name or node.command())


def _help_all() -> Option:
    def show(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            ctx.meta["help_all"] = True
            click.echo(ctx.get_help(), color=ctx.color)
            ctx.exit()

    return Option(
        ["--help-all"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="Show every option."
    )
