"""Files that a connection has cut are told from whole ones by their own marks."""

import io
import wave

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # has no types
from hypothesis import given
from hypothesis import strategies as st
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


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_what_a_camera_appends_does_not_hide_the_end(form: str) -> None:
    assert image_defect(image(form) + bytes(2_000_000)) == ""


def test_the_end_of_a_preview_is_not_that_of_the_picture() -> None:
    preview = b"Exif\0\0" + image("JPEG")[:3000] + b"\xff\xd9"
    whole = image("JPEG")
    whole = whole[:2] + b"\xff\xe1" + (len(preview) + 2).to_bytes(2, "big") + preview + whole[2:]
    assert image_defect(whole) == ""
    assert image_defect(whole[:-200]) == "its end is missing"


def test_a_wav_is_as_long_as_it_says_unless_it_was_streamed() -> None:
    whole = recording()
    assert not is_cut_short(whole)
    assert is_cut_short(whole[:-100])
    streamed = whole[:4] + b"\xff\xff\xff\xff" + whole[8:]
    assert not is_cut_short(streamed[:-100])


def sound(form: str, kind: str) -> bytes:
    buffer = io.BytesIO()
    noise = np.random.default_rng(1).normal(scale=0.1, size=48_000)
    soundfile.write(buffer, noise, 24_000, format=form, subtype=kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("form", "kind"), [("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")]
)
def test_a_recording_without_its_end_is_cut_short(form: str, kind: str) -> None:
    whole = sound(form, kind)
    assert not is_cut_short(whole)
    for left in (len(whole) // 2, len(whole) - 200, len(whole) - 1):
        assert is_cut_short(whole[:left])


def test_a_flac_file_whose_length_was_not_known_when_it_was_begun_is_taken_as_it_is() -> None:
    whole = bytearray(sound("FLAC", "PCM_16"))
    whole[21] &= 0xF0
    whole[22:26] = bytes(4)
    assert not is_cut_short(bytes(whole[:-100]))


def test_a_flipped_bit_anywhere_in_a_png_is_found() -> None:
    whole = image("PNG")
    for at in range(8, len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 4
        assert image_defect(bytes(damaged)), at
    assert image_defect(whole + b"what an editor appended") == ""


@pytest.mark.parametrize(
    "data", [b"ID3", b"ID3\x04\0\0\0\0\0\0\xff\xfb", b"\xff\xfb\x90\0", b"\x1aE\xdf\xa3", b"%PDF", b""]
)
def test_formats_without_marks_are_taken_as_they_are(data: bytes) -> None:
    assert not is_cut_short(data)


@given(
    st.sampled_from([b"ID3", b"fLaC", b"OggS", b"\x89PNG\r\n\x1a\n", b"RIFF", b"\0\0\0\x18ftyp"]),
    st.binary(max_size=200),
)
def test_any_bytes_are_whole_or_not_and_never_an_exception(start: bytes, rest: bytes) -> None:
    assert image_defect(start + rest) is not None
    assert is_cut_short(start + rest) in (True, False)
