"""The way out of what stopped a run, as far as the Configuration shows it; hosts put it in the words of their users."""

from urllib.parse import urlsplit

from ....port_types.configuration import Configuration
from ....port_types.errors import RunStopped, StopReason

__all__ = ["with_hint"]


def with_hint(error: RunStopped, configuration: Configuration) -> RunStopped:
    """Return `error` as a sentence that stands on its own, with the way out behind it where there is one."""
    sentence, way_out = str(error).rstrip("."), _way_out(error, configuration)
    if sentence.startswith("the "):  # it may have been written to follow the name of a row
        sentence = f"T{sentence[1:]}"
    return error.with_sentence(f"{sentence}. {way_out}".rstrip())


def _way_out(error: RunStopped, configuration: Configuration) -> str:
    place = urlsplit(configuration.base_url)
    reference = configuration.credential_reference
    match error.reason:
        case StopReason.CREDENTIALS if error.status == 401 and reference is None:
            return (
                "No key was sent: OPENAI_API_KEY goes to api.openai.com only. "
                f"Use `credential=env:OPENAI_API_KEY` to send it to {place.hostname}."
            )
        case StopReason.CREDENTIALS if error.status == 401:
            return f"The key is that of {reference}; check it, or name another one in `credential`."
        case StopReason.ROUTE if place.path in ("", "/"):
            return f"Base URLs usually end in /v1: try `base_url={configuration.base_url}/v1`."
        case StopReason.CANCELLED if configuration.delivery == "batch":
            return "Batches that were submitted go on at the service; the same run, started again, collects them."
        case StopReason.MODEL:
            return "`list_models` shows the models of this service."
        case _:
            return ""
