"""``endpoint-nodes serve``: the service on a port of this machine."""

import os
import secrets
import sys
from pathlib import Path

import click

from ....port_types.errors import EndpointError
from ..kit.exits import Exit
from ..kit.http_server import listen

__all__ = ["serve"]

TOKEN = "ENDPOINT_NODES_TOKEN"  # noqa: S105 - the name of the variable


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; the loopback by default.")
@click.option("--port", default=8091, show_default=True, help="Port; 0 takes a free one.")
@click.option(
    "--configurations",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of TOML files, each a Configuration that clients may name.",
)
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where runs and files are kept.")
@click.option("--runs-at-once", default=4, show_default=True, type=click.IntRange(1), help="Runs under way together.")
@click.option("--max-runs", default=100, show_default=True, type=click.IntRange(1), help="Unfinished runs of a token.")
@click.option("--max-body", default=1000, show_default=True, type=click.IntRange(1), help="Megabytes of one request.")
@click.option(
    "--max-files", default=10_000, show_default=True, type=click.IntRange(1), help="Megabytes of a token's files."
)
@click.option("--keep", default=168.0, show_default=True, help="Hours that ended runs and uploaded files stay.")
def serve(
    *,
    host: str,
    port: int,
    configurations: Path | None,
    folder: Path | None,
    runs_at_once: int,
    max_runs: int,
    max_body: int,
    max_files: int,
    keep: float,
) -> None:
    """Serve the nodes over HTTP, for n8n and for programs in any language.

    Every request needs the token in ENDPOINT_NODES_TOKEN (several are separated by spaces); without one, a token is
    made and printed. A service that was killed goes on with its runs when it is started again.
    """
    from dotenv import load_dotenv

    from .server import open_service, run_server

    load_dotenv(".env")  # as for a node command
    tokens = os.environ.get(TOKEN, "").split()
    limits = {"at_once": runs_at_once, "most_unfinished": max_runs}
    try:
        with (
            open_service(folder, configurations, max_files * 1_000_000, keep * 3600, **limits) as service,
            listen(host, port) as (listening, address),
        ):
            click.echo(f"The service listens on {address} (Ctrl-C stops it).")
            if not tokens:
                tokens = [secrets.token_urlsafe(32)]
                click.echo(f"Token for this start, because {TOKEN} is not set: {tokens[0]}")
            if host not in ("127.0.0.1", "::1", "localhost"):
                click.echo("Others can reach it, and it does not encrypt: put a proxy with TLS before it.", err=True)
            run_server(service, tokens, max_body * 1_000_000, listening)
    except EndpointError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(Exit.BAD_USAGE)
