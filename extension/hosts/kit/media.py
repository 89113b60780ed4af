"""Names of the files that hold images and recordings."""

from ....nodes.base.media.audio import AUDIO_EXTENSIONS, sniff_audio
from ....nodes.base.media.images import EXTENSIONS, sniff_image

__all__ = ["media_suffix"]


def media_suffix(data: bytes) -> str:
    """Return the usual suffix of what the first bytes show (".png", ".m4a"), ".bin" if they show nothing known."""
    if suffix := EXTENSIONS.get(sniff_image(data)):
        return suffix
    suffixes = AUDIO_EXTENSIONS.get(sniff_audio(data), (".bin",))
    return ".opus" if suffixes[0] == ".ogg" and b"OpusHead" in data[:64] else suffixes[0]
