"""Templates: texts that name columns of the input table, such as ``Describe {name} for {price}``.

``{{name}}`` is the text ``{name}``, and braces around what cannot be a name, such as JSON, are text. A column goes by
its exact name, whatever characters it is made of.
"""

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...port_types.errors import InvalidInput, InvalidSetting
from ...port_types.fields.values import is_missing
from ...port_types.nearest import nearest

__all__ = ["ColumnReference", "Template", "may_name_columns", "missing_column", "parse_template"]

NAME = r"[^\W\d](?:[\w .#%/-]{0,62}[\w%])?"
"""What can be a name where no column has it: it starts with a letter and holds no punctuation of JSON or code."""

_MAY_NAME = re.compile(rf"\{{\s*{NAME}\s*\}}")


@dataclass(frozen=True)
class ColumnReference:
    """A place in a template where the value of a column goes."""

    column: str


@dataclass(frozen=True)
class Template:
    """A text in parts.

    Attributes:
        parts: texts, and references between them.
    """

    parts: tuple[str | ColumnReference, ...]

    @property
    def columns(self) -> list[str]:
        """The columns that are named, in the order of the text."""
        return list(dict.fromkeys(part.column for part in self.parts if isinstance(part, ColumnReference)))

    @property
    def only_column(self) -> str | None:
        """The column that is the whole template, whose values need not become text; None if there is more to it."""
        part = self.parts[0] if len(self.parts) == 1 else None
        return part.column if isinstance(part, ColumnReference) else None

    def render(self, cells: Mapping[str, Any]) -> str:
        """Return the text for a row, whose values must not be missing.

        Raises:
            InvalidInput: a value cannot be part of a text.
        """
        return "".join(
            _text(part.column, cells[part.column]) if isinstance(part, ColumnReference) else part for part in self.parts
        )


def may_name_columns(value: Any) -> bool:
    """Return whether a template in `value`, a text or JSON, would name a column if a table had it."""
    if isinstance(value, str):
        return "{" in value and _MAY_NAME.search(value) is not None
    if isinstance(value, Mapping):
        return any(map(may_name_columns, value.values()))
    return isinstance(value, list | tuple) and any(map(may_name_columns, value))


def parse_template(text: str, columns: Collection[str], field: str) -> Template:
    """Return `text` as a template over a table with these `columns`.

    Args:
        text: the template.
        columns: names of the table's columns.
        field: name of the field that it is for, for the message.

    Raises:
        InvalidSetting: it names a column that the table does not have.
    """
    parts: list[str | ColumnReference] = []
    end = 0
    for match in _places(frozenset(columns)).finditer(text) if "{" in text else ():
        literal = text[end : match.start()]
        end = match.end()
        if escaped := match["escaped"]:
            literal += f"{{{escaped}}}"
        wrapped, column = match["wrapped"], match["column"]
        if unknown := match["unknown"]:
            raise InvalidSetting(_unknown_column(unknown, columns, field))
        parts.append(literal + "{" * bool(wrapped))
        if name := wrapped or column:
            parts.append(ColumnReference(name))
        if wrapped:
            parts.append("}")
    parts.append(text[end:])
    return Template(_joined(parts))


@lru_cache(maxsize=64)
def _places(columns: frozenset[str]) -> re.Pattern[str]:
    """Return the pattern of what is not plain text; of columns that begin alike, the longest fits first."""
    known = "|".join(re.escape(name) for name in sorted(columns, key=lambda name: (-len(name), name)) if name)
    known = known or r"(?!)"
    return re.compile(
        # {{{name}}} is a value between braces, as in Python's own formats.
        rf"\{{\{{\{{(?P<wrapped>{known})\}}\}}\}}"
        rf"|\{{\{{(?P<escaped>{known}|{NAME})\}}\}}"
        rf"|\{{\s*(?P<column>{known})\s*\}}"
        rf"|\{{(?P<unknown>{NAME})\}}"
    )


def _joined(parts: list[str | ColumnReference]) -> tuple[str | ColumnReference, ...]:
    """Return `parts` without empty texts, and with neighbouring texts as one."""
    joined: list[str | ColumnReference] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tuple(joined)


def _unknown_column(name: str, columns: Collection[str], field: str) -> str:
    near = nearest(name, columns)
    known = ", ".join(list(columns)[:10]) or "none"
    advice = f"did you mean {{{near}}}?" if near else f"it has {known}."
    escape = f"Write {{{{{name}}}}} to send {{{name}}} as text."
    return f"`{field}` names the column {name!r}, which the input does not have; {advice} {escape}"


def _text(column: str, value: Any) -> str:
    """Return a cell's value as a reader expects it within a text."""
    for unwrap in ("item", "as_py"):
        if hasattr(value, unwrap):
            value = getattr(value, unwrap)()
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else str(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, list | dict | tuple) and not _holds_bytes(value):
        import msgspec

        return msgspec.json.encode(value).decode()
    if _holds_bytes(value):
        raise InvalidInput(f"the column {column!r} holds bytes, which cannot be part of a text.")
    return str(value)


def _holds_bytes(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_bytes, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_bytes, value))
    return isinstance(value, bytes | bytearray | memoryview)


def missing_column(columns: Collection[str], cells: Mapping[str, Any]) -> str | None:
    """Return the first of `columns` that has no value in the row, None if all have one."""
    return next((column for column in columns if is_missing(cells.get(column))), None)
