"""Whether a file has its own end, which HTTP cannot always tell. Pure: bytes in, a fact out."""

from .images import sniff_image

__all__ = ["image_defect", "is_cut_short"]

PNG_END = b"IEND\xaeB`\x82"
JPEG_END = b"\xff\xd9"
UNKNOWN_SIZE = 0x7FFFFFFF
"""A RIFF file that was streamed says this size or more."""

NEAR_END = 65_536
"""Bytes; cameras and editors append their own data to images."""


def image_defect(data: bytes) -> str:
    """Return what is wrong with the bytes of an image, "" if nothing is; the sentence starts with "it" or "its"."""
    if not sniff_image(data):
        return "it is not an image"
    return "its end is missing" if is_cut_short(data) else ""


def is_cut_short(data: bytes) -> bool:
    """Return whether a file's own marks say that some of it is missing; formats without such marks never are.

    PNG (IEND), JPEG (EOI), GIF (trailer), RIFF with WebP and wav (size), ISO media files such as AVIF and m4a (boxes).
    """
    if data.startswith(b"\x89PNG"):
        return data.find(PNG_END, -NEAR_END) < 0
    if data.startswith(b"\xff\xd8\xff"):
        return data.find(JPEG_END, -NEAR_END) < 0
    if data.startswith((b"GIF87a", b"GIF89a")):
        return data.find(b";", -NEAR_END) < 0
    if data.startswith(b"RIFF"):
        size = int.from_bytes(data[4:8], "little")
        return size < UNKNOWN_SIZE and len(data) < size + 8
    return data[4:8] == b"ftyp" and _has_open_box(data)


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
