"""Writes product-variations.ows, the example workflow for Orange, with Orange's own writer.

Run it with an interpreter that has Orange: .venv-orange/bin/python examples/write_workflow.py
"""

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from AnyQt.QtWidgets import QApplication
from Orange.canvas.config import Config
from orangecanvas import config
from orangecanvas.registry import WidgetRegistry
from orangecanvas.scheme import SchemeLink, SchemeNode
from orangecanvas.scheme.annotations import SchemeTextAnnotation
from orangewidget.utils.filedialogs import RecentPath

IMAGES = "orangecontrib.imageanalytics.widgets."
NODES = "endpoint_nodes.extension.hosts.orange."
TITLE = "Variations of product photos"
NOTE = (
    "Each photo is varied twice, and each variation once more. Everything goes to\n"
    "the sandbox: no network, no key. To send to a service, open Endpoint\n"
    "Configuration and enter its Base URL."
)


def write(path: Path) -> None:
    """Write the workflow to `path`; it finds its images beside the file."""
    config.set_default(Config())
    config.init()
    registry = WidgetRegistry()
    config.default.widget_discovery(registry).run(config.default.widgets_entry_points())
    scheme = config.default.workflow_constructor()
    scheme.title, scheme.description = TITLE, NOTE

    def node(name: str, title: str, position: tuple[int, int], **properties: Any) -> SchemeNode:
        made = SchemeNode(registry.widget(name), title=title, position=position, properties=properties)
        scheme.add_node(made)
        return made

    def link(source: SchemeNode, output: str, sink: SchemeNode, name: str) -> None:
        scheme.add_link(SchemeLink(source, source.output_channel(output), sink, sink.input_channel(name)))

    folder = [RecentPath("/nowhere/images", "basedir", "images")]
    photos = node(f"{IMAGES}owimageimport.OWImportImages", "Import Images", (60, 110), recent_paths=folder)
    where = node(
        f"{NODES}configuration_widget.EndpointConfiguration", "Endpoint Configuration", (60, 270), base_url="sandbox:"
    )
    small = {"size": "256x256", "fit": "pad"}
    first, second = (
        node(
            f"{NODES}widgets.CreateImageVariation",
            title,
            position,
            values={"n": n, **small},
            enabled=["n", "size"],
            run_automatically=True,
        )
        for title, position, n in (
            ("Create Image Variation", (215, 190), 2),
            ("Vary once more", (400, 190), 1),
        )
    )
    link(photos, "Data", first, "Requests")
    link(where, "Configuration", first, "Configuration")
    link(first, "Results", second, "Requests")
    link(first, "Configuration", second, "Configuration")
    for title, widget, x, y, source in (
        ("Image Viewer", f"{IMAGES}owimageviewer.OWImageViewer", 400, 60, first),
        ("Data Table", "Orange.widgets.data.owtable.OWTable", 400, 320, first),
        ("Second variations", f"{IMAGES}owimageviewer.OWImageViewer", 560, 120, second),
        ("Second table", "Orange.widgets.data.owtable.OWTable", 560, 270, second),
    ):
        link(source, "Results", node(widget, title, (x, y)), "Data")
    scheme.add_annotation(SchemeTextAnnotation((20, 400, 620, 80), NOTE, "text/plain", {"size": 14}))
    with path.open("wb") as file:
        scheme.save_to(file, pretty=True, pickle_fallback=True)


if __name__ == "__main__":
    app = QApplication(["orange"])
    write(Path(__file__).with_name("product-variations.ows"))
