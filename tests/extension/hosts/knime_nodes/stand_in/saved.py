"""Workflows as KNIME reads them from an archive: nodes with their settings as JSON, connections, the data area."""

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

XML = "{http://www.knime.org/2008/09/XMLConfig}"
INTERNAL = "_Internals"
TYPES: dict[str, Callable[[str], Any]] = {
    "xstring": str,
    "xint": int,
    "xdouble": float,
    "xboolean": lambda text: text == "true",
}


@dataclass
class SavedNode:
    """A node of a saved workflow.

    Attributes:
        id: id of the node in the extension, "" for one of KNIME's own.
        factory: its Java class.
        settings: its settings as JSON.
        version: version of the extension that saved them.
        ports: its optional ports that are there, by name.
    """

    id: str
    factory: str
    settings: dict[str, Any]
    version: str
    ports: dict[str, Any]


@dataclass
class SavedWorkflow:
    """A saved workflow: its nodes by number, and from which (number, port) each (number, port) takes its input."""

    nodes: dict[int, SavedNode]
    sources: dict[tuple[int, int], tuple[int, int]]


def read(path: Path, folder: Path) -> SavedWorkflow:
    """Unpack the archive at `path` into `folder` and return what KNIME would load."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    root = folder / path.stem
    outline = parse(root / "workflow.knime")
    nodes = {placed["id"]: saved_node(root / placed["node_settings_file"]) for placed in outline["nodes"].values()}
    wires = outline["connections"].values()
    return SavedWorkflow(
        nodes, {(wire["destID"], wire["destPort"]): (wire["sourceID"], wire["sourcePort"]) for wire in wires}
    )


def saved_node(path: Path) -> SavedNode:
    saved = parse(path)
    model = saved["model"]
    version = model.pop(f"extension_version{INTERNAL}", "")
    ports = {name: port for name, port in saved.get("node_creation_config", {}).items() if port}
    return SavedNode(saved["factory_settings"].get("node_id", ""), saved["factory"], as_json(model), version, ports)


def parse(path: Path) -> dict[str, Any]:
    return entries(ET.parse(path).getroot())  # noqa: S314 - the files are our own


def entries(config: ET.Element) -> dict[str, Any]:
    """Return the entries of a config by name, with the types of KNIME."""
    found: dict[str, Any] = {}
    for child in config:
        value: Any = None
        if child.tag == f"{XML}config":
            value = entries(child)
        elif child.get("isnull") != "true":
            text = re.sub(r"%%(\d{5})", lambda code: chr(int(code[1])), child.get("value", ""))
            value = TYPES[child.get("type", "")](text)
        found[child.get("key", "")] = value
    return found


def as_json(config: Any) -> Any:
    """Return the settings of a node in Python as JSON, by the rules of `JsonNodeSettingsMapperUtil`."""
    if not isinstance(config, dict):
        return config
    if config.get(f"null{INTERNAL}"):
        return None
    typed = config.get(f"json-type{INTERNAL}", "")
    members = {name: as_json(value) for name, value in config.items() if not name.endswith(INTERNAL)}
    size = members.pop("array-size", None)
    is_list = (
        size is not None or typed.endswith("ARRAY") or (not typed and list(members) == [*map(str, range(len(members)))])
    )
    return list(members.values()) if is_list else members
