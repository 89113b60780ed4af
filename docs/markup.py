"""Markdown of the derived pages."""

from collections.abc import Iterable

__all__ = ["joined", "table"]

NOTE = "<!-- Written by docs/generate.py from the declarations; change those, then run `make docs`. -->\n"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def joined(title: str, *parts: str) -> str:
    """Return a page."""
    return "\n\n".join([title, NOTE.strip(), *filter(None, parts)]) + "\n"
