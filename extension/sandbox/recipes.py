"""Variations by classical image processing: each recipe gives an image another look, none asks a model."""

import random
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

__all__ = ["vary"]


def hue(image: Image.Image, chance: random.Random) -> Image.Image:
    """Turn every colour around the colour circle."""
    turn = chance.randrange(60, 200)
    h, s, v = image.convert("HSV").split()
    return Image.merge("HSV", (h.point([(value + turn) % 256 for value in range(256)]), s, v)).convert("RGB")


def balance(image: Image.Image, chance: random.Random) -> Image.Image:
    """Shift the colour balance to warm or to cold."""
    warm = chance.choice((1.35, 0.65))
    return image.convert("RGB", (warm, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2 - warm, 0))


def posterize(image: Image.Image, chance: random.Random) -> Image.Image:
    """Leave a few tones per colour."""
    return ImageEnhance.Color(ImageOps.posterize(image, chance.choice((2, 3)))).enhance(1.6)


def sketch(image: Image.Image, chance: random.Random) -> Image.Image:
    """Draw in pencil: the image dodged by its own blurred negative."""
    grey = ImageOps.grayscale(image)
    soft = ImageOps.invert(grey).filter(ImageFilter.BoxBlur(max(2, image.width // 80)))
    lines = ImageChops.add(grey, soft).point([min(255, int((value / 255) ** 3 * 255)) for value in range(256)])
    return ImageOps.colorize(lines, _colour(chance, 0.25), "#fdfaf3")


def duotone(image: Image.Image, chance: random.Random) -> Image.Image:
    """Print in two inks."""
    return ImageOps.colorize(ImageOps.grayscale(image), _colour(chance, 0.3), _colour(chance, 1.0))


def palette(image: Image.Image, chance: random.Random) -> Image.Image:
    """Leave a handful of the image's own colours."""
    return image.quantize(chance.randrange(4, 8), Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).convert("RGB")


def mosaic(image: Image.Image, chance: random.Random) -> Image.Image:
    """Lay coarse tiles."""
    tiles = chance.randrange(20, 40)
    small = image.reduce(max(1, min(image.size) // tiles))
    return small.resize(image.size, Image.Resampling.NEAREST)


def solarize(image: Image.Image, chance: random.Random) -> Image.Image:
    """Turn bright tones to their negative."""
    return ImageOps.solarize(image, chance.randrange(90, 160))


def glow(image: Image.Image, chance: random.Random) -> Image.Image:
    """Let light spread."""
    soft = image.filter(ImageFilter.BoxBlur(max(2, image.width // chance.randrange(20, 40))))
    return ImageChops.screen(image, ImageEnhance.Brightness(soft).enhance(0.7))


def relief(image: Image.Image, chance: random.Random) -> Image.Image:
    """Press into paper."""
    return Image.blend(image, image.filter(ImageFilter.EMBOSS), chance.uniform(0.5, 0.8))


def grey(image: Image.Image, chance: random.Random) -> Image.Image:
    """Print in hard black and white."""
    return ImageOps.autocontrast(ImageOps.grayscale(image), cutoff=chance.randrange(2, 12)).convert("RGB")


def swap(image: Image.Image, chance: random.Random) -> Image.Image:
    """Put the colour channels in another order."""
    channels = image.split()
    return Image.merge("RGB", [channels[index] for index in chance.choice(((1, 2, 0), (2, 0, 1), (2, 1, 0)))])


RECIPES: tuple[Callable[[Image.Image, random.Random], Image.Image], ...] = (
    hue, balance, posterize, sketch, duotone, palette, mosaic, solarize, glow, relief, grey, swap,
)  # fmt: skip  # more than n's maximum, so that no two results of one request share a recipe


def vary(image: Image.Image, key: str, index: int, strength: float) -> Image.Image:
    """Return the variation of this index.

    Args:
        image: RGB or RGBA; its alpha is kept.
        key: Decides everything drawn by chance, such as a hash of the source.
        index: Place among the results of one request; each place has a recipe of its own.
        strength: How much of the result is the recipe's, 0 to 1. Above a half the picture is also reframed.

    Returns:
        An image of the same size and mode.
    """
    order = list(RECIPES)
    random.Random(key).shuffle(order)  # noqa: S311  # repeatable by design
    chance = random.Random(f"{key}:{index}")  # noqa: S311  # repeatable by design
    colours = image.convert("RGB")
    varied = Image.blend(colours, order[index % len(order)](colours, chance), strength)
    # A plain source looks the same under many recipes; a tint of its own tells every result apart.
    varied = Image.blend(varied, Image.new("RGB", image.size, f"hsl({index * 36 % 360}, 80%, 50%)"), 0.12)
    if image.mode == "RGBA":
        varied.putalpha(image.getchannel("A"))
    return _reframe(varied, chance) if strength > 0.5 else varied


def _reframe(image: Image.Image, chance: random.Random) -> Image.Image:
    """Return the image mirrored or not, and a little closer."""
    if chance.random() < 0.5:
        image = ImageOps.mirror(image)
    width, height = image.size
    share = chance.uniform(0.84, 0.98)
    left, top = (chance.uniform(0, side * (1 - share)) for side in image.size)
    box = (left, top, left + width * share, top + height * share)
    return image.resize(image.size, Image.Resampling.BILINEAR, box)


def _colour(chance: random.Random, brightness: float) -> Any:
    return f"hsv({chance.randrange(360)}, {chance.randrange(40, 90)}%, {int(brightness * 100)}%)"
