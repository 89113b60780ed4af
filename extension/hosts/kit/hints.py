"""Ways out that follow from the Configuration of a run that was stopped."""

from urllib.parse import urlsplit

from ....port_types.configuration import Configuration
from ....port_types.errors import EndpointError, RunStopped, StopReason

__all__ = ["hint"]


def hint(error: EndpointError, configuration: Configuration) -> str:
    """Return a sentence with the way out of `error`, "" where there is none to add."""
    if not isinstance(error, RunStopped):
        return ""
    place = urlsplit(configuration.base_url)
    if error.reason is StopReason.CREDENTIALS and configuration.credential_reference is None:
        return (
            "No key was sent: OPENAI_API_KEY goes to api.openai.com only. "
            f"Say `credential=env:OPENAI_API_KEY` to send it to {place.hostname}."
        )
    if error.reason is StopReason.ROUTE and place.path in ("", "/"):
        return f"Base URLs usually end in /v1: try {configuration.base_url}/v1."
    return ""
