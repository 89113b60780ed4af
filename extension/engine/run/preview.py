"""What a run would send, without sending it: the first request, the number of rows, the tokens they come to."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....nodes.base import Call, Node, Request
from ....port_types.configuration import Configuration
from ....port_types.errors import InvalidInput, InvalidSetting
from ....port_types.files import File
from ..credentials import HostCredentials, request_headers
from ..http.client import open_clients, service_url
from ..io.inputs import Input, ReadOptions, open_input
from ..io.media import load_media
from ..money import require_prices
from .batching import check_batches, first_route
from .estimate import Estimate, estimate_calls, first_calls
from .row_check import check_rows

__all__ = ["Preview", "preview"]

SHOWN_LETTERS = 2_000


@dataclass(frozen=True)
class Preview(Estimate):
    """What a run would send, and what all its requests come to.

    Attributes:
        method: of the first request.
        url: where it would go.
        headers: its headers, with every secret hidden.
        body: its body as text; files are abbreviated.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: str


def preview(
    node: Node,
    configuration: Configuration,
    source: Any = None,
    *,
    reading: ReadOptions | None = None,
    credentials: HostCredentials | None = None,
) -> Preview:
    """Return what a run would send; files that rows name by url are downloaded for the first row.

    Raises:
        EndpointError: the run could not start, or its first row cannot be sent.
    """
    node = node.apply_configuration(configuration)
    if sentence := node.validate():
        raise InvalidSetting(sentence)
    check_batches(node, configuration)
    require_prices(configuration, node)
    opened = open_input(source, node, reading)
    binding = node.bind_table(opened.schema.names, opened.fields) if opened else node.bind({})
    check_rows(node, source, reading, binding)
    calls = first_calls(node, opened)
    request = asyncio.run(_first_request(calls[0], configuration, opened, credentials))
    found = estimate_calls(node, configuration, calls, opened.count if opened else 1, look_in_cache=True)
    return Preview(
        **vars(found),
        method=request.route.method,
        url=service_url(configuration).rstrip("/") + request.path,
        headers=_hidden_headers(request, configuration, credentials),
        body=_body(request),
    )


async def _first_request(
    call: Call, configuration: Configuration, opened: Input | None, credentials: HostCredentials | None
) -> Request:
    if missing := call.missing():
        raise InvalidInput(f"`{missing[0]}` is missing in the first row; nothing was sent.")
    route, folder, files = first_route(call, configuration), opened.folder if opened else None, {}
    if sentence := call.check_route(route):
        raise InvalidInput(sentence)
    async with open_clients(configuration, credentials) as clients:
        for name, values in call.media().items():
            kind = call.node.fields()[name].kind.value
            files[name] = [await load_media(value, clients.media.fetch, kind, folder) for value in values]
    return (call.with_files(route, files)[0] if files else call).request(route)


def _hidden_headers(
    request: Request, configuration: Configuration, credentials: HostCredentials | None
) -> dict[str, str]:
    secrets = {name for name, value in configuration.headers.items() if value.startswith(("env:", "keyring:", "host:"))}
    reference = configuration.credential_reference
    known = {**request_headers(configuration, credentials), **request.encode()[0]}
    hidden = {name: f"*** ({configuration.headers[name]})" for name in secrets}
    if "Authorization" in known and reference:
        hidden["Authorization"] = f"Bearer *** ({reference})"
    return {**known, **hidden}


def _body(request: Request) -> str:
    from msgspec import json

    if any(isinstance(part, File) for value in request.values.values() for part in _listed(value)):
        return "\n".join(
            f"{name}: {f'{part.name}, {part.mime}, {len(part.data):,} bytes' if isinstance(part, File) else part}"
            for name, value in request.values.items()
            for part in _listed(value)
        )
    if not request.encode()[1]:
        return ""
    return json.format(json.encode(_abbreviated(request.values)), indent=2).decode()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _abbreviated(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= SHOWN_LETTERS else f"{value[:60]}… ({len(value):,} characters)"
    if isinstance(value, Mapping):
        return {name: _abbreviated(part) for name, part in value.items()}
    return [_abbreviated(part) for part in value] if isinstance(value, list | tuple) else value
