"""Recordings: what their bytes are, how long they are, and which are refused."""

import io
import wave

import numpy as np
import pytest
import soundfile

from endpoint_nodes.nodes.base.media.audio import check_audio, seconds_of, sniff_audio
from endpoint_nodes.port_types.errors import InvalidInput
from endpoint_nodes.port_types.files import File, FileRules

RULES = FileRules(("audio/wav", "audio/mpeg"), 100_000)
FORMS = {"WAV": "audio/wav", "FLAC": "audio/flac", "MP3": "audio/mpeg", "OGG": "audio/ogg"}


def sound(form: str = "WAV", seconds: float = 0.5) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, np.zeros(int(16_000 * seconds), "float32"), 16_000, format=form)
    return stream.getvalue()


@pytest.mark.parametrize(("form", "mime"), FORMS.items())
def test_formats_are_known_by_their_bytes(form: str, mime: str) -> None:
    assert sniff_audio(sound(form)) == mime
    assert seconds_of(sound(form)) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        (b"\x1aE\xdf\xa3", "audio/webm"),
        (b"RIFF\0\0\0\0WEBP", ""),
        (b"", ""),
        (b"Just a text", ""),
    ],
)
def test_heads(head: bytes, mime: str) -> None:
    assert sniff_audio(head) == mime


def test_aac_frames_are_added_up() -> None:
    frame = bytes((0xFF, 0xF1, 0x58, 0x40, 0x01, 0xBF, 0xFC)) + b"\0" * 6  # 24 kHz, 13 bytes
    assert seconds_of(frame * 75) == pytest.approx(3.2)
    assert seconds_of(frame * 3 + b"x" * 20) is None


def test_damaged_sound_has_no_length() -> None:
    assert seconds_of(b"RIFF\0\0\0\0WAVE") is None
    assert seconds_of(b"") is None


def test_a_wave_whose_length_was_not_known_when_it_was_begun() -> None:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as streamed:
        streamed.setparams((1, 2, 8000, 0, "NONE", ""))
        streamed.writeframes(b"\0\0" * 8000)
    data = bytearray(stream.getvalue())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    assert seconds_of(bytes(data)) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "it is empty"),
        (b"Just a text", "it is no recording, but one of wav, mp3 is needed"),
        (sound("FLAC"), "it is a recording in flac, but one of wav, mp3 is needed"),
        (sound(seconds=5), "it has 0.2 MB, but less than 0.1 MB is needed"),
    ],
)
def test_what_does_not_fit_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_audio(File(data, "a.wav", ""), RULES)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("name", "sent"), [("a.wav", "a.wav"), ("a.WAV", "a.WAV"), ("a", "a.wav"), ("b.c.mp3", "b.c.wav")]
)
def test_a_name_gets_the_extension_of_its_bytes(name: str, sent: str) -> None:
    checked = check_audio(File(sound(), name, ""), RULES)
    assert (checked.name, checked.mime) == (sent, "audio/wav")
