"""The errors of every floor. Each carries one sentence that a user can act on."""

__all__ = [
    "BadResponse",
    "Cancelled",
    "EndpointError",
    "InvalidInput",
    "InvalidSetting",
    "RequestFailed",
    "RunRefused",
]


class EndpointError(Exception):
    """Base of all errors raised on purpose; ``str(error)`` is a sentence for the user."""

    status: int | None = None
    """HTTP status of the answer behind the error, if there was one."""


class InvalidSetting(EndpointError):
    """A field of a node or of a Configuration has a value it cannot take; nothing was sent."""


class InvalidInput(EndpointError):
    """A value of an input row cannot be sent; that row was not sent."""


class BadResponse(EndpointError):
    """The service answered with something that is not what the operation promises."""


class RequestFailed(EndpointError):
    """A request failed for good: the service refused it, or its attempts are used up.

    Args:
        message: the sentence for the user.
        status: HTTP status of the last answer, None if none arrived.
        code: the service's own error code (``error.code`` or ``error.type``), "" if it gave none.
    """

    def __init__(self, message: str, *, status: int | None = None, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class RunRefused(RequestFailed):
    """No other row would fare better: the key, the quota or the route is refused, or the budget is spent."""


class Cancelled(EndpointError):
    """The user cancelled the run."""
