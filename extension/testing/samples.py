"""Values that a declared field takes, and values that it must refuse, all derived from its declaration."""

import functools
import io
import json
import re
import wave
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st
from hypothesis.errors import NonInteractiveExampleWarning
from PIL import Image

from ...nodes.base import Node
from ...port_types.fields import Field, FieldKind, Mode
from ...port_types.files import File, FileRules

__all__ = ["base", "cell", "misfits", "samples", "wrong"]

MODEL_IDS = (
    *("sandbox-image", "gpt-image-2", "gpt-image-2.6-flare", "sandbox-chat", "sandbox-embedding", "sandbox-speech"),
    *("sandbox-transcription", "sandbox-moderation"),
)
"""What a service lists; the sandbox knows them all."""
NUMBERS = (FieldKind.INTEGER, FieldKind.NUMBER)
TEXT = 'A "red" apple & two plums,\n50 % off: ünïcödé ✓'


def base(node: type[Node], given: Iterable[str] = ()) -> dict[str, Any]:
    """Return a sample for every required field that no `given` one stands in for."""
    required = ((name, field) for name, field in node.fields().items() if field.mode is Mode.REQUIRED)
    return {name: samples(field)[0] for name, field in required if name in given or field.unless not in given}


@functools.cache
def _pattern_sample(pattern: str) -> str:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NonInteractiveExampleWarning)
        return st.from_regex(pattern, fullmatch=True).example()


def samples(field: Field) -> list[Any]:
    """Return values that `field` takes; at least two where it has more than one."""
    ones = _ones(field)
    if field.example is not None:
        known = field.choices or field.suggestions or field.kind in (*NUMBERS, FieldKind.BOOLEAN)
        return [field.example, *(value for value in ones if known and not field.many and value != field.example)]
    if not field.many:
        return ones
    shortest, longest = int(field.minimum or 1), int(field.maximum or 3)
    return [[ones[at % len(ones)] for at in range(count)] for count in dict.fromkeys((shortest, min(longest, 3)))]


def _ones(field: Field) -> list[Any]:
    if field.kind is FieldKind.CHOICE:
        return list(field.choices)
    if field.kind in (FieldKind.INTEGER, FieldKind.NUMBER):
        return _numbers(field)
    if field.kind is FieldKind.BOOLEAN:
        return [True, False]
    if field.kind is FieldKind.JSON:
        return [{"name": "ünïcödé", "list": [1, None, 2.5]}]
    if field.kind is FieldKind.FILE:
        return [picture(), recording()]
    if field.kind in (FieldKind.IMAGE, FieldKind.AUDIO):
        return [recording() if field.kind is FieldKind.AUDIO else picture()]
    suggestions = field.suggestions(list(MODEL_IDS)) if callable(field.suggestions) else field.suggestions
    if suggestions:
        return list(suggestions)[:3]
    return [_pattern_sample(field.pattern) if field.pattern else TEXT[: int(field.maximum or 1000)]]


def _numbers(field: Field) -> list[Any]:
    limits = () if field.many else (field.minimum, field.maximum)  # a list's limits are those of its length
    whole = field.kind is FieldKind.INTEGER
    low, high = (None if limit is None else int(limit) if whole else float(limit) for limit in limits or (None, None))
    between = (3 if whole else 0.25) if low is None else low + (1 if whole else 0.25)
    found = [low, high, between]
    return list(dict.fromkeys(number for number in found if number is not None and (high is None or number <= high)))


def wrong(field: Field) -> list[Any]:
    """Return values that `field` must refuse."""
    by_kind: dict[FieldKind, list[Any]] = {
        FieldKind.TEXT: [{"a": 1}],
        FieldKind.INTEGER: ["many", 1.5, True, float("inf")],
        FieldKind.NUMBER: ["much", True, float("inf")],
        FieldKind.BOOLEAN: ["perhaps", 2],
        FieldKind.CHOICE: ["no such choice", {"a": 1}],
        FieldKind.JSON: ["{broken", "[1]", 5],
        FieldKind.IMAGE: ["", "  "],
        FieldKind.AUDIO: ["", "  "],
        FieldKind.PATH: [{"a": 1}],
        FieldKind.FOLDER: [{"a": 1}],
        FieldKind.FILE: ["", "  "],
    }
    ones = by_kind[field.kind]
    if field.pattern:
        ones += [text for text in ("", "~", TEXT) if not re.fullmatch(field.pattern, text)]
    low, high = field.minimum, field.maximum
    if field.many:
        good = _ones(field)[0]
        lengths = ([int(low) - 1] if low else []) + ([int(high) + 1] if high else [])
        return [[good, bad] for bad in ones] + [[good] * length for length in lengths]
    if field.kind in (FieldKind.INTEGER, FieldKind.NUMBER):
        ones += ([low - 1] if low is not None else []) + ([high + 1] if high is not None else [])
    return ones


def misfits(field: Field, rules: FileRules) -> dict[str, File]:
    """Return files that `rules` must refuse, by what is wrong with them."""
    good = samples(field)[0]
    good = good[0] if field.many else good
    found = {
        "empty": File(b"", good.name, good.mime),
        "too large": File(good.data.ljust(rules.max_bytes, b"\0"), good.name, good.mime),
    }
    if rules.accepts:
        found["another kind of file"] = File(b"Just a text.", good.name, good.mime)
    if field.kind is FieldKind.IMAGE:
        found["truncated"] = File(good.data[: len(good.data) // 2], good.name, good.mime)
        found["another format"] = picture(form="TIFF")
        if rules.square:
            found["not square"] = picture(width=24)
    return found


@functools.cache
def picture(width: int = 16, height: int = 16, form: str = "PNG") -> File:
    """Return a small picture with transparency, so that it may also be a mask."""
    buffer = io.BytesIO()
    Image.new("RGBA", (width, height), (200, 80, 40, 0)).save(buffer, form)
    return File(buffer.getvalue(), f"picture.{form.lower()}", f"image/{form.lower()}")


@functools.cache
def recording() -> File:
    """Return a quarter of a second of silence."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"\0\0" * 2000)
    return File(buffer.getvalue(), "recording.wav", "audio/wav")


def cell(value: Any) -> Any:
    """Return the value of a field as a table's cell holds it."""
    if isinstance(value, File):
        return value.data
    if isinstance(value, list) and all(isinstance(item, File) for item in value):
        return [file.data for file in value]
    return json.dumps(value) if isinstance(value, dict | list) else value
