"""Writes the example workflows for Orange: as the canvas saves them, after it has opened and run them.

Run it with an interpreter that has Orange: .venv-orange/bin/python examples/write_workflows.py
"""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QApplication
from Orange.canvas.config import Config
from Orange.widgets.utils.filedialogs import RecentPath
from orangecanvas import config
from orangecanvas.registry import WidgetRegistry
from orangecanvas.scheme import SchemeLink, SchemeNode
from orangecanvas.scheme.annotations import SchemeTextAnnotation
from PIL import Image

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "extension" / "hosts" / "orange" / "workflows"
IMAGES = "orangecontrib.imageanalytics.widgets."
NODES = "endpoint_nodes.extension.hosts.orange."
FILE, TABLE = "Orange.widgets.data.owfile.OWFile", "Orange.widgets.data.owtable.OWTable"
IMPORT, VIEWER = f"{IMAGES}owimageimport.OWImportImages", f"{IMAGES}owimageviewer.OWImageViewer"
SANDBOX_NOTE = (
    "Everything goes to the sandbox: no network, no key, and answers that only show\n"
    "their form. To send to a service, open Endpoint Configuration and enter its Base URL."
)
SMALL = {"size": "256x256"}
PHOTOS = ("headphones.png", "plant.jpg", "chair.png", "mug.png")
IDLE_POLLS, POLL_MS = 20, 50


class Workflow:
    """A workflow in the making.

    Args:
        title: its title.
        about: what it shows, for its note and description.
        registry: the widgets there are.
    """

    def __init__(self, title: str, about: str, registry: WidgetRegistry) -> None:
        self._registry = registry
        self.scheme = config.default.workflow_constructor()
        self.scheme.title, self.scheme.description = title, about
        note = SchemeTextAnnotation((20, 400, 640, 100), f"{about}\n{SANDBOX_NOTE}", "text/plain", {"size": 14})
        self.scheme.add_annotation(note)

    def node(self, name: str, title: str, x: int, y: int, **properties: Any) -> SchemeNode:
        """Add and return a node."""
        node = SchemeNode(self._registry.widget(name), title=title, position=(x, y), properties=properties)
        self.scheme.add_node(node)
        return node

    def operation(self, name: str, title: str, x: int, y: int, **values: Any) -> SchemeNode:
        """Add and return the node of an operation, with `values` by field."""
        flags = [field for field in values if field not in ("prompt", "input", "answer_columns")]
        return self.node(f"{NODES}widgets.{name}", title, x, y, values=values, enabled=flags, run_automatically=True)

    def sandbox(self, **values: Any) -> SchemeNode:
        """Add and return an Endpoint Configuration that leads to the sandbox, with `values` by field."""
        name = f"{NODES}configuration_widget.EndpointConfiguration"
        return self.node(name, "Endpoint Configuration", 60, 270, base_url="sandbox:", values=values)

    def link(self, source: SchemeNode, output: str, sink: SchemeNode, name: str) -> None:
        """Link an output to an input."""
        self.scheme.add_link(SchemeLink(source, source.output_channel(output), sink, sink.input_channel(name)))

    def chain(self, source: SchemeNode, output: str, where: SchemeNode, sink: SchemeNode) -> None:
        """Lead a table and the Configuration of a node before into an operation."""
        self.link(source, output, sink, "Requests")
        self.link(where, "Configuration", sink, "Configuration")


def file(name: str) -> list[RecentPath]:
    """Return what a File or Import Images widget remembers of a file or folder beside the workflow."""
    return [RecentPath(f"/nowhere/{name}", "basedir", name)]


def variations(flow: Workflow) -> None:
    """Lay out the main job: photos are varied, and varied once more."""
    photos = flow.node(IMPORT, "Import Images", 60, 110, recent_paths=file("images"))
    where = flow.sandbox()
    first = flow.operation("CreateImageVariation", "Create Image Variation", 215, 190, n=2, **SMALL)
    second = flow.operation("CreateImageVariation", "Vary once more", 400, 190, n=1, **SMALL)
    flow.chain(photos, "Data", where, first)
    flow.chain(first, "Results", first, second)
    for title, widget, x, y, source in (
        ("Image Viewer", VIEWER, 400, 60, first),
        ("Data Table", TABLE, 400, 320, first),
        ("Second variations", VIEWER, 560, 120, second),
        ("Second table", TABLE, 560, 270, second),
    ):
        flow.link(source, "Results", flow.node(widget, title, x, y), "Data")


def typed_answers(flow: Workflow) -> None:
    """Lay out a question about each row of a sheet, whose answers are columns that can be charted."""
    sheet = flow.node(FILE, "File", 60, 110, recent_paths=file("products.csv"))
    where = flow.sandbox()
    columns = {"category": "text", "weight_kg": "number", "gift": "boolean"}
    prompt = "What category is {name}, how heavy is it in kg, and is it a good gift?"
    chat = flow.operation(
        "CreateChatCompletion",
        "Create Chat Completion",
        215,
        190,
        prompt=prompt,
        model="gpt-5.2",
        answer_columns=columns,
    )
    flow.chain(sheet, "Data", where, chat)
    flow.link(chat, "Results", flow.node(TABLE, "Data Table", 400, 110), "Data")
    chart = "Orange.widgets.visualize.owdistributions.OWDistributions"
    flow.link(chat, "Results", flow.node(chart, "Distributions", 400, 270), "Data")


def text_map(flow: Workflow) -> None:
    """Lay out texts that become vectors, and a map on which similar ones are neighbours."""
    texts = flow.node(FILE, "File", 60, 110, recent_paths=file("texts.csv"))
    where = flow.sandbox()
    vectors = flow.operation(
        "CreateEmbeddings", "Create Embeddings", 215, 190, input="{text}", model="text-embedding-3-small", dimensions=64
    )
    flow.chain(texts, "Data", where, vectors)
    tsne = flow.node("Orange.widgets.unsupervised.owtsne.OWtSNE", "t-SNE", 400, 110)
    flow.link(vectors, "Results", tsne, "Data")
    flow.link(tsne, "Selected Data", flow.node(TABLE, "Selected texts", 560, 110), "Data")
    flow.link(vectors, "Results", flow.node(TABLE, "Data Table", 400, 270), "Data")


def speech(flow: Workflow) -> None:
    """Lay out texts that are read aloud, and recordings that are written down."""
    comments = flow.node(FILE, "File", 60, 110, recent_paths=file("comments.csv"))
    where = flow.sandbox()
    spoken = flow.operation(
        "CreateSpeech", "Create Speech", 215, 190, input="{comment}", voice="alloy", model="gpt-4o-mini-tts"
    )
    written = flow.operation("CreateTranscription", "Create Transcription", 400, 190, model="gpt-4o-transcribe")
    flow.chain(comments, "Data", where, spoken)
    flow.chain(spoken, "Results", spoken, written)
    flow.link(spoken, "Results", flow.node(f"{NODES}audio_player.AudioPlayer", "Audio Player", 400, 60), "Data")
    flow.link(written, "Results", flow.node(TABLE, "Data Table", 560, 190), "Data")


def moderation(flow: Workflow) -> None:
    """Lay out comments that are judged, and a chart of their scores."""
    comments = flow.node(FILE, "File", 60, 110, recent_paths=file("comments.csv"))
    where = flow.sandbox()
    judged = flow.operation("CreateModeration", "Create Moderation", 215, 190, input="{comment}")
    flow.chain(comments, "Data", where, judged)
    flow.link(judged, "Results", flow.node(TABLE, "Data Table", 400, 110), "Data")
    scatter = "Orange.widgets.visualize.owscatterplot.OWScatterPlot"
    flow.link(judged, "Results", flow.node(scatter, "Scatter Plot", 400, 270), "Data")


def batch(flow: Workflow) -> None:
    """Lay out a question about each row of a sheet, sent in a batch for half the price."""
    sheet = flow.node(FILE, "File", 60, 110, recent_paths=file("texts.csv"))
    where = flow.sandbox(delivery="batch")
    chat = flow.operation(
        "CreateChatCompletion", "Create Chat Completion", 215, 190, prompt="Is this praise? {text}", model="gpt-5.2"
    )
    flow.chain(sheet, "Data", where, chat)
    flow.link(chat, "Results", flow.node(TABLE, "Data Table", 400, 190), "Data")


EXAMPLES: dict[str, tuple[str, str, Callable[[Workflow], None]]] = {
    "product-variations": (
        "Variations of product photos",
        "Each photo is varied twice, and each variation once more.",
        variations,
    ),
    "typed-answers": (
        "Typed answers about the rows of a sheet",
        "A prompt names a column, {name}; Answer columns make columns of the answers.",
        typed_answers,
    ),
    "text-map": ("A map of texts", "Texts become vectors; on the map, similar ones are neighbours.", text_map),
    "speech-and-back": (
        "Texts read aloud, recordings written down",
        "Comments are read aloud. Listen to them in Audio Player; their text is written down again.",
        speech,
    ),
    "batch": (
        "Half the price: a batch",
        "Delivery, in Endpoint Configuration, sends all rows in one batch, which is done within a day.",
        batch,
    ),
    "moderation": ("Comments to look at", "Each comment gets scores, which can be sorted and plotted.", moderation),
}


def write(path: Path, name: str, registry: WidgetRegistry) -> None:
    """Write an example to `path`; it finds its files beside it.

    The widgets are made and the workflow runs before it is saved: that is when Orange's widgets choose what to show.
    """
    title, about, lay_out = EXAMPLES[name]
    flow = Workflow(title, about, registry)
    scheme = flow.scheme
    scheme.set_runtime_env("basedir", str(path.parent.absolute()))
    lay_out(flow)
    sources = {node: dict(node.properties) for node in scheme.nodes if "recent_paths" in node.properties}
    for node in scheme.nodes:
        scheme.widget_for_node(node)
    _wait_until_idle(scheme)
    scheme.sync_node_properties()
    for node, properties in sources.items():
        # Where the files are on this computer is nobody's business.
        node.properties = {**node.properties, "recent_paths": properties["recent_paths"]}
    with path.open("wb") as out:
        scheme.save_to(out, pretty=True, pickle_fallback=True)
    scheme.clear()


def _wait_until_idle(scheme: Any) -> None:
    manager, quiet = scheme.signal_manager, 0
    while quiet < IDLE_POLLS:
        QTest.qWait(POLL_MS)
        lists = (manager.pending_nodes, manager.active_nodes, manager.blocking_nodes, manager.invalidated_nodes)
        quiet = 0 if any(nodes() for nodes in lists) else quiet + 1


def main() -> None:
    """Write all examples, and the photos that those in the package read."""
    home = tempfile.mkdtemp(prefix="write-workflows-")
    for kind in ("DATA", "CONFIG", "CACHE", "STATE"):
        os.environ[f"XDG_{kind}_HOME"] = f"{home}/{kind.lower()}"
    logging.disable(logging.WARNING)  # the canvas tells of each widget whose settings it has to pickle
    app = QApplication(["orange"])
    config.set_default(Config())
    config.init()
    registry = WidgetRegistry()
    config.default.widget_discovery(registry).run(config.default.widgets_entry_points())
    for name in PHOTOS:
        with Image.open(HERE / "images" / name) as photo:
            small = photo.convert("RGB").resize((256, 256))
            small.save(PACKAGE / "images" / f"{Path(name).stem}.jpg", quality=85)
    shutil.copy(HERE / "products.csv", PACKAGE / "products.csv")
    write(HERE / "product-variations.ows", "product-variations", registry)
    for name in EXAMPLES:
        write(PACKAGE / f"{name}.ows", name, registry)
    app.processEvents()
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
