"""Images: what is said of them, and how they are made to fit."""

import io
import random
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from endpoint_nodes.nodes.base.media.images import Fit, fit_image, inspect_image, sniff_image
from endpoint_nodes.port_types.errors import InvalidInput
from endpoint_nodes.port_types.files import File, FileRules

SQUARE = FileRules(("image/png",), 4_000_000, square=True)
NOISE = Image.frombytes("L", (24, 24), random.Random(0).randbytes(576))
ANY = FileRules(("image/png", "image/webp", "image/jpeg"), 50_000_000)


def file(image: Image.Image, form: str = "PNG", name: str = "photo.png", **options: Any) -> File:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return File(buffer.getvalue(), name, "")


def opened(fitted: File) -> Image.Image:
    image = Image.open(io.BytesIO(fitted.data))
    image.load()
    return image


@settings(max_examples=60)
@given(
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    mode=st.sampled_from(["RGB", "RGBA", "L", "LA", "P", "1", "I;16"]),
    form=st.sampled_from(["PNG", "TIFF", "WEBP", "GIF", "BMP"]),
    fit=st.sampled_from(["pad", "crop"]),
)
def test_whatever_is_repaired_fits(width: int, height: int, mode: str, form: str, fit: Fit) -> None:
    image = Image.new(mode, (width, height))
    if form in ("WEBP", "GIF", "BMP"):
        image = image.convert("RGB")
    fitted, repairs = fit_image(file(image, form), SQUARE, fit)
    side = max(width, height) if fit == "pad" else min(width, height)
    info = inspect_image(fitted.data)
    assert (info.mime, info.width, info.height) == ("image/png", side, side)
    assert (fitted.mime, fitted.name) == ("image/png", "photo.png")
    assert fit_image(fitted, SQUARE, "refuse") == (fitted, [])
    assert (fitted.data == file(image, form).data) == (not repairs)


@pytest.mark.parametrize("fit", ["refuse", "pad", "crop"])
def test_what_fits_is_not_touched(fit: Fit) -> None:
    given_file = file(Image.new("RGB", (20, 20)))
    fitted, repairs = fit_image(given_file, SQUARE, fit)
    assert (fitted.data, repairs) == (given_file.data, [])


def test_padding_is_transparent_where_the_image_knows_transparency_else_white() -> None:
    for image, options, corner in (
        (Image.new("RGB", (40, 20), "red"), {}, (255, 255, 255)),
        (Image.new("RGBA", (40, 20), "red"), {}, (255, 255, 255, 0)),
        (Image.new("LA", (40, 20), (9, 200)), {}, (255, 255, 255, 0)),
        (Image.new("RGB", (40, 20), "red").quantize(2), {"transparency": 0}, (255, 255, 255, 0)),
        (Image.new("RGB", (40, 20), "red"), {"transparency": (0, 0, 255)}, (255, 255, 255, 0)),
    ):
        fitted = opened(fit_image(file(image, **options), SQUARE, "pad")[0])
        assert fitted.getpixel((0, 0)) == corner
        assert fitted.size == (40, 40)


def test_cropping_keeps_the_middle() -> None:
    image = Image.new("RGB", (60, 20), "red")
    image.paste("blue", (20, 0, 40, 20))
    assert opened(fit_image(file(image), SQUARE, "crop")[0]).getcolors() == [(400, (0, 0, 255))]


@pytest.mark.parametrize("mode", ["I;16", "I"])
def test_sixteen_bits_keep_their_brightness(mode: str) -> None:
    image = file(Image.new(mode, (20, 10), 0x8000), "TIFF")
    assert opened(fit_image(image, SQUARE, "crop")[0]).getpixel((5, 5)) == (128, 128, 128)


def test_a_turned_photo_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to the right
    fitted, _ = fit_image(
        file(Image.new("RGB", (40, 20)), "JPEG", exif=exif), FileRules(("image/png",), 4_000_000), "pad"
    )
    assert opened(fitted).size == (20, 40)


def test_an_animation_becomes_its_first_frame() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    gif = file(frames[0], "GIF", save_all=True, append_images=frames[1:])
    fitted, repairs = fit_image(gif, SQUARE, "pad")
    assert opened(fitted).convert("RGB").getpixel((3, 3)) == (255, 0, 0)
    assert repairs == ["first of 2 frames", "GIF re-encoded as PNG"]


def test_a_file_too_large_is_scaled_down_until_it_fits() -> None:
    rules = FileRules(("image/png",), 30_000, square=True)
    image = Image.frombytes("L", (200, 200), random.Random(0).randbytes(40_000))
    with pytest.raises(InvalidInput, match=r"it is 0\.0 MB, but a square PNG image under 0\.03 MB is needed"):
        fit_image(file(image), rules, "refuse")
    fitted, repairs = fit_image(file(image), rules, "crop")
    assert len(fitted.data) < rules.max_bytes
    side = opened(fitted).width
    assert repairs == [f"scaled down to {side} x {side}"]
    assert side > 100


@pytest.mark.parametrize(
    ("name", "form", "rules", "wanted"),
    [
        ("photo.JPEG", "JPEG", ANY, ("photo.JPEG", "image/jpeg")),
        ("photo.JPEG", "JPEG", SQUARE, ("photo.png", "image/png")),
        ("photo.png", "JPEG", ANY, ("photo.jpg", "image/jpeg")),
        ("photo", "WEBP", ANY, ("photo.webp", "image/webp")),
        (".png", "JPEG", ANY, ("image.jpg", "image/jpeg")),
        ("a.b.PNG", "PNG", ANY, ("a.b.PNG", "image/png")),
    ],
)
def test_mime_type_and_file_name_say_what_the_bytes_are(
    name: str, form: str, rules: FileRules, wanted: tuple[str, str]
) -> None:
    fitted, _ = fit_image(file(Image.new("RGB", (9, 9)), form, name), rules, "pad")
    assert (fitted.name, fitted.mime) == wanted


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_the_first_bytes_show_the_format(form: str) -> None:
    data = file(Image.new("RGB", (9, 9)), form).data
    assert sniff_image(data) == f"image/{form.lower()}" == inspect_image(data).mime
    assert sniff_image(memoryview(data)) == sniff_image(bytearray(data)) == sniff_image(data)


@settings(max_examples=150)
@given(data=st.data())
def test_a_damaged_image_is_never_more_than_invalid(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"]))
    whole = bytearray(file(NOISE, form).data)
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    broken = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    for fit in ("pad", "crop"):
        with suppress(InvalidInput):
            fit_image(File(broken, "photo", ""), SQUARE, fit)


@given(st.binary(max_size=400))
def test_bytes_that_are_no_image_are_never_more_than_invalid(data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"it (is|cannot)"):
        inspect_image(data)
    assert sniff_image(b"\0" + data) == ""
