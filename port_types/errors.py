"""The errors of every floor, by what they end. Each carries one sentence that a user can act on.

::

    EndpointError
    ├── InvalidSetting       a field has a value it cannot take; nothing was sent
    ├── RunStopped           ends the whole run; `reason` is a StopReason
    ├── InvalidInput         fails a row: its own values cannot be sent
    ├── BadResponse          fails a row: the service answered with something else than promised
    ├── RequestFailed        fails a row: the service refused it, or the attempts are used up
    └── DownloadFailed       fails a file that a row or a response refers to
        └── BlockedUrl       the file must not be downloaded at all

A sentence names fields in backticks, as a caller in Python writes them: ``raise `max_requests` to go on``. Hosts
replace them by what their users see: an option, or the label in a dialog.
"""

import copy
import enum
from typing import Any, Self

__all__ = [
    "BadResponse",
    "BlockedUrl",
    "DownloadFailed",
    "EndpointError",
    "InvalidInput",
    "InvalidSetting",
    "RequestFailed",
    "RunStopped",
    "StopReason",
    "reason_of",
]


def reason_of(error: Exception) -> str:
    """Return what went wrong in words, without the number and the path that an `OSError` says as well."""
    return getattr(error, "strerror", None) or str(error)


class EndpointError(Exception):
    """Base of all errors raised on purpose; ``str(error)`` is a sentence for the user.

    Attributes:
        status: HTTP status of the response behind the error, None if there was none.
        code: the service's own error code (``error.code`` or ``error.type``), "" if it gave none.
    """

    status: int | None = None
    code: str = ""

    def with_sentence(self, sentence: str) -> Self:
        """Return the same error with another sentence."""
        named = copy.copy(self)
        named.args = (sentence,)
        return named

    def with_suffix(self, suffix: str) -> Self:
        """Return the same error with `suffix` behind its sentence, such as a way out."""
        return self.with_sentence(f"{self}{suffix}")

    def with_prefix(self, prefix: str) -> Self:
        """Return the same error with `prefix` before its sentence, such as the row it belongs to ("Row 3: ")."""
        return self.with_sentence(f"{prefix}{self}")


class InvalidSetting(EndpointError):
    """A field of a node or of a Configuration has a value it cannot take; nothing was sent."""


class StopReason(enum.StrEnum):
    """Why a run stops: every further request would meet the same end."""

    CREDENTIALS = "credentials"
    """The key is missing, wrong or revoked, or the account is closed (401, ``invalid_api_key``)."""
    QUOTA = "quota"
    """The account has no credit left (``insufficient_quota``, ``billing_hard_limit_reached``)."""
    ROUTE = "route"
    """The service has none of the paths that the node can use (404, 405)."""
    MODEL = "model"
    """The service does not have the model that every row asks for (``model_not_found``)."""
    BUDGET = "budget"
    """The run has spent what its Configuration allows; results that arrived are kept."""
    STORAGE = "storage"
    """The disk is full or cannot be written, so that a paid response could be lost."""
    REFUSED = "refused"
    """The service refuses a batch as a whole."""
    PENDING = "pending"
    """Batches are under way at the service; the same run, started again, collects them."""
    CERTIFICATE = "certificate"
    """The service's TLS certificate is not trusted."""
    CANCELLED = "cancelled"
    """The user cancelled the run."""


class RunStopped(EndpointError):
    """The whole run ends, because every further request would meet the same end.

    Args:
        message: the sentence for the user.
        reason: why; exit codes follow from it.
        status: HTTP status of the response that said so, None if none did.
        code: the service's own error code, "" if it gave none.
    """

    def __init__(self, message: str, reason: StopReason, *, status: int | None = None, code: str = "") -> None:
        super().__init__(message)
        self.reason, self.status, self.code = reason, status, code

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors travel between processes, and Exception would leave out the reason.
        return type(self), (str(self), self.reason), vars(self)


class InvalidInput(EndpointError):
    """The input, or a value of one of its rows, cannot be sent; that row was not sent."""


class BadResponse(EndpointError):
    """The service answered with something that is not what the operation promises."""


class RequestFailed(EndpointError):
    """A request failed for good: the service refused it, or its attempts are used up.

    Args:
        message: the sentence for the user.
        status: HTTP status of the last response, None if none arrived.
        code: the service's own error code (``error.code`` or ``error.type``), "" if it gave none.
    """

    def __init__(self, message: str, *, status: int | None = None, code: str = "") -> None:
        super().__init__(message)
        self.status, self.code = status, code


class DownloadFailed(EndpointError):
    """A file that a row or a response refers to cannot be downloaded.

    The sentence starts with its url, without the query, which may hold a secret. A row that needs the file fails
    with `InvalidInput` (the user named it) or `BadResponse` (the service did).

    Args:
        message: the sentence for the user.
        status: HTTP status of the last response, None if none arrived.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class BlockedUrl(DownloadFailed):
    """A url that must not be downloaded: another scheme than http(s), or a private address."""
