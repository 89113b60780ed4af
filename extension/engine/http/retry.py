"""When to try again, and how long to wait: one policy, read from the answer itself."""

import math
import random
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from ....nodes.base import Response
from ....nodes.base.result_schema import error_message, printable
from ....port_types.errors import EndpointError, RequestFailed, RunStopped, StopReason
from ....port_types.secrecy import without_secrets
from .pacing import duration

__all__ = [
    "FIRST_PAUSE",
    "LONGEST_PAUSE",
    "TRANSIENT_STATUSES",
    "RetryState",
    "Verdict",
    "asked_wait",
    "failure",
    "is_transient",
    "judge",
    "pause",
]

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds; the pause after attempt n is drawn evenly from 0 to FIRST_PAUSE * 2**(n - 1)."""

MAX_THROTTLES_PER_ATTEMPT = 10
"""How often, as a multiple of max attempts, a service may answer "later" before the row is given up."""

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


class RetryState:
    """How far one request is, and whether there is another attempt.

    A 429 that says when to come back is not a failed attempt, unless it goes on for ever.

    Args:
        max_attempts: how many may fail.
        max_wait: seconds that a service may ask for.

    Attributes:
        attempts: those made.
        throttled: how many of them were answered with 429.
        server_paced: whether the service said when the next one may come.
    """

    def __init__(self, max_attempts: int, max_wait: float) -> None:
        self._max_attempts, self._max_wait = max_attempts, max_wait
        self.attempts = self.throttled = self._failures = 0
        self.server_paced = False
        self._gave_up = ""

    def next_wait(self, response: Response | None, *, retry: bool, asked: float | None) -> float | None:
        """Count an attempt and return the seconds until the next one, None if it was the last.

        Args:
            response: what came, None if nothing did.
            retry: whether another attempt may bring something better.
            asked: seconds that the service asks to wait, None if it does not say.
        """
        self.attempts += 1
        if not retry:
            return None
        throttled = response is not None and response.status == 429
        self.throttled += throttled
        self.server_paced = throttled and asked is not None
        self._failures += not self.server_paced
        if asked is not None and asked > self._max_wait:
            self._gave_up = f"it asks to wait {asked:g} s, longer than `max_wait` ({self._max_wait:g} s)"
            return None
        most = self._max_attempts
        if self._failures >= most or self.throttled >= MAX_THROTTLES_PER_ATTEMPT * most:
            self._gave_up = f"given up after {self.attempts} attempt{'s' * (self.attempts > 1)}"
            return None
        return self.pause() if asked is None else asked

    def pause(self) -> float:
        """Return the seconds to wait where the service does not say."""
        return pause(max(1, self._failures))

    def final(self, error: EndpointError) -> EndpointError:
        """Return the error of the last attempt, with the reason why it was the last."""
        if not self._gave_up:
            return error
        message = str(error).rstrip(".")
        return RequestFailed(f"{message}; {self._gave_up}.", status=error.status, code=error.code)


def judge(answer: Response) -> Verdict:
    """Return what to do about an answer whose status is not 2xx."""
    if (code := _code(answer)) in FATAL_CODES or code in REFUSED_CONTENT:
        return Verdict(retry=False)
    should = answer.headers.get("x-should-retry", "")
    retry = should == "true" or (is_transient(answer.status) and should != "false")
    return Verdict(retry, asked_wait(answer) if retry else None)


def failure(answer: Response) -> RequestFailed | RunStopped:
    """Return the error for an answer whose status is not 2xx, with the service's own message.

    It is a `RunStopped` if every other row would be refused for the same reason.
    """
    code = _code(answer)
    if 300 <= answer.status < 400:
        return RequestFailed(_redirect(answer), status=answer.status)
    message = f"the service answered {answer.status}: {_message(answer)}"
    reason = FATAL_CODES.get(code) or (StopReason.CREDENTIALS if answer.status == 401 else None)
    if reason:
        return RunStopped(message, reason, status=answer.status, code=code)
    return RequestFailed(message, status=answer.status, code=code)


def _message(answer: Response) -> str:
    try:
        return error_message(answer.json)
    except ValueError:
        return printable(answer.body[:200].decode("utf-8", "replace")) or "(empty body)"


def _redirect(answer: Response) -> str:
    target = printable(answer.headers.get("location", ""))
    if not target or answer.status in (300, 304):
        return f"the service answered {answer.status}, which is not an answer to this request."
    return (
        f"the service redirects to {without_secrets(target)}, which is not followed with the key; if the service has "
        "moved, put its new address, up to and including /v1, into `base_url`."
    )


def _code(answer: Response) -> str:
    try:
        error = answer.json.get("error")
        return str(error.get("code") or error.get("type") or "")
    except (ValueError, AttributeError):
        return ""


def asked_wait(answer: Response) -> float | None:
    """Return the seconds that a response asks to wait, None if it does not say or asks for none."""
    headers = answer.headers
    milliseconds, after = _number(headers.get("retry-after-ms")), headers.get("retry-after")
    if milliseconds is not None:
        wait: float | None = milliseconds / 1000
    elif after is None:
        wait = _reset_wait(answer)
    elif (wait := _number(after)) is None:
        try:
            wait = parsedate_to_datetime(after).timestamp() - time.time()
        except (ValueError, TypeError):
            wait = None
    # A clock that goes wrong here or there must not make an attempt follow another without a pause.
    return wait if wait is not None and wait > 0 else None


def _reset_wait(answer: Response) -> float | None:
    """Return when the limit that was met is there again, as `x-ratelimit-reset-requests` or `-tokens` say."""
    if answer.status != 429:
        return None
    waits = []
    for what in ("requests", "tokens"):
        left = _number(answer.headers.get(f"x-ratelimit-remaining-{what}", "0"))
        reset = duration(answer.headers.get(f"x-ratelimit-reset-{what}", ""))
        if reset is not None and (left or 0) < 1:
            waits.append(reset)
    return max(waits, default=None)


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return number if number is not None and math.isfinite(number) else None
