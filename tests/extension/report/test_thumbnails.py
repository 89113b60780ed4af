"""Thumbnails are small, upright and true to the picture, and never raise."""

import io
import struct
import zlib

import pytest
from PIL import Image

from endpoint_nodes.extension.report.thumbnails import LONGEST_SIDE, MOST_BYTES, thumbnail


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def decoded(data: bytes) -> Image.Image:
    small = thumbnail(data)
    assert small is not None
    image = Image.open(io.BytesIO(small.webp))
    image.load()
    assert image.size == small.size
    return image


def test_a_large_picture_is_scaled_down_and_keeps_its_shape() -> None:
    small = thumbnail(encoded(Image.new("RGB", (1600, 400), "red"), "JPEG"))
    assert small is not None
    assert (small.size, small.original_size) == ((LONGEST_SIDE, LONGEST_SIDE // 4), (1600, 400))


def test_a_small_picture_stays_as_large_as_it_is() -> None:
    assert decoded(encoded(Image.new("RGB", (40, 30)))).size == (40, 30)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_picture_full_of_detail_stays_small(mode: str) -> None:
    image = Image.merge("RGB", [Image.effect_noise((512, 512), 40).resize((900, 900)) for _ in range(3)])
    small = thumbnail(encoded(image.convert(mode)))
    assert small is not None
    assert len(small.webp) <= MOST_BYTES
    assert small.original_size == (900, 900)


def test_a_photograph_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    small = thumbnail(encoded(Image.new("RGB", (800, 400)), "JPEG", exif=exif))
    assert small is not None
    assert (small.size, small.original_size) == ((160, 320), (400, 800))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_kept(mode: str) -> None:
    image = Image.new("RGBA", (40, 40), (200, 30, 30, 0)).convert(mode)
    image = decoded(encoded(image, **({"transparency": 0} if mode == "P" else {})))
    assert image.mode == "RGBA"
    assert image.getextrema()[3] == (0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK"])
def test_every_kind_of_picture_can_be_shown(mode: str) -> None:
    assert decoded(encoded(Image.new(mode, (40, 40)), "TIFF" if mode == "CMYK" else "PNG")).mode == "RGB"


def test_sixteen_bits_of_grey_stay_grey() -> None:
    red, *_ = decoded(encoded(Image.new("I;16", (40, 40), 32768))).getpixel((20, 20))
    assert red == pytest.approx(128, abs=4)


def png_that_claims(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        encoded(Image.effect_noise((200, 200), 90), "JPEG")[:900],
        encoded(Image.effect_noise((200, 200), 90))[:900],
        png_that_claims(10_000, 10_000),
        png_that_claims(30_000, 30_000),
    ],
    ids=["nothing", "text", "cut JPEG", "cut PNG", "large claim", "bomb"],
)
def test_what_cannot_be_decoded_has_no_thumbnail(data: bytes) -> None:
    assert thumbnail(data) is None
