"""Prism, a mock server that checks requests by an OpenAPI document: https://github.com/stoplightio/prism."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["document_parts", "serve"]

PATHS = 60
"""Paths of one part: Prism takes minutes to read the largest documents as a whole."""

SECONDS = 240
"""In which Prism must have read a part."""

OTHERS = {"components", "definitions", "parameters", "paths", "responses", "webhooks"}


def document_parts(root: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield documents of some paths each, with what these refer to; together they have all paths of `root`."""
    alike: dict[str, list[str]] = {}
    for path in root["paths"]:
        # Prism does not tell operations apart by a query or a fragment, so that these stay with their path.
        alike.setdefault(re.split("[?#]", path)[0], []).append(path)
    groups = list(alike.values())
    for start in range(0, len(groups), PATHS):
        paths = {path: root["paths"][path] for group in groups[start : start + PATHS] for path in group}
        yield _with_components({**{key: root[key] for key in root if key not in OTHERS}, "paths": paths}, root)


def _with_components(part: dict[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    schemes = root.get("components", {}).get("securitySchemes")
    part |= {"components": {"securitySchemes": schemes}} if schemes else {}
    found: set[str] = set()
    waiting = set(_references(part["paths"]))
    while waiting := waiting - found:
        reference = waiting.pop()
        found.add(reference)
        *folders, name = [key.replace("~1", "/").replace("~0", "~") for key in reference[2:].split("/")]
        source: Any = root
        target: Any = part
        if folders[0] == "paths":
            continue
        for key in folders:
            source, target = source.get(key, {}), target.setdefault(key, {})
        if name in source:
            target[name] = source[name]
            waiting |= set(_references(source[name]))
    return part


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            yield reference
    for member in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _references(member)


@contextmanager
def serve(command: str, document: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """Serve a document, and give the address.

    Args:
        command: path of `prism`.
        document: what is served.
        folder: for the document and what Prism says.
    """
    file, log = folder / "document.json", folder / "prism.log"
    file.write_text(json.dumps(document), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("w") as said:
        server = subprocess.Popen([command, "mock", "-p", str(port), str(file)], stdout=said, stderr=said)
        try:
            until = time.monotonic() + SECONDS
            while "listening" not in log.read_text():
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < until, "Prism has not read the document"
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()
