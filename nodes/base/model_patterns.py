"""Families of models, as patterns of their ids: which can do what, best first.

In a pattern * stands for any text. Sources: OpenAI's model pages and those of the named services.
"""

from ...port_types.fields import ModelFilter
from .rules import matches

__all__ = [
    "CHAT_MODELS",
    "DALL_E",
    "EMBEDDING_MODELS",
    "FIRST_GPT_IMAGE",
    "GPT_IMAGE",
    "IMAGE_MODELS",
    "MODERATION_MODELS",
    "NOT_CHAT_MODELS",
    "OLD_CHAT",
    "REASONING",
    "SECOND_GPT_IMAGE",
    "SPEECH_MODELS",
    "TRANSCRIPTION_MODELS",
    "TRANSLATION_MODELS",
    "WITHOUT_REASONING",
    "is_gpt_image",
    "models_that",
]

GPT_IMAGE = ("gpt-image-*", "chatgpt-image-*")
FIRST_GPT_IMAGE = ("gpt-image-1*", "chatgpt-image-*")
SECOND_GPT_IMAGE = ("gpt-image-2", "gpt-image-2-*")
DALL_E = ("dall-e-*",)
REASONING = ("o1*", "o3*", "o4*", "gpt-5", "gpt-5-mini*", "gpt-5-nano*", "gpt-5-20*")
"""Reasoning models whose sampling is fixed."""
WITHOUT_REASONING = ("gpt-3.5*", "gpt-4*", "chatgpt-4o*")
OLD_CHAT = ("gpt-3.5*", "gpt-4", "gpt-4-*", "*llama*", "*mistral*", "*mixtral*", "*gemma*", "*qwen*", "*phi-*")
"""Models whose services know max_tokens; OpenAI's later ones refuse it."""

IMAGE_MODELS = (*GPT_IMAGE, "dall-e-*", "*image*", "*flux*", "*diffusion*", "sd*")
SPEECH_MODELS = ("*tts*", "*speech*", "kokoro*", "piper*")
TRANSCRIPTION_MODELS = ("*transcri*", "*whisper*", "*voxtral*", "*parakeet*")
TRANSLATION_MODELS = ("*whisper*", "*transcription*")
EMBEDDING_MODELS = ("text-embedding-*", "*embed*", "bge-*", "*-bge-*", "e5-*", "gte-*", "*minilm*")
MODERATION_MODELS = ("omni-moderation-*", "*moderation*", "*guard*")
CHAT_MODELS = ("gpt-[5-9]*", "o[1-9]*", "gpt-4*", "*")
NOT_CHAT_MODELS = (
    *IMAGE_MODELS,
    *SPEECH_MODELS,
    *TRANSCRIPTION_MODELS,
    *EMBEDDING_MODELS,
    *MODERATION_MODELS,
    *("*realtime*", "*audio*", "*rerank*", "davinci-*", "babbage-*", "*turbo-instruct*", "sora*", "*video*"),
)
"""What has another ability does not chat."""


def is_gpt_image(model: str | None) -> bool:
    """Return whether `model` is one of OpenAI's GPT Image models."""
    return matches(model, GPT_IMAGE)


def models_that(include: tuple[str, ...], exclude: tuple[str, ...] = ()) -> ModelFilter:
    """Return the filter that keeps the models whose ids are like one of `include`, in that order, best first.

    Of a list without any, all are kept: some services name their only model as they like.

    Args:
        include: patterns of ids, in which * stands for any text.
        exclude: patterns of ids that are never kept.
    """

    def able(ids: list[str]) -> list[str]:
        candidates = [model for model in ids if not matches(model, exclude)]
        found = [model for pattern in include for model in candidates if matches(model, (pattern,))]
        return list(dict.fromkeys(found)) or list(ids)

    return able
