"""What is known of models: data with a date, in one place.

A model this data does not know is allowed through. Sources: OpenAI's model pages and changelog, read on `AS_OF`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ...port_types.fields import ModelFilter
from ...port_types.values import shown

__all__ = ["AS_OF", "RULES", "Rule", "is_gpt_image", "models_that", "refusal"]

AS_OF = "2026-11-20"

GPT_IMAGE = ("gpt-image-*", "chatgpt-image-*")
FIRST_GPT_IMAGE = ("gpt-image-1*", "chatgpt-image-*")
DALL_E_SIZES = ("256x256", "512x512", "1024x1024")

ABILITIES: Mapping[str, tuple[str, ...]] = {
    "make images": (*GPT_IMAGE, "dall-e-*", "*image*", "*flux*", "*diffusion*", "sd*"),
}
"""Patterns of model ids by what the models can do, best first."""


@dataclass(frozen=True)
class Rule:
    """What a model or a route says about one field.

    Attributes:
        field: wire name.
        models: patterns of model ids; () means every model, set or not.
        route: name of the route, "" for every one.
        allowed: the only values taken; () together with no `check` means that the field is not taken at all.
        check: returns what is wrong with a value ("must be …"), or "".
        way_out: what the user can do, as the end of a sentence.
    """

    field: str
    models: tuple[str, ...] = ()
    route: str = ""
    allowed: tuple[Any, ...] = ()
    check: Callable[[Any], str] | None = None
    way_out: str = ""

    def refusal(self, values: Mapping[str, Any], route: str) -> str:
        """Return why `values` cannot be sent, as a sentence, or "" if this rule has nothing against them."""
        value, model = values.get(self.field), values.get("model")
        if value is None or (self.route and self.route != route) or (self.models and not _matches(model, self.models)):
            return ""
        taker = model if self.models else f"the {route} route"
        end = f"; {self.way_out}." if self.way_out else "."
        if self.check:
            wrong = self.check(value)
            return f"{self.field} is {shown(value)}, but for {taker} it {wrong}{end}" if wrong else ""
        if not self.allowed:
            return f"{self.field} is set, but {taker} does not take it{end}"
        if value in self.allowed:
            return ""
        return f"{self.field} is {shown(value)}, but {taker} takes {_listed(self.allowed)}{end}"


def _sixteenths(size: Any) -> str:
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


def _no_gpt_image(model: Any) -> str:
    return "must not be a GPT Image model" if is_gpt_image(model) else ""


RULES = (
    Rule("model", route="variations", check=_no_gpt_image, way_out="choose the edits route, or auto"),
    Rule(
        "size",
        route="variations",
        allowed=DALL_E_SIZES,
        way_out="for other sizes choose the edits route and a GPT Image model",
    ),
    Rule("quality", route="variations", way_out="choose the edits route or switch Quality off"),
    Rule("style", route="variations", way_out="choose the edits route or switch Style off"),
    Rule("prompt", route="variations", way_out="choose the edits route or switch Prompt off"),
    Rule("size", FIRST_GPT_IMAGE, allowed=("auto", "1024x1024", "1536x1024", "1024x1536")),
    Rule("size", ("gpt-image-[2-9]*",), check=_sixteenths),
    Rule(
        "quality",
        (*FIRST_GPT_IMAGE, "gpt-image-2", "gpt-image-2-*"),
        allowed=("auto", "low", "medium", "high"),
    ),
    Rule("quality", ("gpt-image-2.[5-9]*",), allowed=("auto", "low", "medium", "high", "xhigh", "max")),
    Rule("response_format", GPT_IMAGE, allowed=("b64_json",), way_out="GPT Image models return base64 only"),
)
"""Checked before a request is sent, in this order."""


def refusal(values: Mapping[str, Any], route: str) -> str:
    """Return the first sentence that a rule has against `values` on `route`, or ""."""
    return next((sentence for rule in RULES if (sentence := rule.refusal(values, route))), "")


def is_gpt_image(model: str | None) -> bool:
    """Return whether `model` is one of OpenAI's GPT Image models."""
    return _matches(model, GPT_IMAGE)


def models_that(ability: str) -> ModelFilter:
    """Return the filter that keeps the models which have `ability`, a key of `ABILITIES`."""
    patterns = ABILITIES[ability]

    def able(ids: list[str]) -> list[str]:
        return [each for pattern in patterns for each in ids if _matches(each, (pattern,))]

    return lambda ids: list(dict.fromkeys(able(ids)))


def _matches(model: str | None, patterns: tuple[str, ...]) -> bool:
    # Gateways such as Bifrost name models "provider/model".
    name = (model or "").rsplit("/", 1)[-1].lower()
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _listed(values: tuple[Any, ...]) -> str:
    *first, last = map(str, values)
    return f"{', '.join(first)} or {last}" if first else f"only {last}"
