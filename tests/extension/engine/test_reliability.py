"""Every way in which a service can misbehave, what the engine does about it, and the page that says so."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import NO_CACHE, Configuration

from .conftest import FAULTS, GOOD, FaultyService, picture

PAGE = Path(__file__).parents[3] / "docs" / "reliability.md"

ABOUT = """# What happens when a service misbehaves

Each line was produced by the test suite: a row is sent to a service on a real socket that misbehaves in this way, once
and then always (three attempts). `make docs` writes this page again.

| The service answers with | What the engine does | What the user sees if it goes on |
|---|---|---|
"""

TRIED = """
## What else is tried

`make chaos` runs the programs of `tests/chaos`, some of which need root for a disk of their own. In all of them every
row must come to its own result, nothing that a run has reported may be asked for again, and nobody may see a traceback.

| what is done | how often |
|---|---|
| a run with 64 requests in flight is killed in its middle, and resumed from what it left | 520 times |
| two processes share a cache, and one or the other is killed and starts again | 32 times |
| runs over changing rows, stops, kills, two processes and clean-ups follow each other in any order | 225 steps |
| the power is cut while a run goes on, on an ext4 disk, and after it has ended | 100 times |
| a run is cancelled | in every turn of its event loop |
| a bit is flipped in a small cache: any of the database, one in each byte of the log and of a body | 127,000 times |
| the database, the log or a body is cut | at each of 59,000 bytes |
| an HTTP response, right or broken, comes in pieces or is cut | 24,000 times, at every place of 63 responses |

## What cannot be told

- Of a response without a length, the end of the connection is the end; over TLS only where it is closed as TLS wants
  it (RFC 9112, 9.8), or the response is JSON or an image, as not every server does so. JSON, images and recordings have
  marks of their own, which are looked at: the checksums of PNG; the ends of JPEG, GIF, WebP, AVIF, wav, m4a, Ogg and
  FLAC; the length of an mp3 that tells it.
- A flipped bit within a JPEG, a WebP or a recording, and the missing end of AAC or of an mp3 that does not tell its
  length, are not noticed.
- A response that tells its length twice is refused, even where both are the same, and not bought again (RFC 9110, 8.6,
  allows either). Bytes that follow a response in the same packet are an error: its length may be wrong.
"""

HEALED_ELSEWHERE = {"a result url that answers 500 once", "a relative result url"}
NOT_REPEATED = {
    *("status 429 that asks for an hour", "status 500 with x-should-retry: false", "status 400", "status 403"),
    *("status 400, content policy", "status 200 with an error of the request", "no list of images"),
    *("fewer images than asked for", "broken base64", "bytes that are not an image", "a body of 2 GB"),
    *(name for name in FAULTS if name.startswith(("a redirect", "a result url")) and name not in HEALED_ELSEWHERE),
}
"""What has been paid for, or would only be refused again."""


def run_all(service: FaultyService, answer: Callable[[str, int], Any]) -> dict[str, dict[str, Any]]:
    """Send one row for each fault, all in one run; return the result rows by fault."""
    service.answer = answer
    service.seen.clear()
    node = CreateImageVariation(
        columns={"user": "fault"}, on_error="continue", request_details=True, route="variations", keep_columns=False
    )
    configuration = Configuration(base_url=service.base_url, concurrency=64, timeout=1, max_attempts=3, cache=NO_CACHE)
    frame = pd.DataFrame({"image": [picture()] * len(FAULTS), "fault": list(FAULTS)})
    table, _ = execute(node, configuration, frame)
    return dict(zip(FAULTS, table.to_pylist(), strict=True))


def test_every_fault_heals_or_is_named(faulty_service: FaultyService, pytestconfig: pytest.Config) -> None:
    once = run_all(faulty_service, lambda fault, number: FAULTS[fault] if number == 1 else GOOD)
    always = run_all(faulty_service, lambda fault, _: FAULTS[fault])
    for fault, row in once.items():
        if fault in NOT_REPEATED:
            assert row["attempts"] == 1, fault
            assert row["image"] is None, fault
            assert row["error"] == always[fault]["error"], fault
        else:
            assert (row["image"], row["error"]) == (picture(), None), fault
            assert row["attempts"] == (1 if fault in HEALED_ELSEWHERE else 2), fault
    for fault, row in always.items():
        assert (row["image"] is None) == (row["error"] is not None), fault
        assert row["error"] is None or re.fullmatch(r"[^\n]{10,300}", row["error"]), fault

    page = ABOUT + "".join(_line(fault, once[fault], always[fault]) for fault in FAULTS) + TRIED
    if pytestconfig.getoption("--write-docs"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page, "make docs writes the page again"


def _line(fault: str, once: dict[str, Any], always: dict[str, Any]) -> str:
    if once["error"]:
        does = "fails the row at once"
    elif once["attempts"] > 1:
        does = "sends the request again under the same idempotency key"
    else:
        does = "fetches the result, again if need be"
    seen = re.sub(r"127\.0\.0\.1:\d+", "HOST", always["error"] or "the result").replace("|", r"\|")
    seen = re.sub(r"HTTP/1.1 \(.*?\)", "HTTP/1.1 (and why)", seen)  # in words that change with the parser's version
    return f"| {fault} | {does} | {seen} |\n"


def test_every_attempt_carries_the_same_key_and_no_other_row_has_it(faulty_service: FaultyService) -> None:
    run_all(faulty_service, lambda _, number: None if number < 3 else GOOD)
    keys = [
        match[1].strip()
        for head in faulty_service.requests
        if head.startswith("POST") and (match := re.search(r"idempotency-key: (.*)", head, re.IGNORECASE))
    ]
    assert len(keys) == 3 * len(FAULTS)
    assert len(set(keys)) == len(FAULTS)


def test_thirty_percent_faults_lose_no_row(faulty_service: FaultyService) -> None:
    import random

    healing = [answer for fault, answer in FAULTS.items() if fault not in NOT_REPEATED | HEALED_ELSEWHERE]
    lasting = [fault for fault in FAULTS if fault in NOT_REPEATED and "result url" not in fault]
    dice = random.Random(3)

    def answer(user: str, _: int) -> Any:
        if user in FAULTS:
            return FAULTS[user]
        return dice.choice(healing) if dice.random() < 0.3 else GOOD

    faulty_service.answer = answer
    users = [lasting[n // 50 % len(lasting)] if n % 50 == 0 else f"row {n}" for n in range(500)]
    node = CreateImageVariation(columns={"user": "user"}, on_error="continue", route="variations", keep_columns=False)
    configuration = Configuration(base_url=faulty_service.base_url, concurrency=32, timeout=0.5, max_attempts=20)
    table, _ = execute(node, configuration, pd.DataFrame({"image": [picture()] * 500, "user": users}))
    assert table.column("row_id").to_pylist() == [str(n) for n in range(500)]
    for user, row in zip(users, table.to_pylist(), strict=True):
        assert row["image"] == (None if user in FAULTS else picture()), (user, row["error"])
        assert (row["error"] is not None) == (user in FAULTS)
