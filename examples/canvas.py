"""A small drawing canvas over Pillow: smooth outlines, shaded fills and soft shadows.

Everything is drawn four times too large and scaled down at the end, which gives smooth edges. Coordinates are
in thousandths of the picture's width, with the origin at the top left.
"""

import math
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

Point = tuple[float, float]
Outline = Sequence[Point]
OVERSAMPLING = 4


def ellipse(  # noqa: PLR0917 - the numbers of a drawing read best in a row
    x: float, y: float, rx: float, ry: float, start: float = 0, end: float = 360
) -> Outline:
    """Points on an ellipse around (x, y); angles in degrees, clockwise from the right."""
    turns = [math.radians(start + (end - start) * step / 120) for step in range(121)]
    return [(x + rx * math.cos(turn), y + ry * math.sin(turn)) for turn in turns]


def box(left: float, top: float, right: float, bottom: float, radius: float) -> Outline:
    """A rectangle with round corners."""
    corners = (
        (right - radius, bottom - radius, 0),
        (left + radius, bottom - radius, 90),
        (left + radius, top + radius, 180),
        (right - radius, top + radius, 270),
    )
    return [point for x, y, start in corners for point in ellipse(x, y, radius, radius, start, start + 90)]


def smooth(*points: Point, closed: bool = True) -> Outline:
    """A Catmull-Rom curve through the points."""
    ring = [points[-1], *points, *points[:2]] if closed else [points[0], *points, points[-1]]
    curve: list[Point] = []
    for p0, p1, p2, p3 in zip(ring, ring[1:], ring[2:], ring[3:], strict=False):
        for step in range(24):
            t = step / 24
            x, y = (
                b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
                for a, b, c, d in zip(p0, p1, p2, p3, strict=True)
            )
            curve.append((x, y))
    return curve if closed else [*curve, points[-1]]


class Canvas:
    """A picture being drawn; `picture` gives the finished one."""

    def __init__(self, width: int, height: int, *backdrop: str) -> None:
        """Start with a backdrop shaded from top to bottom, or a transparent one where no colour is given."""
        self.size = (width, height)
        self._unit = width * OVERSAMPLING / 1000
        large = (width * OVERSAMPLING, height * OVERSAMPLING)
        self._image = self._shades(backdrop, large, across=False) if backdrop else Image.new("RGBA", large)

    @staticmethod
    def _shades(colours: Sequence[str], size: tuple[int, int], *, across: bool) -> Image.Image:
        """Even shades from the first colour to the last, from left to right or from top to bottom."""
        strip = Image.new("RGBA", (len(colours), 1) if across else (1, len(colours)))
        for place, colour in enumerate(colours):
            strip.putpixel((place, 0) if across else (0, place), ImageColor.getcolor(colour, "RGBA"))
        return strip.resize(size, Image.Resampling.BILINEAR)

    def _mask(self, outline: Outline) -> Image.Image:
        mask = Image.new("L", self._image.size)
        ImageDraw.Draw(mask).polygon([(x * self._unit, y * self._unit) for x, y in outline], fill=255)
        return mask

    def _paint(self, colours: Sequence[str], mask: Image.Image, *, across: bool) -> None:
        extent = mask.getbbox()
        if extent is None:
            return
        left, top, right, bottom = extent
        layer = self._shades(colours, (right - left, bottom - top), across=across)
        layer.putalpha(ImageChops.multiply(layer.getchannel("A"), mask.crop(extent)))
        self._image.alpha_composite(layer, (left, top))

    def fill(
        self,
        outline: Outline,
        *colours: str,
        across: bool = False,
        within: Outline | None = None,
        blur: float = 0,
    ) -> None:
        """Fill an outline with one colour or shades of several, inside another outline where one is given."""
        mask = self._mask(outline)
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * self._unit))
        if within is not None:
            mask = ImageChops.multiply(mask, self._mask(within))
        self._paint(colours, mask, across=across)

    def line(
        self,
        points: Outline,
        width: float,
        *colours: str,
        across: bool = False,
        within: Outline | None = None,
    ) -> None:
        """Draw a line with round ends through the points."""
        mask = Image.new("L", self._image.size)
        draw = ImageDraw.Draw(mask)
        scaled = [(x * self._unit, y * self._unit) for x, y in points]
        thickness = width * self._unit
        draw.line(scaled, fill=255, width=round(thickness))
        for x, y in scaled:
            draw.circle((x, y), thickness / 2, fill=255)
        if within is not None:
            mask = ImageChops.multiply(mask, self._mask(within))
        self._paint(colours, mask, across=across)

    def shadow(self, x: float, y: float, rx: float, ry: float, colour: str = "#00000055") -> None:
        """A soft shadow on the ground."""
        self.fill(ellipse(x, y, rx, ry), colour, blur=ry * 0.6)

    @property
    def picture(self) -> Image.Image:
        """The finished picture in its own size: RGBA where its backdrop is transparent, otherwise RGB."""
        finished = self._image.resize(self.size, Image.Resampling.LANCZOS)
        opaque = finished.getchannel("A").getextrema() == (255, 255)
        return finished.convert("RGB") if opaque else finished
