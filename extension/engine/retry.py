"""When to try again, and how long to wait: one policy, read from the answer itself."""

import random
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from ...nodes.base import Answer
from ...nodes.base.response import error_message
from ...port_types.errors import RequestFailed, RunRefused

__all__ = ["RETRIED", "Verdict", "failure", "judge", "pause"]

RETRIED = {408, 409, 429, 500, 502, 503, 504, 529}
HOPELESS = {"insufficient_quota", "invalid_api_key", "billing_hard_limit_reached", "account_deactivated"}
"""Error codes that neither time nor another row heals."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds; the pause before attempt n is drawn from 0 to FIRST_PAUSE * 2**(n - 1)."""


@dataclass(frozen=True)
class Verdict:
    """What an unsuccessful answer means: whether to try again, and the seconds the service asks to wait."""

    retry: bool
    wait: float | None = None


def judge(answer: Answer) -> Verdict:
    """Return what to do about an answer whose status is not 2xx."""
    if _code(answer) in HOPELESS:
        return Verdict(retry=False)
    should = answer.headers.get("x-should-retry", "")
    retry = should == "true" or (answer.status in RETRIED and should != "false")
    return Verdict(retry, _asked_wait(answer) if retry else None)


def pause(attempt: int) -> float:
    """Return the seconds to wait after attempt number `attempt`, with full jitter."""
    return random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1)))  # noqa: S311 - jitter is no secret


def failure(answer: Answer) -> RequestFailed:
    """Return the error for an answer whose status is not 2xx, with the service's own message."""
    code = _code(answer)
    if 300 <= answer.status < 400:
        target = answer.headers.get("location", "nowhere")
        return RequestFailed(
            f"the service redirects to {target}, which is not followed; put that address into Base URL.",
            status=answer.status,
        )
    message = f"the service answered {answer.status}: {_message(answer)}"
    kind = RunRefused if answer.status == 401 or code in HOPELESS else RequestFailed
    return kind(message, status=answer.status, code=code)


def _message(answer: Answer) -> str:
    try:
        return error_message(answer.json)
    except ValueError:
        return answer.body[:200].decode("utf-8", "replace").strip() or "(empty body)"


def _code(answer: Answer) -> str:
    try:
        error = answer.json.get("error")
        return str(error.get("code") or error.get("type") or "")
    except (ValueError, AttributeError):
        return ""


def _asked_wait(answer: Answer) -> float | None:
    headers = answer.headers
    if milliseconds := _number(headers.get("retry-after-ms")):
        return milliseconds / 1000
    after = headers.get("retry-after")
    if after is None:
        return None
    if (seconds := _number(after)) is not None:
        return max(0.0, seconds)
    try:
        return max(0.0, parsedate_to_datetime(after).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
