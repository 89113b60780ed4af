"""When each sentence and word of a text is spoken: every character takes the same time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["segments_of", "srt", "vtt", "words_of"]


def segments_of(text: str, seconds: float) -> list[dict[str, Any]]:
    """The sentences as segments of a verbose transcription."""
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
        for index, (sentence, start, end) in enumerate(_timed(r"\S.*?(?:[.!?](?=\s)|$)", text, seconds))
    ]


def words_of(text: str, seconds: float) -> list[dict[str, Any]]:
    """The words of a verbose transcription."""
    return [{"word": word, "start": start, "end": end} for word, start, end in _timed(r"\S+", text, seconds)]


def srt(segments: list[dict[str, Any]]) -> str:
    """SubRip subtitles."""
    return "\n".join(
        f"{each['id'] + 1}\n{_clock(each['start'], ',')} --> {_clock(each['end'], ',')}\n{each['text']}\n"
        for each in segments
    )


def vtt(segments: list[dict[str, Any]]) -> str:
    """WebVTT subtitles."""
    return "WEBVTT\n\n" + "\n".join(
        f"{_clock(each['start'], '.')} --> {_clock(each['end'], '.')}\n{each['text']}\n" for each in segments
    )


def _timed(pattern: str, text: str, seconds: float) -> Iterator[tuple[str, float, float]]:
    pace = seconds / max(1, len(text))
    for found in re.finditer(pattern, text, re.MULTILINE):
        yield found[0], round(found.start() * pace, 3), round(found.end() * pace, 3)


def _clock(seconds: float, mark: str) -> str:
    whole, part = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{mark}{part:03}"
