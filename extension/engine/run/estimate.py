"""What the requests of a run come to, before any is sent: tokens, money, and what the cache has."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ....nodes.base import Call, Node
from ....port_types.configuration import Configuration
from ....port_types.errors import InvalidInput
from ....port_types.fields import Field, FieldKind
from ..cache.cache_key import RequestDigests
from ..cache.opening import cache_folder, open_cache
from ..io.inputs import Input, open_input
from ..money import price_of, tier_of
from .batching import first_route

__all__ = ["COUNTED_ROWS", "Estimate", "estimate", "estimate_calls", "first_calls"]

COUNTED_ROWS = 100
"""Rows whose texts are counted; the others are taken to be as long on average."""
LETTERS_PER_TOKEN = 4
"""Of English text, as OpenAI's help says; other languages and JSON need more tokens."""


@dataclass(frozen=True)
class Estimate:
    """What the requests of a run come to.

    Attributes:
        rows: number of requests, None if it is not known before reading.
        input_tokens: an estimate of what all requests together say, from the length of their texts; None if unknown.
        output_tokens: most tokens that all responses may have, None where nothing limits them.
        cost: US dollars of those tokens, None where the price is unknown.
        tier: the service tier whose prices those are, such as "flex" or "batch"; "" is the usual one.
        counted: rows that were looked at for the estimates and in the cache.
        cached: how many of those the cache has a response for; None where rows have files, or nobody looked.
    """

    rows: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    tier: str
    counted: int
    cached: int | None


def estimate(
    node: Node, configuration: Configuration, source: Any = None, *, rows: int | None = None, look_in_cache: bool
) -> Estimate:
    """Return what a run would come to; nothing is sent and no file is read.

    Args:
        node: the node with its settings.
        configuration: where to send.
        source: as for `Execution`; its first rows are enough.
        rows: the number of rows, where `source` has only the first.
        look_in_cache: whether to count the rows whose response is there.

    Raises:
        EndpointError: the run could not start, or one of the first rows cannot be sent.
    """
    node = node.apply_configuration(configuration)
    opened = open_input(source, node)
    calls = first_calls(node, opened)
    total = rows if rows is not None else opened.count if opened else 1
    return estimate_calls(node, node.at_service(configuration), calls, total, look_in_cache=look_in_cache)


def first_calls(node: Node, opened: Input | None) -> list[Call]:
    """Return the calls of the first rows of an input, or the only one of a node without an input.

    Raises:
        InvalidInput: there are no rows, or the value of one is not what its field can take.
    """
    binding = node.bind_table(opened.schema.names, opened.fields) if opened else node.bind({})
    cells = list(islice((row.cells for row in opened.rows), COUNTED_ROWS)) if opened else [{}]
    if not cells:
        raise InvalidInput("The input has no rows; there is nothing to send.")
    return [binding.call(row) for row in cells]


def estimate_calls(
    node: Node, configuration: Configuration, calls: Sequence[Call], rows: int | None, *, look_in_cache: bool
) -> Estimate:
    """Return what a run of `rows` rows would come to, of which `calls` are the first."""
    input_tokens, output_tokens = _tokens(calls, rows)
    tier = tier_of(node, configuration)
    price = {"input_tokens": input_tokens or 0, "output_tokens": output_tokens or 0}
    return Estimate(
        rows,
        input_tokens,
        output_tokens,
        0.0 if configuration.is_sandbox else price_of(calls[0].model, price, configuration.base_url, tier),
        tier,
        len(calls),
        asyncio.run(_count_cached(node, configuration, calls)) if look_in_cache else None,
    )


async def _count_cached(node: Node, configuration: Configuration, calls: Sequence[Call]) -> int | None:
    """Return how many of `calls` the cache has a response for, None if nothing is kept or they have files."""
    sendable = [call for call in calls if not call.missing()]
    if cache_folder(configuration) is None or any(call.media() for call in sendable):
        return None
    cache = open_cache(configuration, node.id(), "a dry run", lambda _: None)
    try:
        requests = [call.request(first_route(call, configuration)) for call in sendable]
        digests = RequestDigests(configuration, node.take)
        keys = [cache.key(digests.digest(request)) for request in requests]
        return sum([await cache.find(key) is not None for key in keys])
    finally:
        cache.close(finished=True)


def _tokens(calls: Sequence[Call], rows: int | None) -> tuple[int | None, int | None]:
    """Return estimates of what all requests say, and of what all responses may say at most."""
    if "model" not in calls[0].node.wire_fields():
        return None, None  # nobody counts tokens
    said_in = [name for name, field in calls[0].node.wire_fields().items() if _is_read(field)]
    letters = sum(len(text) for call in calls for name in said_in for text in _texts(call.values.get(name)))
    share = (rows or 0) / len(calls)
    limits = [call.values.get("max_completion_tokens") for call in calls]
    most = sum(limit * (call.values.get("n") or 1) for limit, call in zip(limits, calls, strict=True) if limit)
    said = round(letters / LETTERS_PER_TOKEN * share)
    return (said if rows else None), (round(most * share) if rows and all(limits) else None)


def _is_read(field: Field) -> bool:
    """Return whether a model reads what the field says: not a file's path, nor the name of a model or a size."""
    return field.kind in (FieldKind.TEXT, FieldKind.JSON) and not field.suggestions


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
