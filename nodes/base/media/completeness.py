"""Whether a file is whole, which HTTP cannot always tell. Pure: bytes in, a fact out."""

import io

from ....port_types.errors import InvalidInput
from .audio import sniff_audio
from .images import count_pixels, sniff_image
from .png import PNG_START, png_defect

__all__ = ["check_image", "image_defect", "is_cut_short"]

PNG_END = b"IEND\xaeB`\x82"
JPEG_END = b"\xff\xd9"
START_OF_SCAN = 0xDA
UNKNOWN_SIZE = 0x7FFFFFFF
"""A RIFF file that was streamed says this size or more."""

NEAR_END = 65_536
"""Bytes; cameras and editors append their own data to images."""


def image_defect(data: bytes) -> str:
    """Return what is wrong with the bytes of an image, "" if nothing is; the sentence starts with "it" or "its"."""
    if not sniff_image(data):
        return "it is not an image"
    if data.startswith(PNG_START):
        return png_defect(data)
    return "its end is missing" if is_cut_short(data) else ""


def check_image(data: bytes) -> None:
    """Check an image by its header, its checksums and its end, without decoding it.

    Raises:
        InvalidInput: it is empty, no image, too large to decode, damaged or truncated; the sentence starts with "it".
    """
    count_pixels(data)
    if sniff_image(data) and (defect := image_defect(data)):
        raise InvalidInput(f"it is damaged or truncated ({defect})")


def is_cut_short(data: bytes) -> bool:
    """Return whether a file's own marks say that some of it is missing; formats without such marks never are.

    PNG (IEND), JPEG (EOI), GIF (trailer), RIFF with WebP and wav (size), ISO media files such as AVIF and m4a (boxes),
    Ogg (pages), FLAC (samples), mp3 with a Xing header (bytes). An mp3 without one, AAC, WebM, and an Ogg file that is
    cut between two pages cannot be told from whole ones.
    """
    if data.startswith(PNG_START):
        return data.find(PNG_END, -NEAR_END) < 0
    if data.startswith(b"\xff\xd8\xff"):
        return not _has_jpeg_end(data)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return data.find(b";", -NEAR_END) < 0
    if data.startswith(b"RIFF"):
        size = int.from_bytes(data[4:8], "little")
        return size < UNKNOWN_SIZE and len(data) < size + 8
    if data.startswith(b"OggS"):
        return _has_open_page(data)
    if data.startswith(b"fLaC"):
        return _lacks_samples(data)
    if data.startswith(b"ID3") or (data[:1] == b"\xff" and sniff_audio(data) == "audio/mpeg"):
        return _lacks_mp3_bytes(data)
    return data[4:8] == b"ftyp" and _has_open_box(data)


def _has_jpeg_end(data: bytes) -> bool:
    """Return whether a JPEG's picture comes to its end (ITU T.81, B.1.1); phones put films behind it.

    The end of a preview, which lies in a segment before the picture's own data, does not count.
    """
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != START_OF_SCAN:
        at += 1 if data[at + 1] == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return data.find(JPEG_END, at) >= 0


def _has_open_page(data: bytes) -> bool:
    """Return whether the last page of an Ogg file (RFC 3533, 6) reaches beyond its end."""
    at = 0
    while data.startswith(b"OggS", at):
        segments = data[at + 27 : at + 27 + data[at + 26]] if at + 26 < len(data) else b""
        end = at + 27 + len(segments) + sum(segments)
        if at + 27 > len(data) or len(segments) < data[at + 26] or end > len(data):
            return True
        at = end
    return at < len(data) and b"OggS".startswith(data[at : at + 4])


def _lacks_samples(data: bytes) -> bool:
    """Return whether a FLAC file holds fewer samples than its first block says (RFC 9639, 8.2)."""
    import soundfile  # type: ignore[import-untyped]  # has no types

    if not int.from_bytes(data[21:26], "big") & 0xF_FFFF_FFFF:
        return False  # it was streamed, before its length was known
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            return sum(len(block) for block in sound.blocks(65_536, dtype="int16")) < int(sound.frames)
    except soundfile.SoundFileError:
        return True


def _lacks_mp3_bytes(data: bytes) -> bool:
    """Return whether an mp3 file is shorter than the Xing header in its first frame says, if it has one."""
    start = 0
    if data.startswith(b"ID3"):  # four times seven bits (id3.org, ID3v2.4.0, 3.1)
        start = 10 + sum(byte << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=False))
    head = data[start : start + 64]
    at = max(head.find(b"Xing"), head.find(b"Info"))
    if at < 0 or not head[at + 7] & 2:
        return False
    at += 12 if head[at + 7] & 1 else 8
    return len(data) - start < int.from_bytes(head[at : at + 4], "big")


def _has_open_box(data: bytes) -> bool:
    """Return whether the last box of an ISO media file (ISO 14496-12, 4.2) reaches beyond its end."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size == 0:  # reaches to the end, wherever that is
            return False
        if size < 8:
            return True
        at += size
    return at != len(data)
