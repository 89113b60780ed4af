"""Takes a picture of each widget of Orange, unfolded, for the help pages and to be looked at.

Run it with Orange's interpreter: .venv-orange/bin/python docs/orange_widgets.py

--out FOLDER   takes all of them at 420 and 900 pixels, light and dark, to be looked at; without it, the pictures of the
               help pages are taken
"""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QApplication, QToolButton, QWidget
from orangecanvas.styles import breeze_dark, breeze_light

HELP = Path(__file__).parent.parent / "extension" / "hosts" / "orange" / "pictures"
HELP_WIDTH, WIDTHS = 640, (420, 900)
TALLEST = 4000
PALETTES = {"light": breeze_light, "dark": breeze_dark}


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="orange-widgets-") as home:
        for kind in ("DATA", "CONFIG", "CACHE", "STATE"):
            os.environ[f"XDG_{kind}_HOME"] = f"{home}/{kind.lower()}"
        app = QApplication(["orange"])
        app.setStyle("Fusion")
        sizes = [(HELP_WIDTH, "light")] if options.out is None else [(w, p) for p in PALETTES for w in WIDTHS]
        folder = options.out or HELP
        folder.mkdir(parents=True, exist_ok=True)
        for width, palette in sizes:
            app.setPalette(PALETTES[palette]())
            for name, widget in _widgets().items():
                suffix = "" if options.out is None else f"-{width}-{palette}"
                _take(widget, width, folder / f"{name}{suffix}.png", unfold=options.out is not None)


def _widgets() -> dict[str, Any]:
    """Return a widget of each kind by the name of its help page, with a table and a Configuration to show."""
    from Orange.data import Domain, StringVariable, Table

    from endpoint_nodes.extension.hosts.orange.widgets import OPERATIONS, AudioPlayer, EndpointConfiguration
    from endpoint_nodes.port_types.configuration import Configuration

    image, audio = StringVariable("photo"), StringVariable("recording")
    image.attributes, audio.attributes = {"type": "image"}, {"type": "audio"}
    domain = Domain([], None, [StringVariable("text"), image, audio])
    rows = [[f"Two plums, number {number}", f"{number}.png", f"{number}.wav"] for number in range(1, 4)]
    table = Table.from_list(domain, rows)
    made: dict[str, Any] = {"endpoint_configuration": EndpointConfiguration(), "audio_player": AudioPlayer()}
    made["audio_player"].set_data(table)
    for operation in OPERATIONS:
        widget = made[operation.node.id()] = operation()
        widget.set_configuration(Configuration(base_url="sandbox:"))
        widget.set_requests(table)
        widget.handleNewSignals()
        widget.forecast()
    return made


def _take(widget: Any, width: int, path: Path, *, unfold: bool) -> None:
    for button in widget.findChildren(QToolButton):
        if button.text() == "More":
            button.setChecked(unfold)
    widget.show()
    widget.resize(width, 500)
    QTest.qWait(50)
    if content := _content(widget):
        widget.resize(
            width, min(TALLEST, widget.height() + content.sizeHint().height() - content.parent().height() + 10)
        )
    QTest.qWait(50)
    if not widget.grab().save(str(path)):
        raise OSError(f"{path} could not be written")
    widget.hide()
    widget.onDeleteWidget()


def _content(widget: Any) -> QWidget | None:
    """Return what scrolls in a dialog."""
    from endpoint_nodes.extension.hosts.orange.dialog import Fields

    areas = widget.findChildren(Fields)
    return areas[0].widget() if areas else None


if __name__ == "__main__":
    main()
