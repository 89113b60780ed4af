"""Looking at recordings. Pure: bytes in, facts out."""

import io

from ....port_types.errors import InvalidInput
from ....port_types.files import File, FileRules

__all__ = ["AUDIO_EXTENSIONS", "check_audio", "seconds_of", "sniff_audio"]

AUDIO_EXTENSIONS = {
    "audio/mpeg": (".mp3", ".mpga", ".mpeg"),
    "audio/wav": (".wav",),
    "audio/flac": (".flac",),
    "audio/ogg": (".ogg", ".oga", ".opus"),
    "audio/mp4": (".m4a", ".mp4"),
    "audio/webm": (".webm",),
    "audio/aac": (".aac",),
}
"""File name extensions of recordings by MIME type, the usual one first."""

AAC_RATES = dict(enumerate((96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)))
"""Samples a second by index (ISO 14496-3, table 1.18)."""

_SIGNATURES = {b"fLaC": "audio/flac", b"OggS": "audio/ogg", b"\x1aE\xdf\xa3": "audio/webm", b"ID3": "audio/mpeg"}


def sniff_audio(data: bytes) -> str:
    """Return the MIME type that the first bytes show, "" if they show no recording."""
    head = bytes(data[:12])
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[4:8] == b"ftyp":
        return "audio/mp4"
    if head[:1] == b"\xff" and head[1:2] >= b"\xe0":
        # MPEG frames: layer bits 00 are AAC's, layer III is mp3 (ISO 11172-3, ISO 13818-7).
        return "audio/aac" if not head[1] & 0b0110 else "audio/mpeg"
    return next((mime for signature, mime in _SIGNATURES.items() if head.startswith(signature)), "")


def seconds_of(data: bytes) -> float | None:
    """Return the length of a wav, mp3, flac, ogg, opus or aac recording, None for other or damaged ones."""
    if sniff_audio(data) == "audio/aac":
        return _seconds_of_aac(data)
    import soundfile  # type: ignore[import-untyped]  # has no types

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            return float(sound.frames / sound.samplerate)
    except soundfile.SoundFileError:
        return None


def _seconds_of_aac(data: bytes) -> float | None:
    """Add up the frames of an ADTS stream (ISO 13818-7, 6.2), which libsndfile does not read."""
    seconds, at = 0.0, 0
    while at + 7 <= len(data):
        rate = AAC_RATES.get(data[at + 2] >> 2 & 0b1111)
        length = (data[at + 3] & 0b11) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        if data[at] != 0xFF or rate is None or length < 7:
            return None
        seconds += 1024 * ((data[at + 6] & 0b11) + 1) / rate
        at += length
    return seconds or None


def check_audio(file: File, rules: FileRules) -> File:
    """Return `file` with the MIME type and extension that its bytes show.

    Raises:
        InvalidInput: it is empty, no recording, of another format or too large; the sentence starts with "it".
    """
    if not file.data:
        raise InvalidInput("it is empty (0 bytes)")
    mime = sniff_audio(file.data)
    if mime not in rules.accepts:
        formats = ", ".join(AUDIO_EXTENSIONS[mime][0].removeprefix(".") for mime in rules.accepts)
        what = f"a recording in {AUDIO_EXTENSIONS[mime][0].removeprefix('.')}" if mime else "no recording"
        raise InvalidInput(f"it is {what}, but one of {formats} is needed")
    if len(file.data) >= rules.max_bytes:
        raise InvalidInput(
            f"it has {len(file.data) / 1e6:.1f} MB, but less than {rules.max_bytes / 1e6:.1f} MB is needed; "
            "cut it into parts or save it as mp3"
        )
    usual = AUDIO_EXTENSIONS[mime]
    name = file.name if file.name.lower().endswith(usual) else (file.name.rsplit(".", 1)[0] or "audio") + usual[0]
    return File(file.data, name, mime)
