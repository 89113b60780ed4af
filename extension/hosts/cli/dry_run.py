"""``--dry-run``: what would be sent, before anything is."""

import json
from typing import Any

import click

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ...engine.io.rows import ReadOptions
from ...engine.money import dollars
from ...engine.run.preview import Preview, preview
from ..kit.exits import Exit
from ..kit.progress import count

__all__ = ["show_dry_run"]


def show_dry_run(node: Node, configuration: Configuration, source: Any, reading: ReadOptions, *, as_json: bool) -> Exit:
    """Print the first request as it would go out, the number of rows, and what they may cost.

    Raises:
        EndpointError: the run could not start, or its first row cannot be sent.
    """
    shown = preview(node, node.at_service(configuration), source, reading=reading)
    if as_json:
        facts = {
            name: getattr(shown, name) for name in ("method", "url", "rows", "input_tokens", "output_tokens", "cached")
        }
        click.echo(json.dumps({**facts, "headers": dict(shown.headers), "body": shown.body, "cost_usd": shown.cost}))
        return Exit.DONE
    click.echo(f"{shown.method} {shown.url}")
    for name, value in shown.headers.items():
        click.echo(f"{name}: {value}")
    click.echo(f"\n{shown.body}\n" if shown.body else "")
    click.echo("\n".join(_counts(shown)))
    return Exit.DONE


def _counts(shown: Preview) -> list[str]:
    rows = count(shown.rows, "row") if shown.rows is not None else "An unknown number of rows"
    lines = [f"{rows}; nothing was sent."]
    if shown.cached is not None:
        looked = "" if shown.counted == shown.rows else f"Of the first {count(shown.counted, 'row')}: "
        lines.append(f"{looked}{count(shown.cached, 'response')} in the cache; the others would be sent.")
    if shown.input_tokens:
        lines.append(f"About {shown.input_tokens:,} input tokens (characters ÷ 4; images and audio not counted).")
    if shown.output_tokens:
        lines.append(f"At most {shown.output_tokens:,} output tokens.")
    if shown.cost:
        bound = "At most about" if shown.output_tokens else "At least about"
        lines.append(f"{bound} {dollars(shown.cost)}; run a few rows with --limit to see what they really cost.")
    elif shown.cost is None:
        lines.append("The price is unknown; run a few rows with --limit to see how many tokens they use.")
    return lines
