"""Create Translation."""

from typing import Any, Literal

from .base import Body, Node, Operation, SourceAudio, models_that, optional, required, setting
from .base.transcripts import RECORDING, Transcripts


class CreateTranslation(Node):
    """Writes down in English what is said in recordings of any language.

    Each row of the input table is one recording and one request; the result has one row per request or segment.
    """

    operation = Operation("POST", "/audio/translations", Body.MULTIPART)
    response = Transcripts()

    file: SourceAudio | None = required(
        "File",
        "The recording: a file, a url or base64 text; mp3, wav, m4a, flac, ogg or webm under 25 MiB.",
        files={"*": RECORDING},
    )
    model: str | None = required(
        "Model", "The model to use.", primary=False, suggestions=models_that("translate speech")
    )
    prompt: str | None = optional(
        "Prompt", "English text in the style to write in, with names that may occur.", multiline=True
    )
    response_format: Literal["json", "text", "srt", "verbose_json", "vtt"] | None = optional(
        "Response format", "srt and vtt are subtitles, as text; off means json, or verbose_json for segments."
    )
    temperature: float | None = optional(
        "Temperature", "How freely words are chosen: 0 is the most likely ones.", minimum=0, maximum=1, advanced=True
    )
    one_row_per: Literal["request", "segment"] = setting(
        "One row per", "What a row of the result is; segments come with their times.", "request"
    )

    def refusal(self, route: Operation) -> str:
        if self.one_row_per == "segment" and self.response_format not in (None, "verbose_json"):
            return (
                f"response_format is {self.response_format!r}, but has no times for One row per segment; switch it off."
            )
        return super().refusal(route)

    def payload(self, route: Operation) -> dict[str, Any]:
        values = super().payload(route)
        if self.one_row_per == "segment":
            values["response_format"] = "verbose_json"
        return values
