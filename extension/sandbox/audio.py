"""Audio files and the text hidden in them.

Text goes into the lowest bit of each sample, which no ear hears and every lossless format keeps, and into the
comment of compressed formats. Compressed formats need the soundfile package (libsndfile). For AAC it has no encoder:
the sandbox then gives silence of the right length.
"""

import importlib.util
import io
import wave
from dataclasses import dataclass
from typing import Any

import numpy as np
import pybase64
from numpy.typing import NDArray

__all__ = ["RATE", "Heard", "encode_audio", "hear", "served_formats", "sniff"]

RATE = 24_000  # samples a second, as OpenAI's pcm has
MAGIC = b"ENSB"  # begins the hidden text; its length in bytes follows as four bytes
SILENT_FRAME = bytes((0x00, 0xC8, 0x00, 0x80, 0x23, 0x80))  # one channel, all of whose coefficients are nothing
COMPRESSED = {"mp3": ("MP3", "MPEG_LAYER_III"), "opus": ("OGG", "OPUS"), "flac": ("FLAC", "PCM_16")}


@dataclass(frozen=True)
class Heard:
    """What a file holds: its seconds (0 where they is unknown), and the sandbox's own text if any."""

    seconds: float
    text: str | None


def served_formats() -> tuple[str, ...]:
    """Return the speech formats this installation can make."""
    return ("wav", "pcm", "aac", *(COMPRESSED if importlib.util.find_spec("soundfile") else ()))


def encode_audio(samples: NDArray[np.int16], text: str, output: str) -> bytes:
    """Return the samples (mono, `RATE`) as a file of one of the served formats, with the text hidden in it."""
    marked = _hide(samples, text)
    if output == "pcm":
        return marked.astype("<i2").tobytes()
    stream = io.BytesIO()
    if output == "wav":
        with wave.open(stream, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(marked.astype("<i2").tobytes())
        return stream.getvalue()
    if output == "aac":
        return _silent_aac(len(marked))
    form, subtype = COMPRESSED[output]
    with _soundfile().SoundFile(stream, "w", RATE, 1, subtype, format=form) as file:
        file.comment = MAGIC.decode() + pybase64.b64encode(text.encode()).decode()  # ID3 keeps no Unicode
        file.write(marked)
    return stream.getvalue()


def _silent_aac(samples: int) -> bytes:
    """Return AAC frames of silence in ADTS (mono, 24 kHz); a frame lasts 1024 samples."""
    length = 7 + len(SILENT_FRAME)
    head = bytes((0xFF, 0xF1, 0x40 | 6 << 2, 0x40 | length >> 11, length >> 3 & 0xFF, (length & 7) << 5 | 0x1F, 0xFC))
    return (head + SILENT_FRAME) * -(-samples // 1024)


def sniff(data: bytes) -> str | None:
    """Return the name of the container that the bytes begin like, among those OpenAI transcribes; None for another."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav"
    if data[:3] == b"ID3" or (data[:1] == b"\xff" and data[1:2] >= b"\xe0"):
        return "mp3"
    if data[4:8] == b"ftyp":
        return "mp4"
    return {b"fLaC": "flac", b"OggS": "ogg", b"\x1aE\xdf\xa3": "webm"}.get(data[:4])


def hear(data: bytes) -> Heard | None:
    """Decode a recognised file; None where it is damaged."""
    form = sniff(data)
    try:
        if form == "wav" and not importlib.util.find_spec("soundfile"):
            return _hear_wave(data)
        if form in ("mp4", "webm") or not importlib.util.find_spec("soundfile"):
            return Heard(0.0, None)
        return _hear_any(data)
    except (RuntimeError, EOFError, ValueError, wave.Error):
        return None


def _hear_wave(data: bytes) -> Heard:
    with wave.open(io.BytesIO(data)) as file:
        frames = file.readframes(file.getnframes())
        plain = file.getsampwidth() == 2 and file.getnchannels() == 1
        samples = np.frombuffer(frames, "<i2") if plain else np.zeros(0, np.int16)
        return Heard(file.getnframes() / file.getframerate(), _find(samples))


def _hear_any(data: bytes) -> Heard:
    with _soundfile().SoundFile(io.BytesIO(data)) as file:
        comment = file.comment
        if comment.startswith(MAGIC.decode()):
            hidden = pybase64.b64decode(comment.removeprefix(MAGIC.decode()))
            return Heard(file.frames / file.samplerate, hidden.decode(errors="replace"))
        samples = file.read(dtype="int16", always_2d=True)
        return Heard(len(samples) / file.samplerate, _find(samples[:, 0]))


def _hide(samples: NDArray[np.int16], text: str) -> NDArray[np.int16]:
    content = text.encode()
    bits = np.unpackbits(np.frombuffer(MAGIC + len(content).to_bytes(4, "big") + content, np.uint8))
    marked = np.pad(samples, (0, max(0, len(bits) - len(samples))))
    marked[: len(bits)] = (marked[: len(bits)] & ~np.int16(1)) | bits
    return marked


def _find(samples: NDArray[np.int16]) -> str | None:
    content = np.packbits((samples & 1).astype(np.uint8)).tobytes()
    if not content.startswith(MAGIC):
        return None
    length = int.from_bytes(content[4:8], "big")
    return content[8 : 8 + length].decode(errors="replace")


def _soundfile() -> Any:
    import soundfile  # type: ignore[import-untyped]  # optional, and without types

    return soundfile
