"""``--dry-run``: what would be sent, before anything is."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import click

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ...engine.io.rows import ReadOptions
from ...engine.money import dollars, prices_installed
from ...engine.run.preview import Preview, preview
from ..kit.exits import Exit
from ..kit.progress import count

__all__ = ["show_dry_run"]

SUMS = ("rows", "input_tokens", "output_tokens", "cost", "counted", "cached")
"""What the variants of a comparison add up to."""


def show_dry_run(
    variants: Mapping[str, Node], configuration: Configuration, source: Any, reading: ReadOptions, *, as_json: bool
) -> Exit:
    """Print the first request as it would go out, the number of requests, and what they may cost.

    Raises:
        EndpointError: the run could not start, or a row cannot be sent.
    """
    shown = _sum([preview(node, node.at_service(configuration), source, reading=reading) for node in variants.values()])
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


def _sum(previews: list[Preview]) -> Preview:
    """Return the first preview with the counts of all; what is unknown of one is unknown of all."""
    values = {name: [getattr(shown, name) for shown in previews] for name in SUMS}
    sums: dict[str, Any] = {name: None if None in found else sum(found) for name, found in values.items()}
    return replace(previews[0], **sums)


def _counts(shown: Preview) -> list[str]:
    rows = count(shown.rows, "request") if shown.rows is not None else "An unknown number of requests"
    lines = [f"{rows}; nothing was sent."]
    if shown.cached is not None:
        looked = "" if shown.counted == shown.rows else f"Of the first {shown.counted:,}: "
        lines.append(f"{looked}{count(shown.cached, 'response')} in the cache; the others would be sent.")
    if shown.input_tokens:
        lines.append(f"About {shown.input_tokens:,} input tokens (characters ÷ 4; images and audio not counted).")
    if shown.output_tokens:
        lines.append(f"At most {shown.output_tokens:,} output tokens.")
    if shown.cost:
        price = f"{dollars(shown.cost)} at {shown.tier} prices" if shown.tier else dollars(shown.cost)
        bound = f"At most about {price}" if shown.output_tokens else f"The input costs {price}, the answers more"
        lines.append(f"{bound}; run a few rows with --limit to see what they really cost.")
    elif shown.cost is None and not prices_installed():
        lines.append("Prices are unknown; pip install 'endpoint-nodes[prices]' brings a table of them.")
    elif shown.cost is None:
        lines.append("The price is unknown; run a few rows with --limit to see how many tokens they use.")
    return lines
