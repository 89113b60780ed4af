"""Checking single values: from what a cell, an option or a caller holds to a field's own type."""

import datetime as dt
import math
from collections.abc import Callable
from os import PathLike, fspath
from typing import Any

__all__ = ["CHECKS", "InvalidValue", "is_missing", "preview"]


class InvalidValue(ValueError):
    """The value has the wrong type; the message says what it must be ("a whole number")."""


def preview(value: Any, limit: int = 60) -> str:
    """Return `value` as a short text for a message; bytes and long texts are abbreviated."""
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value)} bytes"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def is_missing(value: Any) -> bool:
    """Return whether a cell's value stands for "nothing": None, NaN, NaT or pandas' NA."""
    if value is None:
        return True
    if isinstance(value, str):
        return False
    if isinstance(value, float):
        return math.isnan(value)
    return type(value).__name__ in ("NAType", "NaTType")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, PathLike):
        return str(fspath(value))
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bool) or not isinstance(value, int | float):
        value = _plain(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidValue("text")
    return str(value)


def _integer(value: Any) -> int:
    try:
        # Not by way of a float, which holds whole numbers up to 2**53 only.
        return int(value) if isinstance(value, str) else _whole(value)
    except ValueError:
        return _whole(value)


def _whole(value: Any) -> int:
    number = _number(value, wanted="a whole number")
    if number != int(number):
        raise InvalidValue("a whole number")
    return int(number)


def _number(value: Any, wanted: str = "a number") -> float:
    value = _plain(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidValue(wanted)
    try:
        if not math.isfinite(float(value)):
            raise InvalidValue(wanted)
    except (ValueError, OverflowError):
        raise InvalidValue(wanted) from None
    return float(value) if isinstance(value, str) else value


def _boolean(value: Any) -> bool:
    value = _plain(value)
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in ("true", "yes", "on", "1"):
        return True
    if word in ("false", "no", "off", "0"):
        return False
    raise InvalidValue("true or false")


def _json(value: Any) -> dict[str, Any]:
    import msgspec

    try:
        decoded = msgspec.json.decode(value) if isinstance(value, str | bytes) else value
    except msgspec.MsgspecError as error:
        raise InvalidValue(f"valid JSON ({error})") from None
    if not isinstance(decoded, dict):
        raise InvalidValue("a JSON object")
    return decoded


def _source(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise InvalidValue("a file: bytes, a path, base64 text, a data url or an http(s) url")
    return value


def _plain(value: Any) -> Any:
    """Return a NumPy or Arrow scalar as the Python value it holds."""
    for unwrap in ("item", "as_py"):
        if hasattr(value, unwrap):
            return getattr(value, unwrap)()
    return value


CHECKS: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "json": _json,
    "image": _source,
    "audio": _source,
    "file": _source,
    "path": _text,
    "folder": _text,
}
"""The check of each kind of field, by the kind's name."""
