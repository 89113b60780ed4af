"""Create Speech."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from .base import Column, ColumnKind, Node, Response, ResultSchema, Route, models_that, optional, required
from .base.media.audio import seconds_of, sniff_audio
from .base.media.completeness import is_cut_short
from .base.model_patterns import SPEECH_MODELS
from .base.model_rules import SPEECH_RULES
from .base.result_schema import GarbledResponse, error_message
from .base.voices import VOICES

PCM_BYTES_PER_SECOND = 24_000 * 2
"""Raw samples have no header; OpenAI's are mono with 16 bits. https://platform.openai.com/docs/guides/text-to-speech"""


class Speech(ResultSchema):
    """A sound file, whatever the format of the result."""

    raw_kind = ColumnKind.AUDIO

    def simplified(self) -> tuple[Column, ...]:
        return (
            Column("audio", ColumnKind.AUDIO, "The recording, encoded as the service sent it."),
            Column("format", ColumnKind.TEXT, "Format of the recording, such as mp3 or wav."),
            Column("seconds", ColumnKind.NUMBER, "Length of the recording."),
        )

    structured = simplified

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        return [self.structure(response, values)]

    def structure(self, response: Response, values: Mapping[str, Any]) -> Mapping[str, Any]:
        wanted, found = values.get("response_format"), sniff_audio(response.body)
        plain = wanted == "pcm" and response.media_type.startswith(("audio/", "application/octet-stream"))
        if not response.body or not (found or plain):
            raise GarbledResponse(f"the service answered with bytes that are not a recording{_said(response)}")
        if is_cut_short(response.body):
            raise GarbledResponse("the service answered with a part of a recording: its end is missing")
        return {
            "audio": response.body,
            "format": wanted or found.removeprefix("audio/").replace("mpeg", "mp3"),
            "seconds": seconds_of(response.body) if found else len(response.body) / PCM_BYTES_PER_SECOND,
        }

    def raw(self, response: Response) -> Mapping[str, Any]:
        return {"body": response.body, "status": response.status}


def _said(response: Response) -> str:
    try:
        return f": {error_message(response.json)}"
    except ValueError:
        return f" ({response.media_type})" if response.media_type else ""


class CreateSpeech(Node):
    """Reads texts aloud.

    Each row of the input table is one text and one request, and gives one recording.
    """

    routes = (Route("speech", "POST", "/audio/speech", rules=SPEECH_RULES),)
    response = Speech()
    openai = True
    search_terms = ("tts", "text to speech", "voice", "read aloud")

    input: str | None = required(
        "Text",
        "The text to read, up to 4,096 characters.",
        multiline=True,
        pattern=r"(?s).{1,4096}",
        pattern_help="a text of 1 to 4,096 characters",
        example="Two plums, please.",
    )
    voice: str | None = required(
        "Voice", "The voice that reads; other services have other voices.", primary=False, suggestions=VOICES
    )
    model: str | None = required("Model", "The model to use.", primary=False, suggestions=models_that(SPEECH_MODELS))
    instructions: str | None = optional(
        "Instructions",
        "How to read: tone, accent, mood; up to 4,096 characters.",
        multiline=True,
        pattern=r"(?s).{1,4096}",
        pattern_help="a text of 1 to 4,096 characters",
        example="Cheerfully.",
    )
    speed: float | None = optional("Speed", "Speed of the speech; 1 is normal.", minimum=0.25, maximum=4, initial=1.0)
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] | None = optional(
        "Audio format", "Format of the recordings. Default: mp3. pcm is raw samples: 24 kHz, mono, 16 bits."
    )
