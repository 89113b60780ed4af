"""POST /audio/transcriptions and /audio/translations: the sandbox's own speech gives its text back."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta
from starlette.responses import PlainTextResponse, Response

from .audio import hear, sniff
from .checks import Body, Upload
from .errors import ApiError, json_response
from .operation import FORM, Call, Operation
from .streams import ChunkedResponse, event, event_stream, tokens_of
from .subtitles import segments_of, srt, vtt, words_of

__all__ = ["OPERATIONS"]

MAX_BYTES = 25 * 1024 * 1024
AUDIO_TOKENS = 10  # of a second
FORMATS = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")


class TranslationRequest(Body, kw_only=True):
    """Multipart body of POST /audio/translations."""

    file: Upload
    prompt: str | None = None
    response_format: Literal["json", "text", "srt", "verbose_json", "vtt"] | None = None
    temperature: Annotated[float, Meta(ge=0, le=1)] | None = None


class TranscriptionRequest(Body, kw_only=True):
    """Multipart body of POST /audio/transcriptions."""

    file: Upload
    prompt: str | None = None
    response_format: Literal["json", "text", "srt", "verbose_json", "vtt", "diarized_json"] | None = None
    temperature: Annotated[float, Meta(ge=0, le=1)] | None = None
    language: str | None = None
    languages: list[str] | None = None
    keywords: list[str] | None = None
    include: list[Literal["logprobs"]] | None = None
    timestamp_granularities: list[Literal["word", "segment"]] | None = None
    stream: bool | None = None
    chunking_strategy: str | None = None
    known_speaker_names: Annotated[list[str], Meta(max_length=4)] | None = None
    known_speaker_references: Annotated[list[str], Meta(max_length=4)] | None = None


def transcribe(call: Call) -> Response:
    """Return the text of the sandbox's own speech, or a sentence about other audio."""
    body: TranscriptionRequest = call.body
    if body.timestamp_granularities and body.response_format != "verbose_json":
        raise ApiError(
            "'timestamp_granularities' needs 'response_format' to be 'verbose_json'.",
            param="timestamp_granularities",
            code="invalid_value",
        )
    # whisper-1 ignores the wish for a stream.
    if body.stream and call.model != "whisper-1":
        return _transcript_stream(body)
    granularities = body.timestamp_granularities or ["segment"]
    return _reply(body.file, body.response_format, "transcribe", body.language or "english", granularities)


def translate(call: Call) -> Response:
    """Return the same, in English by definition: the sandbox knows no languages."""
    body: TranslationRequest = call.body
    return _reply(body.file, body.response_format, "translate", "english", ["segment"])


def _reply(
    upload: Upload, response_format: str | None, task: str, language: str, granularities: Sequence[str]
) -> Response:
    text, seconds = _listen(upload)
    usage = {"type": "duration", "seconds": round(seconds)}
    segments = segments_of(text, seconds)
    if response_format == "text":
        return PlainTextResponse(f"{text}\n")
    if response_format in ("srt", "vtt"):
        return PlainTextResponse(srt(segments) if response_format == "srt" else vtt(segments))
    answer: dict[str, Any] = {"text": text, "usage": usage}
    if response_format == "verbose_json":
        answer |= {"task": task, "language": language, "duration": seconds}
        if "segment" in granularities:
            answer["segments"] = segments
        if "word" in granularities:
            answer["words"] = words_of(text, seconds)
    if response_format == "diarized_json":
        answer |= {"task": task, "duration": seconds, "segments": _speakers(segments)}
    return json_response(answer)


def _transcript_stream(body: TranscriptionRequest) -> ChunkedResponse:
    """Return the text word by word, then the whole.

    Raises:
        ApiError: 400 for a format that does not come as a stream.
    """
    if body.response_format not in (None, "json", "text", "diarized_json"):
        raise ApiError(
            f"'response_format' '{body.response_format}' cannot be streamed; use 'json'.",
            param="response_format",
            code="unsupported_value",
        )
    text, seconds = _listen(body.file)
    logprobs = "logprobs" in (body.include or ())

    def scores(tokens: list[str]) -> dict[str, Any]:
        content = [{"token": token, "logprob": 0.0, "bytes": list(token.encode())} for token in tokens]
        return {"logprobs": content} if logprobs else {}

    tokens = tokens_of(text)
    events: list[dict[str, Any]] = []
    if body.response_format == "diarized_json":
        events += _speakers(segments_of(text, seconds))
    events += [{"type": "transcript.text.delta", "delta": token} | scores([token]) for token in tokens]
    heard = round(seconds * AUDIO_TOKENS)
    usage = {
        "type": "tokens",
        "input_tokens": heard,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
        "output_tokens": len(tokens),
        "total_tokens": heard + len(tokens),
    }
    events.append({"type": "transcript.text.done", "text": text} | scores(tokens) | {"usage": usage})
    return event_stream(event(content) for content in events)


def _speakers(segments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    keys = ("start", "end", "text")
    return [
        {"type": "transcript.text.segment", "id": f"seg_{segment['id']}", "speaker": "A"}
        | {key: segment[key] for key in keys}
        for segment in segments
    ]


def _listen(upload: Upload) -> tuple[str, float]:
    """Return text and seconds of a file.

    Raises:
        ApiError: 413 for a file over 25 MB, 400 for one that is not audio or is damaged.
    """
    if len(upload.data) > MAX_BYTES:
        raise ApiError(
            f"Maximum content size limit ({MAX_BYTES}) exceeded ({len(upload.data)} bytes read)",
            status=413,
            param="file",
        )
    if sniff(upload.data) is None:
        raise ApiError(f"Invalid file format. Supported formats: {list(FORMATS)}", param="file")
    heard = hear(upload.data)
    if heard is None:
        raise ApiError("Audio file might be corrupted or unsupported", param="file", code="invalid_value")
    length = f"{heard.seconds:.2f} seconds" if heard.seconds else "a length the sandbox cannot tell"
    return (
        heard.text or f"The sandbox hears audio of {length}, and understands no speech but its own.",
        heard.seconds,
    )


OPERATIONS = (
    Operation("POST", "/audio/transcriptions", transcribe, {FORM: TranscriptionRequest}, heavy=True),
    Operation("POST", "/audio/translations", translate, {FORM: TranslationRequest}, heavy=True),
)
