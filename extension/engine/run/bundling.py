"""Sending rows together: requests alike become one, and each row gets its part of the answer."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....nodes.base import Bundling, Request, Response
from ....port_types.errors import BadResponse, InvalidInput, RequestFailed, RunStopped
from ..cache.store import idempotency_key
from ..http.sender import Sent

if TYPE_CHECKING:
    from .row_pipeline import Run

__all__ = ["BundleItem", "BundleResult", "send_bundles"]

SPLIT_ON_STATUSES = {400, 413, 422}
"""Statuses with which a service refuses what a request holds, which one of its rows may be to blame for."""


@dataclass(frozen=True)
class BundleItem:
    """A row that may share a request: its place in the ledger, and the request it would have alone."""

    place: tuple[str, str]
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


async def _send(run: "Run", packing: Bundling, group: Sequence[BundleItem]) -> dict[str, BundleResult]:
    """Send one shared request.

    Raises:
        InvalidInput: the service refused what is in it, which may be for one of its rows.
        RunStopped: every further request would meet the same end.
        BadResponse: the answer is not one item for each row.
    """
    request = packing.join([each.request for each in group])
    key = idempotency_key(run.id, group[0].place[0], run.fingerprint(request))
    began = time.monotonic()
    if run.ledger:
        for each in group:
            run.ledger.sending(*each.place)
    sent = await run.sender.send(request, key, lambda answer: packing.split(answer, len(group)), run.on_retry(None))
    if sent.status and sent.status >= 300:
        _refused(run, group)
    if isinstance(sent.error, RunStopped | BadResponse):
        raise sent.error
    if sent.status in SPLIT_ON_STATUSES:
        raise InvalidInput(str(sent.error))
    if isinstance(sent.error, RequestFailed):
        return {each.place[0]: BundleResult(sent.error, sent, began) for each in group}
    pairs = list(zip(group, sent.result or (), strict=True))
    if run.ledger:
        written = await asyncio.gather(*(run.ledger.keep(*each.place, single) for each, single in pairs))
        await asyncio.gather(*written)
    return {each.place[0]: BundleResult(single, sent, began) for each, single in pairs}


def _refused(run: "Run", group: Sequence[BundleItem]) -> None:
    if run.ledger:
        for each in group:
            run.ledger.refused(*each.place)
