"""Create Transcription."""

from collections.abc import Mapping
from typing import Any, Literal

from ..port_types.errors import InvalidInput
from .base import Body, Node, Route, Rule, SourceAudio, models_that, optional, required, setting
from .base.model_patterns import TRANSCRIPTION_MODELS
from .base.model_rules import TRANSCRIPTION_RULES
from .base.transcripts import RECORDING, Transcripts


def _check_verbose(_: Any, values: Mapping[str, Any]) -> str | None:
    return None if values.get("response_format") == "verbose_json" else "needs response_format verbose_json"


class CreateTranscription(Node):
    """Transcribes recordings in the language that is spoken.

    Each row of the input table is one recording and one request; the result has one row per request, segment or word.
    """

    routes = (
        Route(
            "transcriptions",
            "POST",
            "/audio/transcriptions",
            Body.MULTIPART,
            files={"file": RECORDING},
            rules=(*TRANSCRIPTION_RULES, Rule("timestamp_granularities", check=_check_verbose)),
        ),
    )
    response = Transcripts()
    openai = True
    search_terms = ("whisper", "stt", "asr", "speech to text", "subtitles")

    file: SourceAudio | None = required(
        "Recording",
        "The recording: a file, a url or base64 text; mp3, wav, m4a, flac, ogg or webm under 25 MiB.",
    )
    model: str | None = required(
        "Model", "The model to use.", primary=False, suggestions=models_that(TRANSCRIPTION_MODELS)
    )
    language: str | None = optional("Language", "Language of the recording, as a two-letter code such as en.")
    prompt: str | None = optional(
        "Prompt",
        "Text in the style to write in, with names that may occur, in the recording's language.",
        multiline=True,
    )
    response_format: Literal["json", "text", "srt", "verbose_json", "vtt", "diarized_json"] | None = optional(
        "Transcript format",
        "srt and vtt are subtitles, as text. Default: json, or the format that One row per needs.",
    )
    timestamp_granularities: list[Literal["word", "segment"]] | None = optional(
        "Timestamps for",
        "What gets timestamps; needs the format verbose_json. Default: what One row per needs.",
        advanced=True,
    )
    temperature: float | None = optional(
        "Temperature",
        "Randomness of the answers; at 0 the likeliest words are chosen.",
        minimum=0,
        maximum=1,
        advanced=True,
        initial=0.0,
    )
    keywords: list[str] | None = optional("Keywords", "Words that are likely to occur.", advanced=True)
    languages: list[str] | None = optional(
        "Languages", "Codes of the languages that may be spoken, where there are several.", advanced=True
    )
    include: list[Literal["logprobs"]] | None = optional(
        "Include in the answer", "What to add to a json answer: the log probabilities of its tokens.", advanced=True
    )
    chunking_strategy: str | None = optional(
        "Chunking strategy",
        "How long recordings are split: auto, or a JSON object of type server_vad.",
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
        "One row per", "What a row of the result is; segments and words have timestamps.", "request"
    )

    def result_schema(self) -> Transcripts:
        return Transcripts(self.one_row_per)

    def check_route(self, values: Mapping[str, Any], route: Route) -> str | None:
        wanted, granularities = self._format(values), values.get("timestamp_granularities")
        if self.one_row_per != "request" and wanted not in ("verbose_json", "diarized_json"):
            return (
                f"`response_format` is {wanted!r}, but has no times for `one_row_per={self.one_row_per}`; leave it out."
            )
        if self.one_row_per == "word" and wanted == "diarized_json":
            return "`one_row_per` is word, but diarized_json has segments only; choose verbose_json and another model."
        if granularities and self.one_row_per not in ("request", *granularities):
            return f"`timestamp_granularities` lacks {self.one_row_per}, which `one_row_per` asks for; leave it out."
        return super().check_route({**values, "response_format": wanted} if wanted else values, route)

    def payload(self, values: Mapping[str, Any], route: Route) -> dict[str, Any]:
        payload = super().payload(values, route)
        if wanted := self._format(values):
            payload["response_format"] = wanted
        if self.one_row_per != "request" and wanted == "verbose_json":
            payload.setdefault("timestamp_granularities", [self.one_row_per])
        if str(payload.get("chunking_strategy", "")).startswith("{"):
            payload |= _members("chunking_strategy", payload.pop("chunking_strategy"))
        return payload

    def _format(self, values: Mapping[str, Any]) -> str | None:
        if self.one_row_per == "request" or "response_format" in values:
            return values.get("response_format")
        return "diarized_json" if "diarize" in values.get("model", "") else "verbose_json"


def _members(name: str, text: str) -> dict[str, Any]:
    """Return each member of a JSON object as a part of its own, ``name[member]``, as OpenAI's client sends it.

    Raises:
        InvalidInput: it is not a JSON object.
    """
    import msgspec

    try:
        members: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise InvalidInput(f"`{name}` is not a JSON object: {error}.") from None
    return {f"{name}[{member}]": value for member, value in members.items()}
