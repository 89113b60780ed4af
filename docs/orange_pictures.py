"""Takes the pictures of docs/orange.md: the real canvas opens the example workflow and is photographed when it is idle.

Run it with Orange's interpreter, on a screen or a virtual one:
xvfb-run -a -s "-screen 0 1600x1000x24" .venv-orange/bin/python docs/orange_pictures.py

--out FOLDER    where the pictures go; docs/images/orange where nothing is said
--tables        saves the result tables there, too
--palette NAME  Orange's colours, such as breeze-dark
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SETTINGS = """[startup]
show-splash-screen=false
show-welcome-screen=false
check-updates=false
[notifications]
check-notifications=false
[reporting]
send-statistics=false
[application-style]
style-name=Fusion
palette={palette}
"""
SIZES = {
    "Endpoint Configuration": (560, 420),
    "Create Image Variation": (640, 640),
    "Image Viewer": (900, 620),
    "Data Table": (1100, 560),
}
"""Widgets to photograph, and the size of their windows."""
SETTLED = 15
"""Idle polls, a tenth of a second each, before and after the windows are shown."""


def main() -> int:
    """Open the example in the canvas, take the pictures, and close it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=HERE / "images" / "orange")
    parser.add_argument("--workflow", type=Path, default=HERE.parent / "examples" / "product-variations.ows")
    parser.add_argument("--tables", action="store_true")
    parser.add_argument("--palette", default="")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="orange-pictures-") as home:
        for kind in ("DATA", "CONFIG", "CACHE"):
            os.environ[f"XDG_{kind}_HOME"] = f"{home}/{kind.lower()}"
        settings = Path(home, "config", "biolab.si", "Orange.ini")
        settings.parent.mkdir(parents=True)
        settings.write_text(SETTINGS.format(palette=options.palette), encoding="utf-8")
        return _canvas(options)


def _canvas(options: argparse.Namespace) -> int:
    from Orange.canvas.__main__ import OMain

    class Photographed(OMain):
        def open_files(self, paths: list[str]) -> None:
            super().open_files(paths)
            self.photographer = Photographer(self.window, options)

    canvas: Callable[[list[str]], int] = Photographed().run
    return canvas([sys.argv[0], "--no-splash", "--no-welcome", str(options.workflow.absolute())])


class Photographer:
    """Waits until a workflow is idle, shows its widgets, waits again, takes the pictures and closes the canvas."""

    def __init__(self, window: Any, options: argparse.Namespace) -> None:
        from AnyQt.QtCore import QTimer

        self.window, self.options, self.quiet = window, options, 0
        self.scheme = window.current_document().scheme()
        self.steps = [self.show_widgets, self.take_pictures, self.close]
        window.resize(960, 780)
        tools = window.widgets_tool_box
        for action in map(tools.tabAction, range(tools.count())):
            action.setChecked(action.text() == "Endpoint Nodes")
        self.timer = QTimer(interval=100)
        self.timer.timeout.connect(self.poll)
        self.timer.start()

    def poll(self) -> None:
        """Take the next step once nothing has been going on for a while."""
        self.quiet = 0 if _busy(self.scheme) else self.quiet + 1
        if self.quiet == SETTLED:
            self.quiet = 0
            self.steps.pop(0)()

    def widgets(self) -> Iterator[tuple[str, Any]]:
        """Yield all widgets with their titles."""
        for node in self.scheme.nodes:
            yield node.title, self.scheme.widget_for_node(node)

    def show_widgets(self) -> None:
        """Open the windows that are to be photographed, without the advice that Orange lays over them."""
        from orangewidget.utils.overlay import MessageOverlayWidget

        self.window.current_document().view().centerOn(320, 250)
        self.window.current_document().scene().clearSelection()
        for title, widget in self.widgets():
            if title in SIZES:
                widget.show()
                widget.resize(*SIZES[title])
                for advice in widget.findChildren(MessageOverlayWidget):
                    advice.close()

    def take_pictures(self) -> None:
        """Photograph the canvas and the windows, and save the tables where that was asked for."""
        out = self.options.out
        _save(self.window.grab(), out / "canvas.png")
        for title, widget in self.widgets():
            if title in SIZES:
                _save(widget.grab(), out / f"{title.lower().replace(' ', '-')}.png")
            if self.options.tables and getattr(widget, "results", None) is not None:
                widget.results.save(str(out / f"{title.replace(' ', '-')}.tab"))

    def close(self) -> None:
        """Close the canvas; a changed workflow would ask whether to save it."""
        from AnyQt.QtWidgets import QApplication

        self.timer.stop()
        self.window.current_document().setModified(False)
        self.window.close()
        QApplication.quit()


def _busy(scheme: Any) -> bool:
    manager = scheme.signal_manager
    lists = (manager.pending_nodes, manager.active_nodes, manager.blocking_nodes, manager.invalidated_nodes)
    return any(load() for load in lists)


def _save(picture: Any, path: Path) -> None:
    if not picture.save(str(path)):
        raise OSError(f"{path} could not be written")


if __name__ == "__main__":
    sys.exit(main())
