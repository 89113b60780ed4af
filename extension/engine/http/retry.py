"""When to try again, and how long to wait: one policy, read from the answer itself."""

import math
import random
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from ....nodes.base import Response
from ....nodes.base.result_schema import error_message
from ....port_types.errors import RequestFailed, RunStopped, StopReason

__all__ = ["FIRST_PAUSE", "LONGEST_PAUSE", "Verdict", "failure", "is_transient", "judge", "pause"]

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds; the pause after attempt n is drawn evenly from 0 to FIRST_PAUSE * 2**(n - 1)."""

TRANSIENT_STATUSES = {408, 409, 425, 429}
"""Statuses below 500 that time heals."""

FATAL_CODES = {
    "invalid_api_key": StopReason.CREDENTIALS,
    "account_deactivated": StopReason.CREDENTIALS,
    "insufficient_quota": StopReason.QUOTA,
    "billing_hard_limit_reached": StopReason.QUOTA,
}
"""Error codes that neither waiting nor another row makes go away, and why the run stops for them."""

REFUSED_CONTENT = {"content_policy_violation", "moderation_blocked"}
"""Error codes that time does not heal for this row."""


@dataclass(frozen=True)
class Verdict:
    """What an unsuccessful answer means: whether to try again, and the seconds the service asks to wait."""

    retry: bool
    wait: float | None = None


def is_transient(status: int) -> bool:
    """Return whether the same request may well succeed after an answer of this status."""
    return status in TRANSIENT_STATUSES or status >= 500


def pause(attempt: int) -> float:
    """Return the seconds to wait after attempt number `attempt`: exponential, with full jitter."""
    return random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1)))  # noqa: S311 - no secret


def judge(answer: Response) -> Verdict:
    """Return what to do about an answer whose status is not 2xx."""
    if (code := _code(answer)) in FATAL_CODES or code in REFUSED_CONTENT:
        return Verdict(retry=False)
    should = answer.headers.get("x-should-retry", "")
    retry = should == "true" or (is_transient(answer.status) and should != "false")
    return Verdict(retry, _asked_wait(answer) if retry else None)


def failure(answer: Response) -> RequestFailed | RunStopped:
    """Return the error for an answer whose status is not 2xx, with the service's own message.

    It is a `RunStopped` if every other row would be refused for the same reason.
    """
    code = _code(answer)
    if 300 <= answer.status < 400:
        target = answer.headers.get("location", "nowhere")
        return RequestFailed(
            f"the service redirects to {target}, which is not followed; put that address into `base_url`.",
            status=answer.status,
        )
    message = f"the service answered {answer.status}: {_message(answer)}"
    reason = FATAL_CODES.get(code) or (StopReason.CREDENTIALS if answer.status == 401 else None)
    if reason:
        return RunStopped(message, reason, status=answer.status, code=code)
    return RequestFailed(message, status=answer.status, code=code)


def _message(answer: Response) -> str:
    try:
        return error_message(answer.json)
    except ValueError:
        return answer.body[:200].decode("utf-8", "replace").strip() or "(empty body)"


def _code(answer: Response) -> str:
    try:
        error = answer.json.get("error")
        return str(error.get("code") or error.get("type") or "")
    except (ValueError, AttributeError):
        return ""


def _asked_wait(answer: Response) -> float | None:
    headers = answer.headers
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return max(0.0, milliseconds / 1000)
    after = headers.get("retry-after")
    if after is None:
        return _reset_wait(answer)
    if (seconds := _number(after)) is not None:
        return max(0.0, seconds)
    try:
        return max(0.0, parsedate_to_datetime(after).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _reset_wait(answer: Response) -> float | None:
    """Read `x-ratelimit-reset-requests` and `-tokens`, durations such as "1s", "6m0s" or "20ms" (OpenAI's own form)."""
    if answer.status != 429:
        return None
    waits = []
    for what in ("requests", "tokens"):
        left = answer.headers.get(f"x-ratelimit-remaining-{what}", "0")
        reset = answer.headers.get(f"x-ratelimit-reset-{what}", "")
        parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", reset)
        if parts and (_number(left) or 0) < 1:
            waits.append(sum(float(number) * _UNITS[unit] for number, unit in parts))
    return max(waits, default=None)


_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return number if number is not None and math.isfinite(number) else None
