"""Sending rows together: requests alike become one, and each row gets its part of the response."""

import asyncio
import hashlib
import time
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from ....nodes.base import Bundling, Request, Response
from ....port_types.errors import BadResponse, EndpointError, InvalidInput, RequestFailed, RunStopped
from ..cache.cache_key import CacheKey
from .obtain import ResponseSource
from .outcome import unexpected_error

__all__ = ["BundleItem", "BundleResult", "send_bundles"]

SPLIT_ON_STATUSES = {400, 413, 422}
"""Statuses with which a service refuses what a request holds, which one of its rows may be to blame for."""


@dataclass(frozen=True)
class BundleItem:
    """A row that may share a request: its own key and that of its response, and the request it would have alone."""

    row: str
    key: CacheKey
    request: Request


@dataclass(frozen=True)
class BundleResult:
    """A row's part of what became of a shared request.

    Attributes:
        response: the response that the row would have had alone, or why there is none.
        attempts: how often the shared request was sent.
        began: when it was sent, on the monotonic clock.
    """

    response: Response | EndpointError
    attempts: int
    began: float


async def send_bundles(
    source: ResponseSource, bundling: Bundling, items: Sequence[BundleItem]
) -> dict[str, BundleResult]:
    """Send `items` in shared requests and return what arrived, by the row's key.

    Rows that are alone with their settings, or whose shared requests are refused down to the single row, are not in
    it: they go the usual way.

    Raises:
        RunStopped: every further request would meet the same end.
        RunStopping: the run stopped before these rows were sent.
    """
    groups: defaultdict[Hashable, list[BundleItem]] = defaultdict(list)
    for item in items:
        groups[bundling.bundle_key(item.request)].append(item)
    arrived: dict[str, BundleResult] = {}
    waiting = list(groups.values())
    refused = False
    while waiting:
        group = waiting.pop(0)
        if len(group) == 1:
            if refused and source.node.on_error == "fail":
                break  # this row may well end the run
            continue
        try:
            arrived |= await _send(source, bundling, group)
        except BadResponse:
            refused = True  # a service that does not know how to answer several rows is asked for each
        except InvalidInput:
            refused = True
            half = len(group) // 2
            waiting[:0] = [group[:half], group[half:]]
    return arrived


async def _send(source: ResponseSource, bundling: Bundling, items: Sequence[BundleItem]) -> dict[str, BundleResult]:
    """Send one shared request.

    Raises:
        InvalidInput: the service refused what is in it, which may be for one of its rows.
        RunStopped: every further request would meet the same end.
        BadResponse: the response is not one item for each row.
    """
    # Whoever waits for another run goes singly: it must not hold what that run may wait for.
    claims = await asyncio.gather(*(source.cache.claim_if_free(item.key) for item in items))
    taken = [(item, claim) for item, claim in zip(items, claims, strict=True) if claim]
    group, keys = [item for item, _ in taken], [item.key for item, _ in taken]
    if len(group) < 2:
        source.give_back(keys, in_doubt=False)
        return {}
    secret = hashlib.blake2b("".join(claim.idempotency_key for _, claim in taken).encode(), digest_size=16).hexdigest()
    began = time.monotonic()
    try:
        request = bundling.join([item.request for item in group])
    except Exception as error:  # noqa: BLE001 - whatever is wrong with these rows, the others go on
        source.give_back(keys, in_doubt=False)
        return _failed(group, error, 0, began)
    try:
        sent = await source.send(request, secret, lambda response: bundling.split(response, len(group)), keys)
    except EndpointError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        return _failed(group, error, 1, began)
    if isinstance(sent.error, RunStopped | BadResponse):
        raise sent.error
    if sent.status in SPLIT_ON_STATUSES:
        raise InvalidInput(str(sent.error))
    if isinstance(sent.error, RequestFailed):
        return {item.row: BundleResult(sent.error, sent.attempts, began) for item in group}
    pairs = list(zip(group, sent.result or (), strict=True))
    written = [durable for item, single in pairs if (durable := source.cache.keep(item.key, single))]
    await asyncio.gather(*written)
    return {item.row: BundleResult(single, sent.attempts, began) for item, single in pairs}


def _failed(group: Sequence[BundleItem], error: Exception, attempts: int, began: float) -> dict[str, BundleResult]:
    return {item.row: BundleResult(unexpected_error(error), attempts, began) for item in group}
