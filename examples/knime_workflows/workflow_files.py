"""KNIME workflows as files: the XML of knime-core, the settings of nodes written in Python as knime-core-ui has them.

Sources: `NodeSettings` and `FileWorkflowPersistor` of github.com/knime/knime-core, `JsonNodeSettingsMapperUtil` of
github.com/knime/knime-core-ui, `ExtensionNodeSetFactory` of github.com/knime/knime-python.
"""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

__all__ = ["TABLE_CLASS", "TABLE_CREATOR", "Config", "Node", "Workflow", "table_settings"]

NAMESPACE = "http://www.knime.org/2008/09/XMLConfig"
ET.register_namespace("", NAMESPACE)

PYTHON_FACTORY = "org.knime.python3.nodes.extension.ExtensionNodeSetFactory$DynamicExtensionNodeFactory"
TABLE_CREATOR = "org.knime.base.node.io.tablecreator.TableCreator2NodeFactory"
TABLE_CLASS = "org.knime.core.node.BufferedDataTable"
LOAD_VERSION = "5.1.0"
"""Of the format; KNIME 5.1 and later read it."""
WRITTEN = (2026, 1, 1, 0, 0, 0)
"""Time of every file in the archive, so that the same workflow is the same archive."""


@dataclass(frozen=True)
class Node:
    """A node of a workflow.

    Attributes:
        name: what it is called in KNIME.
        settings: its settings, as entries (`Config`).
        at: its place on the canvas in pixels, from the left and from the top.
        extension: id of the extension and of the node, for nodes written in Python.
        factory: the Java class, for others.
        optional_ports: those that are there, by name, with the class of what they take; "" for none.
        comment: what stands below it.
    """

    name: str
    settings: "Config"
    at: tuple[int, int]
    extension: tuple[str, str] | None = None
    factory: str = PYTHON_FACTORY
    optional_ports: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""


Config = Mapping[str, Any]
"""Entries by name: text, bool, int, float, None for a missing text, list for an array, and configs within."""


@dataclass(frozen=True)
class Workflow:
    """A workflow.

    Attributes:
        name: name of the archive and of the folder in it.
        note: what stands above the nodes.
        nodes: the nodes; their numbers start at 1.
        connections: from (number, port) to (number, port); port 0 is for flow variables.
        data: files of its data area, by name.
    """

    name: str
    note: str
    nodes: Sequence[Node]
    connections: Sequence[tuple[tuple[int, int], tuple[int, int]]]
    data: Mapping[str, bytes] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write the workflow as an archive that KNIME imports, and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.knwf"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in self._files():
                entry = zipfile.ZipInfo(f"{self.name}/{name}", WRITTEN)
                archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
        return path

    def _files(self) -> Iterator[tuple[str, bytes]]:
        yield "workflow.knime", _xml("workflow.knime", self._outline())
        for number, node in enumerate(self.nodes, 1):
            yield f"{_folder(node, number)}/settings.xml", _xml("settings.xml", _node_settings(node))
        for name, content in self.data.items():
            yield f"data/{name}", content

    def _outline(self) -> Config:
        return {
            "created_by": "5.8.0",
            "created_by_nightly": False,
            "version": LOAD_VERSION,
            "name": None,
            "authorInformation": {
                "authored-by": "Endpoint Nodes",
                "authored-when": "2026-01-01 00:00:00 +0000",
                "lastEdited-by": None,
                "lastEdited-when": None,
            },
            "customDescription": None,
            "state": "IDLE",
            "workflow_credentials": {},
            "annotations": {"annotation_0": _annotation(self.note)},
            "nodes": {f"node_{number}": _placed(node, number) for number, node in enumerate(self.nodes, 1)},
            "connections": {
                f"connection_{number}": {
                    "sourceID": source,
                    "destID": target,
                    "sourcePort": out,
                    "destPort": into,
                }
                for number, ((source, out), (target, into)) in enumerate(self.connections)
            },
        }


def table_settings(columns: Mapping[str, Sequence[str]]) -> Config:
    """Return the settings of KNIME's Table Creator for columns of text."""
    cells = [(row, at, text) for at, texts in enumerate(columns.values()) for row, text in enumerate(texts)]
    kind = {"cell_class": "org.knime.core.data.def.StringCell", "is_null": False}
    column = {"UserSetValues": False, "MissValuePattern": "", "FormatParameter": None, "ReadPossValsFromFile": False}
    return {
        "rowIndices": [row for row, _, _ in cells],
        "columnIndices": [at for _, at, _ in cells],
        "values": [text for _, _, text in cells],
        "rowIdPrefix": "Row",
        "rowIdSuffix": "",
        "rowIdStartValue": 0,
        "highlightOutputTable": False,
        "columnProperties": {
            str(at): {**column, "SkipThisColumn": False, "ColumnName": name, "ColumnClass": kind}
            for at, name in enumerate(columns)
        },
    }


def _folder(node: Node, number: int) -> str:
    return f"{node.name} (#{number})"


def _placed(node: Node, number: int) -> Config:
    return {
        "id": number,
        "node_settings_file": f"{_folder(node, number)}/settings.xml",
        "node_is_meta": False,
        "node_type": "NativeNode",
        "ui_classname": "org.knime.core.node.workflow.NodeUIInformation",
        "ui_settings": {"extrainfo.node.bounds": [*node.at, -1, -1]},
    }


def _annotation(text: str) -> Config:
    return {
        "text": text,
        "contentType": "text/plain",
        "bgcolor": 16777215,
        "x-coordinate": 60,
        "y-coordinate": 20,
        "width": 900,
        "height": 90,
        "alignment": "LEFT",
        "borderSize": 5,
        "borderColor": 16766976,
        "defFontSize": 12,
        "annotation-version": 20230412,
        "styles": {},
    }


def _node_settings(node: Node) -> Config:
    id_settings = dict(zip(("extension_id", "node_id"), node.extension or (), strict=False))
    ports = {name: {"port_0": {"object_class": kind}} if kind else {} for name, kind in node.optional_ports.items()}
    comment = {**_annotation(node.comment), "alignment": "CENTER", "borderSize": 0}
    return {
        "node_file": "settings.xml",
        "flow_stack": {},
        "internal_node_subsettings": {"memory_policy": "CacheSmallInMemory"},
        "model": node.settings,
        **({"nodeAnnotation": comment} if node.comment else {}),
        "customDescription": None,
        "state": "IDLE",
        "factory": node.factory,
        "node-name": node.name,
        "node-bundle-name": None,
        "node-bundle-symbolic-name": None,
        "node-bundle-vendor": None,
        "node-bundle-version": "0.0.0",
        "factory_settings": id_settings,
        **({"node_creation_config": ports} if ports else {}),
        "name": node.name,
        "hasContent": False,
        "isInactive": False,
        "ports": {},
        "filestores": {"file_store_location": None, "file_store_id": None},
    }


def _xml(key: str, entries: Config) -> bytes:
    root = ET.Element(f"{{{NAMESPACE}}}config", {"key": key})
    _add(root, entries)
    ET.indent(root, "    ")
    return bytes(ET.tostring(root, "utf-8", xml_declaration=True))


def _add(parent: ET.Element, entries: Config) -> None:
    for key, value in entries.items():
        if isinstance(value, Mapping):
            _add(ET.SubElement(parent, f"{{{NAMESPACE}}}config", {"key": key}), value)
        elif isinstance(value, list):
            array = {"array-size": len(value), **{str(at): item for at, item in enumerate(value)}}
            _add(ET.SubElement(parent, f"{{{NAMESPACE}}}config", {"key": key}), array)
        else:
            ET.SubElement(parent, f"{{{NAMESPACE}}}entry", {"key": key, **_typed(value)})


def _typed(value: Any) -> dict[str, str]:
    if value is None:
        return {"type": "xstring", "isnull": "true", "value": ""}
    if isinstance(value, bool):
        return {"type": "xboolean", "value": str(value).lower()}
    if isinstance(value, int):
        return {"type": "xint", "value": str(value)}
    if isinstance(value, float):
        return {"type": "xdouble", "value": repr(value)}
    # Characters that XML's attributes do not keep are written as KNIME writes them: %% and five digits.
    text = "".join(f"%%{ord(letter):05d}" if letter < " " or letter == "%" else letter for letter in value)
    return {"type": "xstring", "value": text}
