"""What a run would send, without sending it: the first request, the number of rows, the tokens they come to."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ....nodes.base import Call, Node, Request
from ....port_types.configuration import Configuration
from ....port_types.errors import InvalidInput, InvalidSetting
from ....port_types.fields import FieldKind
from ....port_types.files import File
from ..cache.cache_key import RequestDigests
from ..cache.opening import cache_folder, open_cache
from ..credentials import HostCredentials, request_headers
from ..http.client import open_clients, service_url
from ..io.inputs import Input, ReadOptions, open_input
from ..io.media import load_media
from ..money import price_of, require_prices, tier_of
from .row_check import check_rows

__all__ = ["Preview", "preview"]

COUNTED_ROWS = 100
"""Rows whose texts are counted; the others are taken to be as long on average."""
LETTERS_PER_TOKEN = 4
"""Of English text, as OpenAI's help says; other languages and JSON need more tokens."""
SHOWN_LETTERS = 2_000


@dataclass(frozen=True)
class Preview:
    """What a run would send.

    Attributes:
        method: of the first request.
        url: where it would go.
        headers: its headers, with every secret hidden.
        body: its body as text; files are abbreviated.
        rows: number of requests, None if it is not known before reading.
        input_tokens: an estimate of what all requests together say, from the length of their texts; None if unknown.
        output_tokens: most tokens that all responses may have, None where nothing limits them.
        cost: US dollars of those tokens, None where the price is unknown.
        tier: the service tier whose prices those are, such as "flex" or "batch"; "" is the usual one.
        counted: rows that were looked at for the estimates and in the cache.
        cached: how many of those the cache has a response for; None where rows have files, or nothing is kept.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    rows: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    tier: str
    counted: int
    cached: int | None


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
    if sentence := node.validate():
        raise InvalidSetting(sentence)
    require_prices(configuration, node)
    opened = open_input(source, node, reading)
    rows = opened.count if opened else 1
    binding = node.bind_table(opened.schema.names, opened.fields) if opened else node.bind({})
    check_rows(node, source, reading, binding)
    cells = list(islice((row.cells for row in opened.rows), COUNTED_ROWS)) if opened else [{}]
    if not cells:
        raise InvalidInput("The input has no rows; there is nothing to send.")
    calls = [binding.call(row) for row in cells]
    request, cached = asyncio.run(_look(node, calls, configuration, opened, credentials))
    input_tokens, output_tokens = _tokens(calls, rows)
    tier = tier_of(node, configuration)
    price = {"input_tokens": input_tokens or 0, "output_tokens": output_tokens or 0}
    return Preview(
        request.route.method,
        service_url(configuration).rstrip("/") + request.path,
        _hidden_headers(request, configuration, credentials),
        _body(request),
        rows,
        input_tokens,
        output_tokens,
        0.0 if configuration.is_sandbox else price_of(calls[0].model, price, configuration.base_url, tier),
        tier,
        len(calls),
        cached,
    )


async def _look(
    node: Node,
    calls: list[Call],
    configuration: Configuration,
    opened: Input | None,
    credentials: HostCredentials | None,
) -> tuple[Request, int | None]:
    """Return the first request, and how many of `calls` the cache has a response for."""
    request = await _first_request(calls[0], configuration, opened, credentials)
    sendable = [call for call in calls if not call.missing()]
    if cache_folder(configuration) is None or any(call.media() for call in sendable):
        return request, None
    cache = open_cache(configuration, node.id(), "a dry run", lambda _: None)
    try:
        requests = [call.request(call.routes()[0]) for call in sendable]
        digests = RequestDigests(configuration, node.take)
        keys = [cache.key(digests.digest(request)) for request in requests]
        return request, sum([await cache.find(key) is not None for key in keys])
    finally:
        cache.close(finished=True)


async def _first_request(
    call: Call, configuration: Configuration, opened: Input | None, credentials: HostCredentials | None
) -> Request:
    if missing := call.missing():
        raise InvalidInput(f"`{missing[0]}` is missing in the first row; nothing was sent.")
    route, folder, files = call.routes()[0], opened.folder if opened else None, {}
    if sentence := call.check_route(route):
        raise InvalidInput(sentence)
    async with open_clients(configuration, credentials) as clients:
        for name, values in call.media().items():
            kind = call.node.fields()[name].kind.value
            files[name] = [await load_media(value, clients.media.fetch, kind, folder) for value in values]
    return (call.with_files(route, files)[0] if files else call).request(route)


def _tokens(calls: list[Call], rows: int | None) -> tuple[int | None, int | None]:
    """Return estimates of what all requests say, and of what all responses may say at most."""
    letters = sum(len(text) for call in calls for text in _texts(_prompt(call)))
    share = (rows or 0) / len(calls)
    limits = [call.values.get("max_completion_tokens") for call in calls]
    most = sum(limit * (call.values.get("n") or 1) for limit, call in zip(limits, calls, strict=True) if limit)
    said = round(letters / LETTERS_PER_TOKEN * share)
    return (said if rows else None), (round(most * share) if rows and all(limits) else None)


def _prompt(call: Call) -> dict[str, Any]:
    """Return the values that a model reads."""
    fields = call.node.fields()
    settings = {name for name, field in fields.items() if field.kind is FieldKind.CHOICE or name == "model"}
    return {name: value for name, value in call.values.items() if name not in settings}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


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
