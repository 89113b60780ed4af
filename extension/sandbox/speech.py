"""POST /audio/speech: a tune of beeps, one for each character, that carries the text."""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import pybase64
from msgspec import Meta
from numpy.typing import NDArray

from .audio import RATE, encode_audio, served_formats
from .checks import Body
from .errors import ApiError
from .operation import JSON, Call, Operation
from .streams import ChunkedResponse, event, event_stream

__all__ = ["OPERATIONS", "CustomVoice", "speak"]

SECONDS_PER_CHARACTER = 0.06
AUDIO_TOKENS = 20  # of a second
CHUNK = 16_384  # bytes sent at once
# Each voice's lowest note in hertz.
PITCHES = {
    "alloy": 220,
    "ash": 165,
    "ballad": 196,
    "cedar": 147,
    "coral": 262,
    "echo": 175,
    "fable": 208,
    "marin": 233,
    "nova": 277,
    "onyx": 131,
    "sage": 247,
    "shimmer": 294,
    "verse": 185,
}
SCALE = (0, 2, 4, 7, 9)  # semitones: any letters sound well together
MEDIA = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
    "aac": "audio/aac",
}


class CustomVoice(msgspec.Struct, forbid_unknown_fields=True):
    """A voice by id."""

    id: str


class SpeechRequest(Body, kw_only=True):
    """JSON body of POST /audio/speech."""

    input: Annotated[str, Meta(min_length=1, max_length=4096)]
    voice: str | CustomVoice
    instructions: Annotated[str, Meta(max_length=4096)] | None = None
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] | None = None
    speed: Annotated[float, Meta(ge=0.25, le=4)] | None = None
    stream_format: Literal["audio", "sse"] | None = None


def create_speech(call: Call) -> ChunkedResponse:
    """Return the audio file itself, in pieces, or as events."""
    body: SpeechRequest = call.body
    output = body.response_format or ("mp3" if "mp3" in served_formats() else "wav")
    samples, data = speak(body.input, body.voice, output, body.speed or 1.0, param="response_format")
    chunks = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    if body.stream_format == "sse":
        return _speech_stream(call, chunks, len(samples) / RATE)
    return ChunkedResponse(chunks, MEDIA[output])


def speak(
    text: str, voice: str | CustomVoice, output: str, speed: float = 1.0, *, param: str
) -> tuple[NDArray[np.int16], bytes]:
    """Return the samples of a text, and their file.

    Args:
        text: What is read.
        voice: Who reads.
        output: Format of the file.
        speed: 1 for normal.
        param: What names the format in the request.

    Raises:
        ApiError: 400 for a format or a voice that there is not.
    """
    served = served_formats()
    if output not in served:
        raise ApiError(
            f"Invalid value: '{output}'. This sandbox makes {', '.join(map(repr, served))}.",
            param=param,
            code="invalid_value",
        )
    if isinstance(voice, str) and voice not in PITCHES:
        raise ApiError(
            f"Invalid value: '{voice}'. Supported values are: {', '.join(map(repr, PITCHES))}.",
            param="voice",
            code="invalid_value",
        )
    samples = _tune(text, PITCHES.get(voice, 220) if isinstance(voice, str) else 220, speed)
    return samples, encode_audio(samples, text, output)


def _speech_stream(call: Call, chunks: list[bytes], seconds: float) -> ChunkedResponse:
    """Return the audio as events.

    Raises:
        ApiError: 400 for the models that have no events.
    """
    if call.model in ("tts-1", "tts-1-hd"):
        raise ApiError(
            f"The model '{call.model}' does not support 'stream_format' 'sse'.",
            param="stream_format",
            code="unsupported_value",
        )
    events: list[dict[str, Any]] = [
        {"type": "speech.audio.delta", "audio": pybase64.b64encode(chunk).decode()} for chunk in chunks
    ]
    words, sound = len(call.body.input.split()), round(seconds * AUDIO_TOKENS)
    usage = {"input_tokens": words, "output_tokens": sound, "total_tokens": words + sound}
    events.append({"type": "speech.audio.done", "usage": usage})
    return event_stream(event(content) for content in events)


def _tune(text: str, lowest: float, speed: float) -> NDArray[np.int16]:
    """Return a beep for each character and a pause for each space."""
    codes = np.array([ord(character) for character in text.lower()])
    loud = np.array([0.0 if character.isspace() else 1.0 for character in text])
    steps = np.array(SCALE)[codes % len(SCALE)] + 12 * (codes // len(SCALE) % 2)
    length = int(RATE * SECONDS_PER_CHARACTER / speed)
    time = np.arange(length) / RATE
    fade = np.sin(np.pi * np.arange(length) / length)
    tones = np.sin(2 * np.pi * np.outer(lowest * 2 ** (steps / 12), time)) * fade * loud[:, None]
    samples: NDArray[np.int16] = (tones.ravel() * 9000).astype(np.int16)
    return samples


OPERATIONS = (Operation("POST", "/audio/speech", create_speech, {JSON: SpeechRequest}, heavy=True),)
