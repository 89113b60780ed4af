"""Sending rows together: requests alike become one, and each row gets its part of the answer."""

import asyncio
import hashlib
import time
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....nodes.base import Bundling, Request, Response
from ....port_types.errors import BadResponse, InvalidInput, RequestFailed, RunStopped
from ..cache.cache_key import CacheKey
from ..http.sender import Sent

if TYPE_CHECKING:
    from .row_pipeline import Run

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
        answer: the answer that the row would have had alone, or why there is none.
        sent: what became of the shared request.
        began: when it was sent, on the monotonic clock.
    """

    answer: Response | RequestFailed
    sent: Sent[list[Response]]
    began: float


async def send_bundles(run: "Run", packing: Bundling, members: Sequence[BundleItem]) -> dict[str, BundleResult]:
    """Send `members` in shared requests and return what arrived, by the row's key.

    Rows that are alone with their settings, or whose shared requests are refused down to the single row, are not in
    it: they go the usual way.

    Raises:
        RunStopped: every further request would meet the same end.
        RunStopping: the run stopped before these rows were sent.
    """
    groups: defaultdict[Hashable, list[BundleItem]] = defaultdict(list)
    for each in members:
        groups[packing.bundle_key(each.request)].append(each)
    arrived: dict[str, BundleResult] = {}
    waiting = list(groups.values())
    refused = False
    while waiting:
        group = waiting.pop(0)
        if len(group) == 1:
            if refused and run.node.on_error == "fail":
                break  # this row may well end the run
            continue
        try:
            arrived |= await _send(run, packing, group)
        except (BadResponse, InvalidInput):
            refused = True
            half = len(group) // 2
            waiting[:0] = [group[:half], group[half:]]
    return arrived


async def _send(run: "Run", packing: Bundling, members: Sequence[BundleItem]) -> dict[str, BundleResult]:
    """Send one shared request.

    Raises:
        InvalidInput: the service refused what is in it, which may be for one of its rows.
        RunStopped: every further request would meet the same end.
        BadResponse: the answer is not one item for each row.
    """
    # Whoever waits for another run goes singly: it must not hold what that run may wait for.
    claims = await asyncio.gather(*(run.cache.claim_if_free(item.key) for item in members))
    taken = [(item, claim) for item, claim in zip(members, claims, strict=True) if claim]
    group, keys = [item for item, _ in taken], [item.key for item, _ in taken]
    if len(group) < 2:
        run.give_back(keys, in_doubt=False)
        return {}
    request = packing.join([item.request for item in group])
    secret = hashlib.blake2b("".join(claim.idempotency_key for _, claim in taken).encode(), digest_size=16).hexdigest()
    began = time.monotonic()
    sent = await run.send(request, secret, lambda answer: packing.split(answer, len(group)), None, keys)
    if isinstance(sent.error, RunStopped | BadResponse):
        raise sent.error
    if sent.status in SPLIT_ON_STATUSES:
        raise InvalidInput(str(sent.error))
    if isinstance(sent.error, RequestFailed):
        return {item.row: BundleResult(sent.error, sent, began) for item in group}
    pairs = list(zip(group, sent.result or (), strict=True))
    written = [durable for item, single in pairs if (durable := run.cache.keep(item.key, single))]
    await asyncio.gather(*written)
    return {item.row: BundleResult(single, sent, began) for item, single in pairs}
