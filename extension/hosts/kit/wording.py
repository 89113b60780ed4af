"""Sentences in the words of where they are read: options on a command line, labels in a dialog, keywords in Python.

Errors and warnings name fields and nodes in backticks, a field alone or with a value: ``raise `max_requests` ``,
``say `fit=pad` ``, `` `list_models` shows them``.
"""

import re
from collections.abc import Callable

from ....nodes import find_node
from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.fields import Declarative, Field, FieldKind

__all__ = ["for_command_line", "for_dialog", "for_python", "option_name"]

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
    return _reword(sentence, declared, _as_option, lambda node: f"endpoint-nodes {node.command()}")


def for_dialog(sentence: object, declared: type[Declarative] | None = None) -> str:
    """Return `sentence` with fields named by their labels: ``raise Max requests``, ``Image fitting: pad``."""
    return _reword(sentence, declared, _as_label, lambda node: node.label())


def for_python(sentence: object, declared: type[Declarative] | None = None) -> str:
    """Return `sentence` with values as Python writes them: ``fit="pad"``, ``keep_columns=False``."""
    return _reword(sentence, declared, _as_keyword, lambda node: f"en.{node.function_name()}")


def _reword(
    sentence: object,
    declared: type[Declarative] | None,
    name_field: Callable[[Field, str], str],
    name_node: Callable[[type[Node]], str],
) -> str:
    fields = {**Configuration.fields(), **(declared.fields() if declared else {})}

    def replace(found: re.Match[str]) -> str:
        if field := fields.get(found[1]):
            return name_field(field, found[2] or "")
        node = find_node(found[1]) if "_" in found[1] else None
        return name_node(node) if node else found[0]

    return _NAMED.sub(replace, str(sentence))


def _as_option(field: Field, value: str) -> str:
    if field.kind is not FieldKind.BOOLEAN or value not in ("true", "false"):
        return f"{option_name(field.name)} {value}".rstrip()
    return option_name(field.name) if value == "true" else f"--no-{option_name(field.name)[2:]}"


def _as_label(field: Field, value: str) -> str:
    return f"{field.label}: {value}" if value else field.label


def _as_keyword(field: Field, value: str) -> str:
    if not value:
        return f"`{field.name}`"
    if field.kind is FieldKind.BOOLEAN:
        return f"`{field.name}={value.capitalize()}`"
    number = field.kind in (FieldKind.INTEGER, FieldKind.NUMBER)
    text = value if number else f'"{value}"'
    return f"`{field.name}=[{text}]`" if field.many else f"`{field.name}={text}`"
