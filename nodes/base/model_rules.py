"""What OpenAI's models take: data with a date, in tuples of rules that routes name.

A model this data does not know is allowed through. Sources: OpenAI's model pages and changelog, read on `AS_OF`.
"""

from collections.abc import Mapping
from typing import Any

from .model_patterns import DALL_E, FIRST_GPT_IMAGE, GPT_IMAGE, OLD_CHAT, REASONING, SECOND_GPT_IMAGE, WITHOUT_REASONING
from .rules import Rule, WireAlias

__all__ = [
    "AS_OF",
    "CHAT_ALIASES",
    "CHAT_RULES",
    "DRAWN_RULES",
    "EMBEDDING_RULES",
    "FRAME_RULES",
    "GPT_IMAGE_ALIASES",
    "IMAGE_RULES",
    "RESPONSE_RULES",
    "SPEECH_RULES",
    "TRANSCRIPTION_RULES",
]

AS_OF = "2026-11-20"


def _check_size_multiple_of_16(size: Any, _values: Mapping[str, Any]) -> str | None:
    if size == "auto":
        return None
    width, _, height = str(size).partition("x")
    if not (width.isdigit() and height.isdigit()):
        return "must be auto or WIDTHxHEIGHT"
    wide, high = int(width), int(height)
    if wide % 16 or high % 16 or not wide or not high:
        return "must have a width and height that are multiples of 16"
    if max(wide, high) > 3 * min(wide, high):
        return "must have a ratio between 1:3 and 3:1"
    if max(wide, high) > 3840 or min(wide, high) > 2160:
        return "must be at most 3840x2160"
    return None


def _check_background(background: Any, values: Mapping[str, Any]) -> str | None:
    fits = values.get("output_format") in (None, "png", "webp")
    return None if background != "transparent" or fits else "needs output_format png or webp"


def _check_compression(_: Any, values: Mapping[str, Any]) -> str | None:
    return None if values.get("output_format") in ("jpeg", "webp") else "needs output_format jpeg or webp"


def _check_at_most_1536(value: Any, _: Mapping[str, Any]) -> str | None:
    return "must be at most 1536" if value > 1536 else None


def _check_at_most_3072(value: Any, _: Mapping[str, Any]) -> str | None:
    return "must be at most 3072" if value > 3072 else None


def _check_gif(_: Any, values: Mapping[str, Any]) -> str | None:
    return None if values.get("output_format") == "gif" else "needs output_format gif"


def _check_without_mask(_: Any, values: Mapping[str, Any]) -> str | None:
    return "cannot go with mask" if "mask" in values else None


def _check_no_gif(_: Any, values: Mapping[str, Any]) -> str | None:
    return "cannot go with output_format gif" if values.get("output_format") == "gif" else None


IMAGE_RULES = (
    Rule("size", FIRST_GPT_IMAGE, allowed=("auto", "1024x1024", "1536x1024", "1024x1536")),
    Rule("size", ("gpt-image-[2-9]*",), check=_check_size_multiple_of_16),
    Rule("quality", (*FIRST_GPT_IMAGE, *SECOND_GPT_IMAGE), allowed=("auto", "low", "medium", "high")),
    Rule("quality", ("gpt-image-2.[5-9]*",), allowed=("auto", "low", "medium", "high", "xhigh", "max")),
    Rule("response_format", GPT_IMAGE, allowed=("b64_json",), hint="GPT Image models return base64 only"),
    Rule("background", check=_check_background),
    Rule("output_compression", check=_check_compression),
    Rule(
        "output_format",
        (*FIRST_GPT_IMAGE, *SECOND_GPT_IMAGE, "gpt-image-2.5*"),
        allowed=("png", "jpeg", "webp"),
        hint="svg and gif came with gpt-image-2.6",
    ),
    Rule("complexity", (*FIRST_GPT_IMAGE, *SECOND_GPT_IMAGE, "gpt-image-2.5*"), hint="it came with gpt-image-2.6"),
    *(
        Rule(field, DALL_E, hint="it belongs to GPT Image models")
        for field in ("background", "output_format", "output_compression", "moderation", "complexity")
    ),
    Rule("n", ("dall-e-3",), allowed=(1,)),
)
"""Images: https://platform.openai.com/docs/guides/image-generation"""

FRAME_RULES = tuple(Rule(field, check=_check_gif) for field in ("frame_count", "frame_duration_ms"))
"""Moving images, of the nodes that have a field for them."""

DRAWN_RULES = (
    Rule("mask", check=_check_no_gif),
    Rule("markup", check=_check_without_mask),
    Rule("markup", (*FIRST_GPT_IMAGE, *SECOND_GPT_IMAGE, *DALL_E), hint="it came with gpt-image-2.5"),
)
"""What is laid on an image."""

GPT_IMAGE_ALIASES = (
    # These models always return base64 and refuse the field's name; other values were refused before.
    WireAlias("response_format", GPT_IMAGE, ""),
)

CHAT_RULES = (
    *(
        Rule(field, REASONING, allowed=(usual,), hint="its sampling is fixed; switch the field off")
        for field, usual in (("temperature", 1), ("top_p", 1), ("frequency_penalty", 0), ("presence_penalty", 0))
    ),
    *(
        Rule(field, REASONING, hint="its sampling is fixed; switch the field off")
        for field in ("logprobs", "top_logprobs", "logit_bias")
    ),
    Rule("stop", ("o3*", "o4*"), hint="switch it off"),
    Rule("reasoning_effort", WITHOUT_REASONING, hint="it belongs to reasoning models"),
    Rule("verbosity", WITHOUT_REASONING, hint="it came with gpt-5"),
)
"""Chat: https://platform.openai.com/docs/api-reference/chat/create"""

RESPONSE_RULES = tuple(
    rule
    for rule in CHAT_RULES
    if rule.field in ("temperature", "top_p", "top_logprobs", "reasoning_effort", "verbosity")
)
"""Responses: https://platform.openai.com/docs/api-reference/responses/create"""

CHAT_ALIASES = (WireAlias("max_completion_tokens", OLD_CHAT, "max_tokens"),)

SPEECH_RULES = (
    Rule("instructions", ("tts-1*",), hint="it came with gpt-4o-mini-tts"),
    Rule(
        "voice",
        ("tts-1*",),
        allowed=("alloy", "ash", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer"),
    ),
)
"""Audio: https://platform.openai.com/docs/api-reference/audio"""

TRANSCRIPTION_RULES = (
    Rule("response_format", ("gpt-4o-transcribe-diarize*",), allowed=("json", "text", "diarized_json")),
    Rule(
        "response_format",
        ("gpt-4o-transcribe", "gpt-4o-transcribe-20*", "gpt-4o-mini-transcribe*"),
        allowed=("json",),
        hint="whisper-1 has times, gpt-4o-transcribe-diarize has segments",
    ),
    Rule("response_format", ("whisper-1",), allowed=("json", "text", "srt", "verbose_json", "vtt")),
    Rule("prompt", ("gpt-4o-transcribe-diarize*",), hint="switch it off"),
)
"""Audio: https://platform.openai.com/docs/api-reference/audio"""

EMBEDDING_RULES = (
    Rule("dimensions", ("text-embedding-ada-*",), hint="its vectors have 1536 numbers"),
    Rule("dimensions", ("text-embedding-3-small",), check=_check_at_most_1536),
    Rule("dimensions", ("text-embedding-3-large",), check=_check_at_most_3072),
)
"""Embeddings: https://platform.openai.com/docs/guides/embeddings"""
