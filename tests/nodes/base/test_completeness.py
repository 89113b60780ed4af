"""Files that a connection has cut are told from whole ones by their own marks."""

import io
import wave

import pytest
from PIL import Image

from endpoint_nodes.nodes.base.media.completeness import image_defect, is_cut_short


def image(form: str) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 50).convert("RGB").save(buffer, form)
    return buffer.getvalue()


def recording() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, 24000, 0, "NONE", ""))
        file.writeframes(bytes(48000))
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_an_image_without_its_end_is_cut_short(form: str) -> None:
    whole = image(form)
    assert image_defect(whole) == ""
    for left in (len(whole) // 2, len(whole) - 20, len(whole) - 1):
        assert image_defect(whole[:left]) == "its end is missing"
    assert image_defect(b"<html>") == "it is not an image"


def test_what_a_camera_appends_does_not_hide_the_end() -> None:
    assert not is_cut_short(image("JPEG") + bytes(1000))


def test_a_wav_is_as_long_as_it_says_unless_it_was_streamed() -> None:
    whole = recording()
    assert not is_cut_short(whole)
    assert is_cut_short(whole[:-100])
    streamed = whole[:4] + b"\xff\xff\xff\xff" + whole[8:]
    assert not is_cut_short(streamed[:-100])


def test_formats_without_marks_are_taken_as_they_are() -> None:
    for data in (b"ID3", b"fLaC", b"%PDF", b""):
        assert not is_cut_short(data)
