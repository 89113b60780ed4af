"""Documents in several files as one."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urldefrag

from .document import Document

__all__ = ["bundle"]

_FILES = "x-files"


def bundle(document: Document) -> Mapping[str, Any]:
    """Return the data of `document` with what other files hold in it, under ``x-files``."""
    files = document.read_files()
    if not files:
        return document.root
    root: dict[str, Any] = _inward(document.root, files)
    return {**root, _FILES: {name: _inward(data, files) for name, data in files.items()}}


def _inward(node: Any, files: Mapping[str, Any]) -> Any:
    """Return data whose references to `files` lead to where they are in the bundle."""
    if isinstance(node, list):
        return [_inward(item, files) for item in node]
    if not isinstance(node, Mapping):
        return node
    changed = {key: _inward(value, files) for key, value in node.items()}
    reference = node.get("$ref")
    if isinstance(reference, str):
        file, pointer = urldefrag(reference)
        if file in files:
            escaped = quote(file.replace("~", "~0").replace("/", "~1"), safe="~")
            changed["$ref"] = f"#/{_FILES}/{escaped}{pointer}"
    return changed
