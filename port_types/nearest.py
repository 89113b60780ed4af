"""The name that somebody who mistyped one may have meant."""

import difflib
from collections.abc import Iterable

__all__ = ["nearest"]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the one of the `known` names that is most like `name`, whatever its case; None if none is like it."""
    by_key = {_key(other): other for other in known}
    found = difflib.get_close_matches(_key(name), by_key, n=1, cutoff=0.6)
    return by_key[found[0]] if found else None


def _key(name: str) -> str:
    return name.casefold().replace("_", "")
