"""When each sentence and word of a text is spoken: every character takes the same time."""

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["segments_of", "srt", "vtt", "words_of"]


def segments_of(text: str, seconds: float) -> list[dict[str, Any]]:
    """Return the sentences as segments of a verbose transcription."""
    return [
        {
            "id": index,
            "seek": 0,
            "start": start,
            "end": end,
            "text": sentence,
            "tokens": [],
            "temperature": 0.0,
            "avg_logprob": 0.0,
            "compression_ratio": 1.0,
            "no_speech_prob": 0.0,
        }
        for index, (sentence, start, end) in enumerate(_with_times(r"\S.*?(?:[.!?](?=\s)|$)", text, seconds))
    ]


def words_of(text: str, seconds: float) -> list[dict[str, Any]]:
    """Return the words of a verbose transcription."""
    return [{"word": word, "start": start, "end": end} for word, start, end in _with_times(r"\S+", text, seconds)]


def srt(segments: list[dict[str, Any]]) -> str:
    """Return SubRip subtitles."""
    cues = _cues(segments, ",")
    return "\n".join(f"{number}\n{cue}" for number, cue in enumerate(cues, 1))


def vtt(segments: list[dict[str, Any]]) -> str:
    """Return WebVTT subtitles."""
    return "WEBVTT\n\n" + "\n".join(_cues(segments, "."))


def _cues(segments: list[dict[str, Any]], mark: str) -> list[str]:
    return [
        f"{_clock(segment['start'], mark)} --> {_clock(segment['end'], mark)}\n{segment['text']}\n"
        for segment in segments
    ]


def _with_times(pattern: str, text: str, seconds: float) -> Iterator[tuple[str, float, float]]:
    pace = seconds / max(1, len(text))
    for match in re.finditer(pattern, text, re.MULTILINE):
        yield match[0], round(match.start() * pace, 3), round(match.end() * pace, 3)


def _clock(seconds: float, mark: str) -> str:
    whole, part = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{mark}{part:03}"
