"""Sentences in the words of where they are read: options on a command line, labels in a dialog.

Errors and warnings name fields in backticks, alone or with a value: ``raise `max_requests` ``, ``say `fit=pad` ``.
"""

import re
from collections.abc import Callable

from ....port_types.configuration import Configuration
from ....port_types.fields import Declarative, Field

__all__ = ["for_command_line", "for_dialog", "option_name"]

_NAMED = re.compile(r"`(\w+)(?:=([^`]*))?`")


def option_name(name: str) -> str:
    """Return the option of the field of this name: "--result-format"."""
    # A name that means something else in Python ends in an underscore there.
    return f"--{name.rstrip('_').replace('_', '-')}"


def for_command_line(sentence: object, declared: type[Declarative] | None = None) -> str:
    """Return `sentence` with fields named as options: ``raise --max-requests``, ``--fit pad``.

    Args:
        sentence: an error or a text that names fields in backticks.
        declared: the node whose fields it may name, beside those of a Configuration.
    """
    return _reword(sentence, declared, _as_option)


def for_dialog(sentence: object, declared: type[Declarative] | None = None) -> str:
    """Return `sentence` with fields named by their labels: ``raise Max requests``, ``Fit: pad``."""
    return _reword(sentence, declared, lambda field, value: f"{field.label}: {value}" if value else field.label)


def _reword(sentence: object, declared: type[Declarative] | None, name: Callable[[Field, str], str]) -> str:
    fields = {**Configuration.fields(), **(declared.fields() if declared else {})}

    def replace(found: re.Match[str]) -> str:
        field = fields.get(found[1])
        return name(field, found[2] or "") if field else found[0]

    return _NAMED.sub(replace, str(sentence))


def _as_option(field: Field, value: str) -> str:
    if value in ("true", "false"):
        return option_name(field.name) if value == "true" else f"--no-{option_name(field.name)[2:]}"
    return f"{option_name(field.name)} {value}".rstrip()
