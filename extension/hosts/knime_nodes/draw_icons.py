"""Draws the icons: ``python -m endpoint_nodes.extension.hosts.knime_nodes.draw_icons``.

One base shape for all; the colour comes from a node's id, the glyph from what its result and its input hold. So a new
node has an icon of its own without anyone drawing one.
"""

import colorsys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ....nodes import node_classes
from ....nodes.base import ColumnKind, Node
from ....port_types.fields import FieldKind, Mode

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

__all__ = ["SIZES", "draw", "glyph_of", "icons"]

SIZES = {"": 16, "@2x": 32}
"""Edge in pixels by the suffix of the file's name."""
ICONS = Path(__file__).resolve().parent / "icons"
OVERSAMPLING = 8
UNITS = 16
WHITE = (255, 255, 255, 255)


def icons() -> Iterator[tuple[str, "Image.Image"]]:
    """Yield the file name and the picture of every icon."""
    glyphs = {"node": "nodes", "endpoint_configuration": "plug"}
    glyphs |= {node.id(): glyph_of(node) for node in node_classes().values()}
    for name, glyph in glyphs.items():
        for suffix, size in SIZES.items():
            yield f"{name}{suffix}.png", draw(name, glyph, size)


def glyph_of(node: type[Node]) -> str:
    """Return the glyph for what a node does."""
    kinds = {column.kind for column in node().result_columns()}
    given = {field.kind for field in node.fields().values() if field.sent}
    needed = {field.kind for field in node.fields().values() if field.mode is Mode.REQUIRED}
    if ColumnKind.IMAGE in kinds:
        return "picture" if FieldKind.IMAGE not in given else "pencil" if FieldKind.TEXT in needed else "pictures"
    if ColumnKind.AUDIO in kinds or FieldKind.AUDIO in given:
        return "sound" if ColumnKind.AUDIO in kinds else "words"
    if ColumnKind.FILE in kinds or FieldKind.FILE in given:
        return "saved_file" if ColumnKind.FILE in kinds else "file"
    if ColumnKind.VECTOR in kinds:
        return "vector"
    return "list" if node.routes[0].method == "GET" else "text"


def draw(name: str, glyph: str, size: int) -> "Image.Image":
    """Return the icon of the node `name` with `glyph`, `size` pixels wide and high."""
    from PIL import Image, ImageDraw

    edge = size * OVERSAMPLING
    picture = Image.new("RGBA", (edge, edge))
    pen = _Pen(ImageDraw.Draw(picture), edge / UNITS)
    hue = zlib.crc32(name.encode()) % 360 / 360
    red, green, blue = (round(255 * part) for part in colorsys.hls_to_rgb(hue, 0.4, 0.6))
    pen.box(0, 0, 16, 16, (red, green, blue, 255), radius=3.5)
    getattr(pen, f"draw_{glyph}")((red, green, blue, 255))
    return picture.resize((size, size), Image.Resampling.BOX)


Colour = tuple[int, int, int, int]


class _Pen:
    """Draws in sixteenths of the icon's edge."""

    def __init__(self, drawing: "ImageDraw.ImageDraw", unit: float) -> None:
        self._drawing, self._unit = drawing, unit

    def box(  # noqa: PLR0917 - the numbers of a drawing read best in a row
        self, left: float, top: float, right: float, bottom: float, colour: Colour = WHITE, radius: float = 0.0
    ) -> None:
        corners = [edge * self._unit for edge in (left, top)] + [edge * self._unit - 1 for edge in (right, bottom)]
        self._drawing.rounded_rectangle(corners, radius * self._unit, colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour = WHITE) -> None:
        self.box(x - radius, y - radius, x + radius, y + radius, colour, radius)

    def line(self, *points: tuple[float, float], colour: Colour = WHITE, width: float = 1.2) -> None:
        scaled = [(x * self._unit, y * self._unit) for x, y in points]
        self._drawing.line(scaled, colour, round(width * self._unit), joint="curve")

    def area(self, *points: tuple[float, float], colour: Colour = WHITE) -> None:
        self._drawing.polygon([(x * self._unit, y * self._unit) for x, y in points], colour)

    def draw_nodes(self, _: Colour) -> None:
        self.line((4, 8), (12, 4.5))
        self.line((4, 8), (12, 11.5))
        for x, y in ((4, 8), (12, 4.5), (12, 11.5)):
            self.disc(x, y, 2)

    def draw_plug(self, _: Colour) -> None:
        self.line((2.5, 8), (13.5, 8), width=1.4)
        self.box(5, 5, 11, 11, radius=2)
        self.line((6.5, 2.5), (6.5, 6), width=1.3)
        self.line((9.5, 2.5), (9.5, 6), width=1.3)

    def draw_picture(self, colour: Colour) -> None:
        self._framed(2.5, 3.5, 13.5, 12.5, colour)

    def draw_pictures(self, colour: Colour) -> None:
        self.box(2, 2.5, 10.5, 10, (255, 255, 255, 150), radius=1)
        self.box(4.5, 5, 14.5, 14, colour, radius=1)
        self._framed(5, 5.5, 14, 13.5, colour)

    def _framed(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        width, height = right - left, bottom - top
        self.box(left, top, right, bottom, radius=1)
        self.disc(left + 0.28 * width, top + 0.3 * height, 0.12 * width, colour)
        peaks = ((0.1, 0.88), (0.38, 0.5), (0.55, 0.7), (0.72, 0.42), (0.92, 0.88))
        self.area(*[(left + x * width, top + y * height) for x, y in peaks], colour=colour)

    def draw_sound(self, _: Colour) -> None:
        for x, height in ((3.5, 2), (5.75, 5), (8, 9), (10.25, 6), (12.5, 3)):
            self.box(x - 0.65, 8 - height / 2, x + 0.65, 8 + height / 2, radius=0.6)

    def draw_words(self, _: Colour) -> None:
        for x, height in ((2.8, 3), (4.8, 8), (6.8, 4)):
            self.box(x - 0.6, 8 - height / 2, x + 0.6, 8 + height / 2, radius=0.6)
        for y, right in ((5, 14), (8, 13), (11, 14)):
            self.box(8.8, y - 0.65, right, y + 0.65, radius=0.6)

    def draw_pencil(self, colour: Colour) -> None:
        self.draw_picture(colour)
        self.line((6.5, 14.5), (14.5, 6.5), colour=colour, width=4.2)
        self.line((8.6, 12.4), (14, 7), width=2.2)
        self.area((6.4, 14.6), (7.2, 11.8), (9.2, 13.8))

    def draw_vector(self, _: Colour) -> None:
        for row, radii in enumerate(((1.4, 0.6, 1.1), (0.7, 1.4, 0.6), (1.1, 0.8, 1.4))):
            for column, radius in enumerate(radii):
                self.disc(4 + 4 * column, 4 + 4 * row, radius)

    def draw_list(self, _: Colour) -> None:
        for y in (4.5, 8, 11.5):
            self.disc(3.8, y, 0.9)
            self.box(6, y - 0.7, 13, y + 0.7, radius=0.6)

    def draw_file(self, colour: Colour) -> None:
        self.area((4, 2), (9.5, 2), (12.5, 5), (12.5, 14), (4, 14))
        self.area((9.5, 2), (12.5, 5), (9.5, 5), colour=colour)
        for y in (7.5, 10.5):
            self.box(5.7, y - 0.6, 10.8, y + 0.6, colour)

    def draw_saved_file(self, colour: Colour) -> None:
        self.area((4, 2), (9.5, 2), (12.5, 5), (12.5, 14), (4, 14))
        self.area((9.5, 2), (12.5, 5), (9.5, 5), colour=colour)
        self.line((8.2, 6), (8.2, 11.5), colour=colour, width=1.4)
        self.line((5.8, 9.4), (8.2, 11.8), (10.6, 9.4), colour=colour, width=1.4)

    def draw_text(self, colour: Colour) -> None:
        self.box(2.5, 3, 13.5, 11, radius=2)
        self.area((5, 10.5), (9, 10.5), (5, 13.5))
        self.box(4.5, 5, 11.5, 6.1, colour)
        self.box(4.5, 7.6, 9.5, 8.7, colour)


def main() -> None:
    """Write all icons."""
    for name, picture in icons():
        picture.save(ICONS / name, optimize=True)


if __name__ == "__main__":
    main()
