"""Create Translation."""

from collections.abc import Mapping
from typing import Any, Literal

from .base import Body, Node, Route, SourceAudio, models_that, optional, required, setting
from .base.model_patterns import TRANSLATION_MODELS
from .base.model_rules import TRANSCRIPTION_RULES
from .base.transcripts import RECORDING, Transcripts


class CreateTranslation(Node):
    """Translates recordings in any language into English text.

    Each row of the input table is one recording and one request; the result has one row per request or segment.
    """

    routes = (
        Route(
            "translations",
            "POST",
            "/audio/translations",
            Body.MULTIPART,
            files={"file": RECORDING},
            rules=TRANSCRIPTION_RULES,
        ),
    )
    response = Transcripts()
    openai = True
    search_terms = ("whisper", "speech to text", "subtitles")

    file: SourceAudio | None = required(
        "Recording",
        "The recording: a file, a url or base64 text; mp3, wav, m4a, flac, ogg or webm under 25 MiB.",
    )
    model: str | None = required(
        "Model", "The model to use.", primary=False, suggestions=models_that(TRANSLATION_MODELS)
    )
    prompt: str | None = optional(
        "Prompt", "English text in the style to write in, with names that may occur.", multiline=True
    )
    response_format: Literal["json", "text", "srt", "verbose_json", "vtt"] | None = optional(
        "Transcript format", "srt and vtt are subtitles, as text. Default: json, or verbose_json for segments."
    )
    temperature: float | None = optional(
        "Temperature",
        "Randomness of the answers; at 0 the likeliest words are chosen.",
        minimum=0,
        maximum=1,
        advanced=True,
        initial=0.0,
    )
    one_row_per: Literal["request", "segment"] = setting(
        "One row per", "What a row of the result is; segments have timestamps.", "request"
    )

    def result_schema(self) -> Transcripts:
        return Transcripts(self.one_row_per)

    def check_route(self, values: Mapping[str, Any], route: Route) -> str | None:
        wanted = values.get("response_format")
        if self.one_row_per == "segment" and wanted not in (None, "verbose_json"):
            return f"`response_format` is {wanted!r}, but has no times for `one_row_per=segment`; leave it out."
        return super().check_route(values, route)

    def payload(self, values: Mapping[str, Any], route: Route) -> dict[str, Any]:
        payload = super().payload(values, route)
        if self.one_row_per == "segment":
            payload["response_format"] = "verbose_json"
        return payload
