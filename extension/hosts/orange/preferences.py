"""What Orange remembers for its user from one workflow to the next; never a key."""

from AnyQt.QtCore import QSettings

from ....port_types.configuration import OPENAI

__all__ = ["ask_above", "last_service", "remember_ask_above", "remember_service"]

ASK_ABOVE = 100
"""Requests above which a run is confirmed, until the user says otherwise."""


def ask_above() -> int:
    """Return above how many requests the user wants to be asked before a run."""
    return int(_settings().value("ask-above", ASK_ABOVE, type=int))


def remember_ask_above(number: int) -> None:
    """Keep the number of requests above which the user wants to be asked."""
    _settings().setValue("ask-above", number)


def last_service() -> tuple[str, str]:
    """Return base url and credential of the service that was configured last."""
    return str(_settings().value("base-url", OPENAI)), str(_settings().value("credential", ""))


def remember_service(base_url: str, credential: str) -> None:
    """Keep the service with which the next Endpoint Configuration starts; `credential` is a reference to its key."""
    _settings().setValue("base-url", base_url)
    _settings().setValue("credential", credential)


def _settings() -> QSettings:
    return QSettings("endpoint-nodes", "orange")
