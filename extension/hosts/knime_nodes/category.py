"""Where the nodes are found in KNIME, and their icons."""

from pathlib import Path
from typing import Any

import knime.extension as knext

__all__ = ["CATEGORY", "icon_of", "pack_category"]

ROOT = Path(__file__).resolve().parents[3]
"""The folder of knime.yml, which KNIME's paths are relative to."""
ICONS = Path(__file__).resolve().parent / "icons"


def icon_of(node_id: str) -> str:
    """Return the path of a node's icon; nodes of other packs share one."""
    icon = ICONS / f"{node_id}.png"
    return str((icon if icon.is_file() else ICONS / "node.png").relative_to(ROOT).as_posix())


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
