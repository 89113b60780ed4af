"""Where the nodes are found in KNIME, and their icons."""

import os
from pathlib import Path
from typing import Any

import knime.extension as knext

__all__ = ["CATEGORY", "icon_of", "pack_category"]

ROOT = Path(__file__).resolve().parents[3]
"""The folder of knime.yml, which KNIME's paths are relative to."""
ICONS = Path(__file__).resolve().parent / "icons"


def icon_of(node_id: str, own: str = "") -> str:
    """Return the path of a node's icon: its own, ours, or the one that nodes of other packs share."""
    icon = Path(own) if own else ICONS / f"{node_id}.png"
    # A pack lies beside the extension, not in it.
    return Path(os.path.relpath(icon if icon.is_file() else ICONS / "node.png", ROOT)).as_posix()


CATEGORY = knext.category(
    "/community",
    "endpoint_nodes",
    "Endpoint Nodes",
    "Every operation of an OpenAI-compatible API as a node.",
    icon_of("node"),
)


def pack_category(name: str, title: str) -> Any:
    """Return the category of a pack, within that of all nodes."""
    return knext.category(CATEGORY, name, title, f"Operations of {title}.", icon_of("node"))
