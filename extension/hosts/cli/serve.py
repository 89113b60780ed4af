"""Serving the sandbox over HTTP; its options are those the sandbox declares."""

import signal
import sys
from dataclasses import fields
from typing import Any

import click

from ....port_types.errors import InvalidSetting
from ...sandbox.options import SandboxOptions
from ..kit.http_server import listen

__all__ = ["sandbox_options", "serve_sandbox"]


def sandbox_options() -> list[click.Parameter]:
    """Return the options of a sandbox."""
    return [
        click.Option(
            [f"--{field.name.replace('_', '-')}", field.name],
            default=field.default,
            show_default=field.default != "",
            is_flag=isinstance(field.default, bool),
            help=field.metadata["help"],
        )
        for field in fields(SandboxOptions)
    ]


def serve_sandbox(port: int, options: dict[str, Any], pack: str = "") -> None:
    """Serve a sandbox on the loopback until it is interrupted.

    Raises:
        InvalidSetting: an option has a value it cannot take, or the port is in use.
    """
    import uvicorn

    from ....nodes.openapi.bundle import bundle
    from ...engine.packs import load_pack
    from ...sandbox import API_PREFIX, create_app

    try:
        application = create_app(SandboxOptions(**options), bundle(load_pack(pack).document) if pack else None)
    except ValueError as error:
        raise InvalidSetting(str(error)) from None
    with listen("127.0.0.1", port) as (listening, address):
        click.echo(f"The sandbox listens on {address}{API_PREFIX} (Ctrl-C stops it).")
        config = uvicorn.Config(application, lifespan="off", access_log=False, log_level="warning", ws="none")
        # uvicorn ends itself with the signal again; an exit instead deletes the files of the sandbox.
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        uvicorn.Server(config).run(sockets=[listening])
