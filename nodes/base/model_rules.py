"""What is known of models: data with a date, in one place.

A model this data does not know is allowed through. Sources: OpenAI's model pages and changelog, read on `AS_OF`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from ...port_types.fields import ModelFilter
from ...port_types.fields.values import preview

__all__ = [
    "AS_OF",
    "RULES",
    "WIRE_ALIASES",
    "Rule",
    "WireAlias",
    "apply_wire_aliases",
    "is_gpt_image",
    "models_that",
    "refusal",
]

AS_OF = "2026-11-20"

GPT_IMAGE = ("gpt-image-*", "chatgpt-image-*")
FIRST_GPT_IMAGE = ("gpt-image-1*", "chatgpt-image-*")
SECOND_GPT_IMAGE = ("gpt-image-2", "gpt-image-2-*")
DALL_E = ("dall-e-*",)
DALL_E_SIZES = ("256x256", "512x512", "1024x1024")
REASONING = ("o1*", "o3*", "o4*", "gpt-5", "gpt-5-mini*", "gpt-5-nano*", "gpt-5-20*")
"""Reasoning models whose sampling is fixed."""
WITHOUT_REASONING = ("gpt-3.5*", "gpt-4*", "chatgpt-4o*")
OLD_CHAT = ("gpt-3.5*", "gpt-4", "gpt-4-*", "*llama*", "*mistral*", "*mixtral*", "*gemma*", "*qwen*", "*phi-*")
"""Models whose services know max_tokens; OpenAI's later ones refuse it."""

ABILITIES: Mapping[str, tuple[str, ...]] = {
    "make images": (*GPT_IMAGE, "dall-e-*", "*image*", "*flux*", "*diffusion*", "sd*"),
    "speak": ("*tts*", "*speech*", "kokoro*", "piper*"),
    "transcribe": ("*transcri*", "*whisper*", "*voxtral*", "*parakeet*"),
    "translate speech": ("*whisper*", "*transcription*"),
    "embed": ("text-embedding-*", "*embed*", "bge-*", "*-bge-*", "e5-*", "gte-*", "*minilm*"),
    "moderate": ("omni-moderation-*", "*moderation*", "*guard*"),
    "chat": ("gpt-[5-9]*", "o[1-9]*", "gpt-4*", "*"),
}
"""Patterns of model ids by what the models can do, best first. What has another ability does not chat."""

_NEITHER = ("*realtime*", "*audio*", "*rerank*", "davinci-*", "babbage-*", "*turbo-instruct*", "sora*", "*video*")
"""Models of operations that no node covers."""


@dataclass(frozen=True)
class Rule:
    """What a model or a route says about one field.

    Attributes:
        field: wire name.
        models: patterns of model ids; () means every model, set or not.
        route: name of the route, "" for every one.
        allowed: the only values taken; () together with no `check` means that the field is not taken at all.
        check: returns what is wrong with a value ("must be …"), or ""; gets the value and all fields.
        hint: what the user can do, as the end of a sentence.
    """

    field: str
    models: tuple[str, ...] = ()
    route: str = ""
    allowed: tuple[Any, ...] = ()
    check: Callable[[Any, Mapping[str, Any]], str] | None = None
    hint: str = ""

    def refusal(self, values: Mapping[str, Any], route: str) -> str:
        """Return why `values` cannot be sent, as a sentence, or "" if this rule has nothing against them."""
        value, model = values.get(self.field), values.get("model")
        if value is None or (self.route and self.route != route) or (self.models and not _matches(model, self.models)):
            return ""
        taker = model if self.models else f"the {self.route or route} route"
        end = f"; {self.hint}." if self.hint else "."
        if self.check:
            wrong = self.check(value, values)
            return f"{self.field} is {preview(value)}, but for {taker} it {wrong}{end}" if wrong else ""
        if not self.allowed:
            return f"{self.field} is set, but {taker} does not take it{end}"
        if value in self.allowed:
            return ""
        return f"{self.field} is {preview(value)}, but {taker} takes {_listed(self.allowed)}{end}"


@dataclass(frozen=True)
class WireAlias:
    """Another name that a field has on the wire for some models; "" means that it is understood and not sent."""

    field: str
    models: tuple[str, ...]
    name: str


def _check_size_multiple_of_16(size: Any, _values: Mapping[str, Any]) -> str:
    if size == "auto":
        return ""
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
    return ""


def _check_not_gpt_image(model: Any, _: Mapping[str, Any]) -> str:
    return "must not be a GPT Image model" if is_gpt_image(model) else ""


def _check_background(background: Any, values: Mapping[str, Any]) -> str:
    needs = values.get("output_format") in (None, "png", "webp")
    return "" if background != "transparent" or needs else "needs output_format png or webp"


def _check_compression(_: Any, values: Mapping[str, Any]) -> str:
    return "" if values.get("output_format") in ("jpeg", "webp") else "needs output_format jpeg or webp"


def _check_without_messages(_: Any, values: Mapping[str, Any]) -> str:
    return "cannot go with messages" if values.get("messages") else ""


def _check_tools(_: Any, values: Mapping[str, Any]) -> str:
    return "" if values.get("tools") else "needs tools"


def _check_logprobs(_: Any, values: Mapping[str, Any]) -> str:
    return "" if values.get("logprobs") else "needs logprobs to be on"


def _check_verbose(_: Any, values: Mapping[str, Any]) -> str:
    return "" if values.get("response_format") == "verbose_json" else "needs response_format verbose_json"


def _at_most(limit: int) -> Callable[[Any, Mapping[str, Any]], str]:
    return lambda value, _: f"must be at most {limit}" if value > limit else ""


RULES = (
    # Image variations
    Rule("model", route="variations", check=_check_not_gpt_image, hint="choose the edits route, or auto"),
    Rule(
        "size",
        route="variations",
        allowed=DALL_E_SIZES,
        hint="for other sizes choose the edits route and a GPT Image model",
    ),
    Rule("quality", route="variations", hint="choose the edits route or switch Quality off"),
    Rule("style", route="variations", hint="choose the edits route or switch Style off"),
    Rule("prompt", route="variations", hint="choose the edits route or switch Prompt off"),
    # Images: https://platform.openai.com/docs/guides/image-generation
    Rule("size", FIRST_GPT_IMAGE, allowed=("auto", "1024x1024", "1536x1024", "1024x1536")),
    Rule("size", ("gpt-image-[2-9]*",), check=_check_size_multiple_of_16),
    Rule("quality", (*FIRST_GPT_IMAGE, *SECOND_GPT_IMAGE), allowed=("auto", "low", "medium", "high")),
    Rule("quality", ("gpt-image-2.[5-9]*",), allowed=("auto", "low", "medium", "high", "xhigh", "max")),
    Rule("response_format", GPT_IMAGE, allowed=("b64_json",), hint="GPT Image models return base64 only"),
    Rule("style", GPT_IMAGE, route="generations", hint="put the style into the prompt"),
    Rule("background", check=_check_background),
    Rule("output_compression", check=_check_compression),
    Rule(
        "output_format",
        (*FIRST_GPT_IMAGE, *SECOND_GPT_IMAGE, "gpt-image-2.5*"),
        allowed=("png", "jpeg", "webp"),
        hint="svg and gif came with gpt-image-2.6",
    ),
    Rule(
        "complexity",
        (*FIRST_GPT_IMAGE, *SECOND_GPT_IMAGE, "gpt-image-2.5*"),
        hint="it came with gpt-image-2.6",
    ),
    Rule(
        "input_fidelity",
        ("gpt-image-1-mini*", "gpt-image-[2-9]*"),
        hint="switch it off; only gpt-image-1.5 has the choice",
    ),
    *(
        Rule(field, DALL_E, hint="it belongs to GPT Image models")
        for field in ("background", "output_format", "output_compression", "moderation", "complexity")
    ),
    Rule("n", ("dall-e-3",), allowed=(1,)),
    # Chat: https://platform.openai.com/docs/api-reference/chat/create
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
    *(
        Rule(field, route="completions", check=_check_without_messages, hint="make it one of the messages")
        for field in ("prompt", "system", "images")
    ),
    Rule("tool_choice", route="completions", check=_check_tools),
    Rule("parallel_tool_calls", route="completions", check=_check_tools),
    Rule("top_logprobs", route="completions", check=_check_logprobs),
    # Audio: https://platform.openai.com/docs/api-reference/audio
    Rule("instructions", ("tts-1*",), hint="it came with gpt-4o-mini-tts"),
    Rule(
        "voice",
        ("tts-1*",),
        allowed=("alloy", "ash", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer"),
    ),
    Rule("response_format", ("gpt-4o-transcribe-diarize*",), allowed=("json", "text", "diarized_json")),
    Rule(
        "response_format",
        ("gpt-4o-transcribe", "gpt-4o-transcribe-20*", "gpt-4o-mini-transcribe*"),
        allowed=("json",),
        hint="whisper-1 has times, gpt-4o-transcribe-diarize has segments",
    ),
    Rule("response_format", ("whisper-1",), allowed=("json", "text", "srt", "verbose_json", "vtt")),
    Rule("timestamp_granularities", route="transcriptions", check=_check_verbose),
    Rule("prompt", ("gpt-4o-transcribe-diarize*",), hint="switch it off"),
    # Embeddings: https://platform.openai.com/docs/guides/embeddings
    Rule("dimensions", ("text-embedding-ada-*",), hint="its vectors have 1536 numbers"),
    Rule("dimensions", ("text-embedding-3-small",), check=_at_most(1536)),
    Rule("dimensions", ("text-embedding-3-large",), check=_at_most(3072)),
)
"""Checked before a request is sent, in this order."""

WIRE_ALIASES = (
    WireAlias("max_completion_tokens", OLD_CHAT, "max_tokens"),
    # These models always return base64 and refuse the field's name; other values were refused before.
    WireAlias("response_format", GPT_IMAGE, ""),
)
"""Applied to a payload."""


def refusal(values: Mapping[str, Any], route: str) -> str:
    """Return the first sentence that a rule has against `values` on `route`, or ""."""
    for rule in RULES:  # a plain loop, because every row passes it
        if values.get(rule.field) is not None and (sentence := rule.refusal(values, route)):
            return sentence
    return ""


def apply_wire_aliases(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload `values` under the names that their model knows."""
    names = {each.field: each.name for each in WIRE_ALIASES if _matches(values.get("model"), each.models)}
    return {names.get(field, field): value for field, value in values.items() if names.get(field, field)}


def is_gpt_image(model: str | None) -> bool:
    """Return whether `model` is one of OpenAI's GPT Image models."""
    return _matches(model, GPT_IMAGE)


def models_that(ability: str) -> ModelFilter:
    """Return the filter that keeps the models which have `ability`, a key of `ABILITIES`.

    Of a list without any, all are kept: some services name their only model as they like.
    """
    patterns = ABILITIES[ability]
    others = tuple(each for name, known in ABILITIES.items() if name != "chat" for each in known) + _NEITHER
    excluded = others if ability == "chat" else ()

    def able(ids: list[str]) -> list[str]:
        left = [each for each in ids if not _matches(each, excluded)]
        found = [each for pattern in patterns for each in left if _matches(each, (pattern,))]
        return list(dict.fromkeys(found)) or list(ids)

    return able


@lru_cache(maxsize=4096)
def _matches(model: str | None, patterns: tuple[str, ...]) -> bool:
    # Gateways such as Bifrost name models "provider/model".
    name = (model or "").rsplit("/", 1)[-1].lower()
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _listed(values: tuple[Any, ...]) -> str:
    *first, last = map(str, values)
    return f"{', '.join(first)} or {last}" if first else f"only {last}"
