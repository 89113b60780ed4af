"""Looking at images, and making one fit what a service takes. Pure: bytes in, bytes out."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ....port_types.errors import InvalidInput
from ....port_types.files import File, FileRules
from .png import png_defect

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "EXTENSIONS",
    "MAX_PIXELS",
    "Fit",
    "ImageInfo",
    "alpha_from_white",
    "count_pixels",
    "fit_image",
    "inspect_image",
    "sniff_image",
]

MAX_PIXELS = 100_000_000
"""More pixels than this are refused as a decompression bomb; decoded and padded they need 800 MB."""

BLOCK_BYTES = 64_000_000
"""Of memory that Pillow asks for at once: glibc gives blocks of up to 32 MB back to the system only in part
(mallopt(3), M_MMAP_THRESHOLD), so that each thread would keep the size of its largest picture."""

Fit = Literal["refuse", "pad", "crop", "convert"]

_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"BM": "image/bmp",
    b"II*\0": "image/tiff",
    b"MM\0*": "image/tiff",
    b"<svg": "image/svg+xml",
}
_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1"), "image/heic"),
}
"""ISO media files that are images, by major brand (ISO 23008-12)."""
EXTENSIONS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "image/gif": ".gif"}
"""File name extensions of the MIME types that services take or return."""


@dataclass(frozen=True)
class ImageInfo:
    """What an image's header says: MIME type, size in pixels, Pillow's mode, number of frames."""

    mime: str
    width: int
    height: int
    mode: str
    frames: int


def sniff_image(data: bytes) -> str:
    """Return the MIME type that the first bytes show, "" if they show no image."""
    head = bytes(data[:16])
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in _BRANDS:
        return _BRANDS[head[8:12]]
    for signature, mime in _SIGNATURES.items():
        if head.startswith(signature):
            return mime
    return ""


def _register_heic() -> None:
    """Let Pillow read HEIC, the format of many phones.

    Raises:
        InvalidInput: the library for it is not installed.
    """
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        raise InvalidInput("it is HEIC, which needs pip install 'endpoint-nodes[heic]'") from None
    register_heif_opener()


@contextmanager
def _opened(data: bytes) -> "Iterator[Image]":
    """Open an image; any defect, found now or while it is used, is an InvalidInput whose sentence starts with "it"."""
    from PIL import Image, UnidentifiedImageError

    if not data:
        raise InvalidInput("it is empty (0 bytes)")
    Image.core.set_block_size(BLOCK_BYTES)  # type: ignore[attr-defined]  # as PILLOW_BLOCK_SIZE, for this process
    if sniff_image(data) == "image/heic":
        _register_heic()
    try:
        with Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise Image.DecompressionBombError  # noqa: TRY301 - it is worded below, as Pillow's own
            yield opened
    except Image.DecompressionBombError:
        raise InvalidInput(f"it has more than the {MAX_PIXELS:,} pixels that are safe to decode") from None
    except UnidentifiedImageError:
        raise InvalidInput("it cannot be read as an image") from None
    except Exception as error:  # noqa: BLE001 - Pillow's decoders raise whatever they stumble over
        raise InvalidInput(f"it is damaged or truncated ({error})") from None


def inspect_image(data: bytes) -> ImageInfo:
    """Check that `data` is a complete image and return what it is.

    PNG is proved by its checksums, everything else by decoding it.

    Raises:
        InvalidInput: it is empty, no image, damaged, truncated or a decompression bomb.
    """
    from PIL import Image

    with _opened(data) as image:
        info = ImageInfo(
            Image.MIME.get(image.format or "", ""),
            image.width,
            image.height,
            image.mode,
            getattr(image, "n_frames", 1),
        )
        if info.mime != "image/png" or info.frames > 1:
            image.load()
    if info.mime == "image/png" and (defect := png_defect(data)):
        raise InvalidInput(f"it is damaged or truncated ({defect})")
    return info


def count_pixels(data: bytes) -> int:
    """Return how many pixels an image unfolds to, by its header alone.

    Raises:
        InvalidInput: it is empty, no image or a decompression bomb.
    """
    with _opened(data) as image:
        return image.width * image.height


def fit_image(file: File, rules: FileRules, fit: Fit) -> tuple[File, list[str]]:
    """Return `file` as `rules` want it, and what was repaired, in words.

    Args:
        file: an image in any format Pillow reads.
        rules: what the service takes.
        fit: "refuse" changes nothing; "pad" and "crop" make it square where it must be; they and "convert"
            re-encode as PNG and scale down where needed.

    Raises:
        InvalidInput: it cannot be read, or does not fit and `fit` is "refuse"; the sentence starts with "it".
    """
    info = inspect_image(file.data)
    misfits = _misfits(info, len(file.data), rules)
    if not misfits:
        name = _with_extension(file.name, info.mime)
        return File(file.data, name, info.mime), []
    if fit == "refuse":
        hint = "say `fit=pad` or `fit=crop`" if rules.square else "choose another `fit`"
        raise InvalidInput(f"it is {' and '.join(misfits)}, but {_wanted(rules)} is needed (or {hint})")
    return _repaired(file, info, rules, fit)


def alpha_from_white(file: File) -> File:
    """Return a drawn mask as services want it: what is white becomes transparent, what is black opaque.

    Raises:
        InvalidInput: it cannot be read; the sentence starts with "it".
    """
    from PIL import ImageChops

    with _opened(file.data) as drawn:
        opacity = ImageChops.invert(drawn.convert("L"))
    mask = opacity.convert("RGBA")
    mask.putalpha(opacity)
    return File(_png(mask), _with_extension(file.name, "image/png"), "image/png")


def _misfits(info: ImageInfo, size: int, rules: FileRules) -> list[str]:
    misfits = []
    if info.mime not in rules.accepts:
        misfits.append(f"{_format_name(info.mime)}{f' in mode {info.mode}' if info.mode == 'CMYK' else ''}")
    if info.frames > 1:
        misfits.append(f"an animation of {info.frames} frames")
    if rules.square and info.width != info.height:
        misfits.append(f"{info.width} x {info.height} pixels")
    if size >= rules.max_bytes:
        misfits.append(f"{size / 1e6:.1f} MB")
    return misfits


def _wanted(rules: FileRules) -> str:
    formats = " or ".join(_format_name(mime) for mime in rules.accepts)
    return f"a {'square ' if rules.square else ''}{formats} image under {rules.max_bytes / 1e6:g} MB"


def _format_name(mime: str) -> str:
    return mime.removeprefix("image/").upper() or "an unknown format"


def _with_extension(name: str, mime: str) -> str:
    extension = EXTENSIONS.get(mime, "")
    usual = (extension, ".jpeg") if mime == "image/jpeg" else (extension,)
    return name if name.lower().endswith(usual) else (name.rsplit(".", 1)[0] or "image") + extension


def _repaired(file: File, info: ImageInfo, rules: FileRules, fit: Fit) -> tuple[File, list[str]]:
    from PIL import Image, ImageOps

    repairs = []
    if info.frames > 1:
        repairs.append(f"first of {info.frames} frames")
    with _opened(file.data) as opened:
        image = ImageOps.exif_transpose(opened)
        if image.mode.startswith("I"):
            # Pillow clips 16 bits to 255, which would turn the picture white.
            image = image.convert("I").point(lambda level: level * (1 / 256)).convert("L")
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    width, height = image.size
    if rules.square and width != height and fit != "convert":
        side = max(width, height) if fit == "pad" else min(width, height)
        image = _squared(image, side, fit)
        repairs.append(f"{'padded' if fit == 'pad' else 'cropped'} to {side} x {side}")
    data = _png(image)
    if info.mime not in rules.accepts:
        repairs.append(f"{_format_name(info.mime)} re-encoded as PNG")
    scaled = False
    while len(data) >= rules.max_bytes and min(image.size) > 16:
        # PNG size goes with the number of pixels: aim a little under the limit, and look again.
        factor = min(0.95, (rules.max_bytes / len(data)) ** 0.5 * 0.95)
        image = image.resize(
            (max(1, int(image.width * factor)), max(1, int(image.height * factor))), Image.Resampling.LANCZOS
        )
        data, scaled = _png(image), True
    if scaled:
        repairs.append(f"scaled down to {image.width} x {image.height}")
    return File(data, _with_extension(file.name, "image/png"), "image/png"), repairs


def _squared(image: "Image", side: int, fit: Fit) -> "Image":
    from PIL import Image

    left, top = (image.width - side) // 2, (image.height - side) // 2
    if fit == "crop":
        return image.crop((left, top, left + side, top + side))
    # Transparent where the image knows transparency, else white, as product photos are.
    canvas = Image.new(image.mode, (side, side), (255, 255, 255, 0) if image.mode == "RGBA" else (255, 255, 255))
    canvas.paste(image, (-left, -top))
    return canvas


def _png(image: "Image") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
