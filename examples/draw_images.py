"""Draw the example images, product pictures of several sizes and shapes, into examples/images.

Run it after changing a drawing: `python examples/draw_images.py`.
"""

import math
from collections.abc import Callable
from pathlib import Path

from canvas import Canvas, Outline, Point, box, ellipse, smooth
from PIL import Image

FOLDER = Path(__file__).parent / "images"


def mug() -> Image.Image:
    """A glazed mug, square PNG."""
    canvas = Canvas(512, 512, "#f4ede3", "#f1e8dc", "#e2d3c0")
    body = [(265, 300), *smooth((265, 300), (272, 560), (300, 730), (345, 775), closed=False)]
    body += [*ellipse(455, 765, 115, 28, 160, 20), *reversed([(910 - x, y) for x, y in body])]
    canvas.shadow(500, 785, 290, 36, "#5a432b66")
    canvas.line(ellipse(655, 510, 118, 135, -100, 110), 54, "#3f8584", "#1d4f52")
    canvas.line(ellipse(652, 504, 118, 135, -92, 60), 12, "#7fb8b455")
    canvas.fill(body, "#2c6b6c", "#57a09c", "#4a9391", "#2f7273", "#1d5357", across=True)
    band = [*ellipse(455, 560, 200, 46, 180, 0), *ellipse(455, 660, 200, 46, 0, 180)]
    canvas.fill(band, "#d8cdb9", "#f7f0e2", "#efe6d5", "#cfc0a6", "#a8977d", across=True, within=body)
    canvas.fill(ellipse(455, 300, 190, 46), "#8cc4c0", "#3f8584", across=True)
    inside = ellipse(455, 302, 176, 38)
    canvas.fill(inside, "#174245", "#2c6b6c")
    canvas.fill(ellipse(455, 326, 170, 36), "#4b2c1a", "#7a4b2c", across=True, within=inside)
    canvas.fill(ellipse(330, 480, 13, 130), "#ffffff66", blur=9, within=body)
    return canvas.picture


def sneaker() -> Image.Image:
    """A running shoe, clearly wider than high."""
    canvas = Canvas(720, 450, "#dfe8ef", "#d3dee8", "#b9c8d6")
    canvas.shadow(500, 545, 400, 24, "#23364a77")
    upper = smooth(
        (135, 200), (165, 165), (205, 190), (285, 235), (365, 205), (430, 120), (478, 128), (520, 195),
        (640, 300), (780, 345), (880, 400), (908, 470), (850, 510), (500, 510), (150, 510), (112, 420),
        (128, 300),
    )  # fmt: skip
    canvas.fill(smooth((215, 200), (300, 180), (430, 130), (470, 160), (380, 260), (280, 262)), "#7c2c1c", "#551c12")
    canvas.fill(upper, "#f0694a", "#e2522f", "#c23f20")
    canvas.fill(smooth((110, 180), (200, 190), (262, 330), (270, 540), (90, 540)), "#2a3a55", "#1b2740", within=upper)
    toe = smooth((735, 325), (700, 420), (720, 540), (960, 540), (960, 380))
    canvas.fill(toe, "#f7a98f", "#ee8464", within=upper)
    wave = smooth((240, 520), (330, 430), (470, 400), (610, 420), (735, 480), (735, 600), (480, 640), (330, 600))
    canvas.fill(wave, "#fdf3e7", "#f0dccb", within=upper)
    throat = smooth((428, 118), (490, 110), (560, 205), (650, 290), (715, 345), (640, 352), (540, 300), (455, 215))
    canvas.fill(throat, "#a93422", "#8f2a1a", within=upper)
    for x, y in ((463, 178), (505, 228), (556, 276), (612, 316)):
        canvas.line([(x - 30, y + 30), (x + 34, y - 16)], 17, "#ffffff", "#e8e4e0")
    sole = smooth(
        (105, 470), (300, 482), (520, 470), (720, 452), (880, 440), (930, 470), (922, 515), (860, 548),
        (500, 552), (160, 550), (100, 530),
    )  # fmt: skip
    canvas.fill(sole, "#ffffff", "#f3f1ed", "#cfccc6")
    canvas.line(smooth((95, 512), (300, 520), (600, 512), (935, 488), closed=False), 9, "#f0694a", within=sole)
    canvas.fill(box(90, 538, 950, 570, 8), "#2a3a55", within=sole)
    return canvas.picture


def chair() -> Image.Image:
    """A lounge chair, square PNG."""
    canvas = Canvas(640, 640, "#e9ebe8", "#e3e6e2", "#c9cec8")
    canvas.shadow(500, 880, 340, 30, "#2c332d66")
    for top, foot in (((390, 650), (345, 830)), ((610, 650), (655, 830))):
        canvas.line([top, foot], 24, "#5b3a22", "#3f2716")
    canvas.fill(box(265, 150, 735, 600, 120), "#e3b04b", "#d49c33", "#b27d20")
    canvas.fill(box(300, 182, 700, 580, 96), "#edc064", "#dca73f", "#c08a2a")
    for x, y in ((400, 300), (500, 300), (600, 300), (450, 400), (550, 400)):
        canvas.fill(ellipse(x, y + 5, 16, 14), "#8f631899", blur=4)
        canvas.fill(ellipse(x, y, 10, 10), "#b8842a", "#99691a")
    for start, end, colours in (
        (200, 290, ("#a8751d", "#dba741", "#b9842a")),
        (710, 800, ("#dba741", "#b9842a", "#8f6318")),
    ):
        canvas.fill(box(start, 400, end, 690, 44), *colours, across=True)
    canvas.fill(box(262, 520, 738, 640, 58), "#f3cd7c", "#e0ac45", "#b9842a")
    canvas.fill(box(225, 632, 775, 700, 30), "#c18d30", "#94671b")
    for top, foot in (((285, 700), (235, 872)), ((715, 700), (765, 872))):
        canvas.line([top, foot], 28, "#80532f", "#5b3a22")
    return canvas.picture


def lamp() -> Image.Image:
    """A lit desk lamp before a dark wall, square PNG."""
    canvas = Canvas(512, 512, "#22303f", "#293a4c", "#35495e")
    canvas.fill([(0, 820), (1000, 820), (1000, 1000), (0, 1000)], "#7a5a40", "#5d432f")
    canvas.fill([(545, 545), (845, 330), (1080, 840), (430, 840)], "#ffdf9d99", "#ffdf9d22", blur=22)
    canvas.fill(ellipse(740, 850, 260, 36), "#ffe3a8aa", blur=22)
    canvas.shadow(345, 872, 190, 20, "#00000088")
    joint, shoulder = (215, 500), (545, 240)
    canvas.line([(335, 840), joint], 24, "#d9dde0", "#9aa3aa")
    canvas.line([joint, shoulder], 24, "#eef0f1", "#a9b1b7")
    canvas.fill(ellipse(*joint, 32, 32), "#f2c66d", "#c08d2f")
    canvas.fill([*ellipse(335, 848, 150, 26, 180, 360), *ellipse(335, 866, 150, 26, 0, 180)], "#e7eaec", "#98a1a8")

    def shade(along: float, side: float) -> Point:
        """A point of the shade, so far along its axis, which points down right, and so far beside it."""
        return shoulder[0] + 0.6 * along + 0.8 * side, shoulder[1] + 0.8 * along - 0.6 * side

    canvas.line([shade(-70, 0), shade(0, 0)], 34, "#eef0f1", "#a9b1b7")
    side = [
        shade(-50, -48),
        shade(-50, 48),
        *smooth(shade(0, 70), shade(120, 118), shade(250, 190), closed=False),
    ]
    other = smooth(shade(250, -190), shade(120, -118), shade(0, -70), closed=False)
    canvas.fill([*side, *other], "#c23f28", "#f0694a", "#e8573f", "#a93422", across=True)
    rim = [
        shade(250 + 44 * math.sin(turn), 190 * math.cos(turn))
        for turn in (step * math.tau / 120 for step in range(120))
    ]
    canvas.fill(rim, "#fff3cf", "#ffe3a0")
    canvas.fill(ellipse(*shade(258, 0), 50, 46), "#ffffff", "#fff6dc")
    return canvas.picture


def backpack() -> Image.Image:
    """A canvas backpack, square PNG."""
    canvas = Canvas(544, 544, "#eef0e6", "#e7eadd", "#cdd3bf")
    canvas.shadow(500, 905, 310, 28, "#2f382266")
    canvas.line(ellipse(500, 165, 78, 82, 180, 360), 26, "#6d4729", "#8a5c37")
    for x in (205, 795):
        canvas.line(smooth((500, 250), (x, 430), (x, 800), closed=False), 46, "#38503f", "#2b3f32")
    body = box(225, 150, 775, 905, 165)
    canvas.fill(body, "#47664f", "#6b8f71", "#5f8467", "#3d5a46", across=True)
    canvas.fill(box(225, 150, 775, 905, 165), "#ffffff22", "#00000000", "#00000033", within=body)
    canvas.line(smooth((262, 470), (300, 300), (500, 235), (700, 300), (738, 470), closed=False), 12, "#2b3f32")
    canvas.line([(300, 300), (288, 350)], 16, "#d9b26a")
    canvas.fill(box(452, 320, 548, 412, 18), "#a8713f", "#84552c")
    canvas.line(box(464, 332, 536, 400, 10), 3, "#e0bd8e")
    pocket = box(285, 520, 715, 850, 70)
    canvas.fill(box(285, 528, 715, 862, 70), "#1f2f2588", blur=8)
    canvas.fill(pocket, "#507258", "#739a79", "#668d6e", "#48684f", across=True)
    canvas.line(box(300, 535, 700, 835, 58), 4, "#9dbba1")
    flap = smooth((285, 560), (300, 522), (500, 518), (700, 522), (715, 560), (700, 625), (500, 668), (300, 625))
    canvas.fill(flap, "#587c60", "#415f4a")
    canvas.line(smooth((306, 612), (500, 650), (694, 612), closed=False), 4, "#9dbba1")
    for x in (385, 615):
        canvas.fill(box(x - 22, 560, x + 22, 740, 10), "#a8713f", "#84552c")
        canvas.fill(box(x - 32, 668, x + 32, 716, 8), "#e2c07d", "#b48b45")
        canvas.fill(box(x - 18, 680, x + 18, 704, 4), "#84552c")
    return canvas.picture


def _leaf(canvas: Canvas, base: Point, tip: Point, width: float, *colours: str) -> None:
    (x0, y0), (x1, y1) = base, tip
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    across = (-(y1 - y0) / length * width, (x1 - x0) / length * width)

    def at(along: float, side: float) -> Point:
        return x0 + (x1 - x0) * along + across[0] * side, y0 + (y1 - y0) * along + across[1] * side

    blade: Outline = smooth(
        at(0.3, 0), at(0.45, 0.8), at(0.68, 1), at(0.9, 0.5), tip, at(0.9, -0.5), at(0.68, -1), at(0.45, -0.8)
    )
    canvas.line([base, at(0.4, 0)], 10, "#5c7a3e")
    canvas.fill(blade, *colours)
    canvas.fill([at(0.3, 0), *blade[: len(blade) // 2], tip], "#ffffff1c", within=blade)
    canvas.line([at(0.34, 0), at(0.94, 0)], 5, "#d5e2b799")


def plant() -> Image.Image:
    """A rubber plant in a terracotta pot, JPEG."""
    canvas = Canvas(640, 640, "#f6e9e2", "#f3e2d9", "#e0c6b8")
    canvas.shadow(510, 905, 250, 28, "#5d33224f")
    root = (500, 640)
    canvas.line([root, (500, 330)], 16, "#6d5a38", "#5c7a3e")
    for base, tip, width in (
        ((500, 540), (130, 500), 84), ((500, 540), (875, 470), 84), ((500, 470), (205, 255), 88),
        ((500, 470), (795, 225), 88), ((500, 400), (400, 75), 80), ((500, 400), (615, 90), 76),
        ((500, 620), (255, 650), 62), ((500, 620), (755, 640), 62),
    ):  # fmt: skip
        _leaf(canvas, base, tip, width, "#4f9460", "#2f6e46", "#225538")
    pot = [(325, 660), (675, 660), *smooth((632, 870), (605, 905), (395, 905), (368, 870), closed=False)]
    canvas.fill(pot, "#b25e3c", "#d98560", "#cf774f", "#a04e2f", "#81391f", across=True)
    canvas.fill([(325, 690), (675, 690), (668, 735), (332, 735)], "#5d251255", "#5d251200", within=pot)
    canvas.fill(box(298, 620, 702, 702, 16), "#bd6845", "#e59873", "#da8560", "#ad5838", "#8d4226", across=True)
    return canvas.picture


def watch() -> Image.Image:
    """A wristwatch on a transparent background, PNG with alpha."""
    canvas = Canvas(448, 448)
    for edge, middle in ((40, 330), (960, 670)):
        strap = smooth(
            (400, edge),
            (600, edge),
            (622, (edge + middle) / 2),
            (650, middle),
            (350, middle),
            (378, (edge + middle) / 2),
        )
        canvas.fill(strap, "#5a3420", "#8a5433", "#7d4b2d", "#4f2d1b", across=True)
        canvas.line([(408, edge + (20 if edge < 500 else -20)), (376, middle)], 4, "#d9a77b")
        canvas.line([(592, edge + (20 if edge < 500 else -20)), (624, middle)], 4, "#d9a77b")
    canvas.fill(box(752, 470, 800, 530, 12), "#e9edf0", "#8e989f")
    canvas.fill(ellipse(500, 500, 272, 272), "#f7f9fa", "#c3cbd1", "#7d878f")
    canvas.fill(ellipse(500, 500, 244, 244), "#7d878f", "#dfe4e8")
    canvas.fill(ellipse(500, 500, 230, 230), "#1f3b5c", "#16304d", "#0f2440")
    for hour in range(12):
        start, end = (ellipse(500, 500, r, r, 30 * hour, 30 * hour + 1)[0] for r in (176 if hour % 3 else 160, 206))
        canvas.line([start, end], 9 if hour % 3 else 16, "#f4f1e6")
    canvas.line([(500, 500), (400, 428)], 20, "#ffffff", "#d7dbdf")
    canvas.line([(500, 500), (590, 348)], 13, "#ffffff", "#d7dbdf")
    canvas.line([(470, 448), (585, 647)], 6, "#f2a33c")
    canvas.fill(ellipse(500, 500, 18, 18), "#f2a33c")
    return canvas.picture


def headphones() -> Image.Image:
    """Over-ear headphones, a small square PNG."""
    canvas = Canvas(400, 400, "#f5e3e1", "#f0d9d7", "#dcbcba")
    canvas.shadow(500, 870, 330, 24, "#4d2a2a55")
    canvas.line(ellipse(500, 520, 300, 360, 180, 360), 64, "#3a3d47", "#23252d")
    canvas.line(ellipse(500, 520, 300, 360, 205, 335), 26, "#5a5e6b", "#3a3d47")
    for side in (-1, 1):
        x = 500 + side * 300
        canvas.line([(x, 500), (x, 600)], 40, "#c9ced6", "#8b929d")
        cushion = box(x - side * 20 - 62, 530, x - side * 20 + 62, 850, 60)
        canvas.fill(cushion, "#2c2e36", "#4a4d58", "#1d1f26", across=True)
        shell = box(x + side * 28 - 52, 555, x + side * 28 + 52, 825, 52)
        canvas.fill(shell, "#f7f4ef", "#e6e0d8", "#bdb4a8", across=True)
        canvas.line([(x + side * 40, 620), (x + side * 40, 760)], 8, "#d98560")
    return canvas.picture


DRAWINGS: dict[str, Callable[[], Image.Image]] = {
    "mug.png": mug,
    "sneaker.png": sneaker,
    "chair.png": chair,
    "lamp.png": lamp,
    "backpack.png": backpack,
    "plant.jpg": plant,
    "watch.png": watch,
    "headphones.png": headphones,
}


def main() -> None:
    """Draw every image into its file."""
    FOLDER.mkdir(exist_ok=True)
    for name, draw in DRAWINGS.items():
        options = {"quality": 90} if name.endswith(".jpg") else {"optimize": True}
        draw().save(FOLDER / name, **options)


if __name__ == "__main__":
    main()
