"""Values in addresses: the placeholders of a path, and the query."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from ...port_types.errors import InvalidInput

__all__ = ["fill_path", "path_fields", "query_string", "scalar_text"]

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@cache
def path_fields(path: str) -> tuple[str, ...]:
    """Return the names of the placeholders in a path: "/files/{file_id}" has "file_id"."""
    return tuple(_PLACEHOLDER.findall(path))


def fill_path(path: str, texts: Mapping[str, str]) -> str:
    """Return `path` with a text for each of its placeholders.

    Args:
        path: such as "/files/{file_id}/content".
        texts: percent-encoded, by the placeholder's name.

    Raises:
        InvalidInput: a text would make another operation's path of it.
    """
    for name in path_fields(path):
        text = texts.get(name, "")
        if text in ("", ".", ".."):
            raise InvalidInput(f"{name} is {text!r}, which cannot stand in the path {path}.")
        path = path.replace(f"{{{name}}}", text)
    return path


def query_string(values: Mapping[str, Any]) -> str:
    """Return `values` as a query, the items of a list as OpenAI's own client writes them: "name[]=a&name[]=b"."""
    pairs = [
        (f"{name}[]" if isinstance(value, list) else name, item)
        for name, value in values.items()
        for item in (value if isinstance(value, list) else [value])
    ]
    return "&".join(f"{quote(name, safe='[]')}={quote(scalar_text(item), safe='')}" for name, item in pairs)


def scalar_text(value: Any) -> str:
    """Return a single value as addresses, headers and forms hold it: true is "true", 1.0 is "1", a record is JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if value is None:
        return ""
    if isinstance(value, Mapping | list | tuple):
        import msgspec

        return msgspec.json.encode(value).decode()
    return str(value)
