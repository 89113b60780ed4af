"""Create Transcription."""

from typing import Any, Literal

from .base import Body, Node, Operation, SourceAudio, models_that, optional, required, setting
from .base.model_rules import refusal
from .base.transcripts import RECORDING, Transcripts


class CreateTranscription(Node):
    """Writes down what is said in recordings, in the language that is spoken.

    Each row of the input table is one recording and one request; the result has one row per request, segment or word.
    """

    operation = Operation("POST", "/audio/transcriptions", Body.MULTIPART)
    response = Transcripts()

    file: SourceAudio | None = required(
        "File",
        "The recording: a file, a url or base64 text; mp3, wav, m4a, flac, ogg or webm under 25 MiB.",
        files={"*": RECORDING},
    )
    model: str | None = required("Model", "The model to use.", primary=False, suggestions=models_that("transcribe"))
    language: str | None = optional("Language", "Language that is spoken, as a code of two letters such as en.")
    prompt: str | None = optional(
        "Prompt",
        "Text in the style to write in, with names that may occur; in the recording's language.",
        multiline=True,
    )
    response_format: Literal["json", "text", "srt", "verbose_json", "vtt", "diarized_json"] | None = optional(
        "Response format",
        "srt and vtt are subtitles, as text; off means json, or what One row per needs.",
    )
    timestamp_granularities: list[Literal["word", "segment"]] | None = optional(
        "Timestamp granularities",
        "What gets times; needs response format verbose_json. Off means what One row per needs.",
        advanced=True,
    )
    temperature: float | None = optional(
        "Temperature", "How freely words are chosen: 0 is the most likely ones.", minimum=0, maximum=1, advanced=True
    )
    keywords: list[str] | None = optional("Keywords", "Words that are likely to be said.", advanced=True)
    languages: list[str] | None = optional(
        "Languages", "Codes of the languages that may be spoken, where there are several.", advanced=True
    )
    include: list[Literal["logprobs"]] | None = optional(
        "Include", "What to add to a json answer: the tokens' log probabilities.", advanced=True
    )
    chunking_strategy: str | None = optional(
        "Chunking strategy",
        "How long recordings are cut: auto, or a JSON object of the type server_vad.",
        suggestions=("auto",),
        advanced=True,
    )
    known_speaker_names: list[str] | None = optional(
        "Known speaker names", "Up to 4 names of speakers, in the order of their samples.", maximum=4, advanced=True
    )
    known_speaker_references: list[str] | None = optional(
        "Known speaker references", "A sample of each named speaker, as a data url.", maximum=4, advanced=True
    )
    one_row_per: Literal["request", "segment", "word"] = setting(
        "One row per", "What a row of the result is; segments and words come with their times.", "request"
    )

    def refusal(self, route: Operation) -> str:
        wanted = self._format()
        if self.one_row_per != "request" and wanted not in ("verbose_json", "diarized_json"):
            return f"response_format is {wanted!r}, but has no times for One row per {self.one_row_per}; switch it off."
        if self.one_row_per == "word" and wanted == "diarized_json":
            return "One row per is word, but diarized_json has segments only; choose verbose_json and another model."
        if self.timestamp_granularities and self.one_row_per not in ("request", *self.timestamp_granularities):
            return f"timestamp_granularities lacks {self.one_row_per}, which One row per asks for; switch it off."
        given = {name: getattr(self, name) for name in self.wire_fields()}
        return super().refusal(route) or refusal({**given, "response_format": wanted}, route.route)

    def payload(self, route: Operation) -> dict[str, Any]:
        values = super().payload(route)
        if wanted := self._format():
            values["response_format"] = wanted
        if self.one_row_per != "request" and wanted == "verbose_json":
            values.setdefault("timestamp_granularities", [self.one_row_per])
        return values

    def _format(self) -> str | None:
        if self.response_format or self.one_row_per == "request":
            return self.response_format
        return "diarized_json" if "diarize" in (self.model or "") else "verbose_json"
