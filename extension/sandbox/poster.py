"""Posters for prompts: a gradient, a few shapes and the prompt's own words, the same for the same prompt."""

import random
import textwrap

from PIL import Image, ImageDraw, ImageFont, ImageOps

__all__ = ["draw_poster"]

PRINTED = 240  # characters of the prompt that are printed


def draw_poster(prompt: str, key: str, size: tuple[int, int], *, transparent: bool) -> Image.Image:
    """Return an abstract poster that carries the prompt.

    Args:
        prompt: Its words are printed.
        key: Decides everything drawn by chance.
        size: Width and height in pixels.
        transparent: Leave the background out.

    Returns:
        An RGBA image where transparent, else RGB.
    """
    chance = random.Random(key)  # noqa: S311  # repeatable by design
    base = chance.randrange(360)
    width, height = size
    if transparent:
        poster = Image.new("RGBA", size, (0, 0, 0, 0))
    else:
        ramp = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180, 270))).resize(size)
        poster = ImageOps.colorize(ramp, f"hsl({base}, 55%, 22%)", f"hsl({(base + 50) % 360}, 60%, 62%)")
    pen = ImageDraw.Draw(poster)
    for _ in range(chance.randrange(5, 10)):
        colour = f"hsl({(base + chance.choice((0, 30, 180, 210))) % 360}, 70%, {chance.randrange(35, 75)}%)"
        radius = chance.uniform(0.05, 0.28) * min(size)
        x, y = chance.uniform(0, width), chance.uniform(0, height)
        sides = chance.choice((0, 3, 4, 6))
        if sides:
            pen.regular_polygon((x, y, radius), sides, chance.randrange(90), fill=colour)
        else:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    _letter(pen, prompt, size)
    return poster


def _letter(pen: ImageDraw.ImageDraw, prompt: str, size: tuple[int, int]) -> None:
    """Print the prompt on a dark band at the foot, and who drew it."""
    width, height = size
    font = ImageFont.load_default(max(10, min(size) // 22))
    columns = max(8, int(width * 0.9 / (font.getlength("abcdefghij ") / 11)))
    text = "\n".join(textwrap.wrap(textwrap.shorten(prompt, PRINTED, placeholder=" …"), columns))
    margin = width // 20
    left, top, right, bottom = pen.multiline_textbbox((0, 0), text, font)
    y = height - margin - (bottom - top)
    pen.rectangle((0, y - margin, width, height), fill="#14161c")
    pen.multiline_text((margin - left, y - top), text, "#ffffff", font)
    del right
    note = ImageFont.load_default(max(8, min(size) // 45))
    pen.text((margin, margin), "drawn by the Endpoint Nodes sandbox", "#ffffff", note)
