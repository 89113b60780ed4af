"""Files get the suffix of what they hold, from one table."""

import io

import pytest
from PIL import Image

from endpoint_nodes.extension.engine.io.media_files import media_suffix


@pytest.mark.parametrize(
    ("start", "suffix"),
    [
        (b"\xff\xf1\x50\x80", ".aac"),
        (b"\xff\xfb\x90\x00", ".mp3"),
        (b"ID3\x04", ".mp3"),
        (b"\0\0\0\x20ftypM4A ", ".m4a"),
        (b"\x1aE\xdf\xa3", ".webm"),
        (b"fLaC", ".flac"),
        (b"RIFF\0\0\0\0WAVE", ".wav"),
        (b"OggS" + b"\0" * 24 + b"OpusHead", ".opus"),
        (b"OggS" + b"\0" * 24 + b"\x01vorbis", ".ogg"),
        (b"nothing known", ".bin"),
    ],
)
def test_a_recording_is_named_after_its_format(start: bytes, suffix: str) -> None:
    assert media_suffix(start) == suffix


def test_an_image_is_named_after_its_format() -> None:
    for kind, suffix in {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "GIF": ".gif"}.items():
        buffer = io.BytesIO()
        Image.new("RGB", (8, 8)).save(buffer, kind)
        assert media_suffix(buffer.getvalue()) == suffix
