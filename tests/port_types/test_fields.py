"""Fields and their values: what is declared once is what is checked."""

import math
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoint_nodes.port_types.errors import InvalidSetting
from endpoint_nodes.port_types.fields import (
    Declarative,
    FieldKind,
    FilePath,
    FolderPath,
    Mode,
    optional,
    required,
    setting,
)
from endpoint_nodes.port_types.fields.values import CHECKS, InvalidValue, is_missing, preview
from endpoint_nodes.port_types.files import File, SourceAudio, SourceImage


class Everything(Declarative):
    text: str | None = required("Text", "Some text.")
    count: int | None = optional("Count", "How many.", minimum=1, maximum=10)
    share: float | None = optional("Share", "How much.", minimum=0)
    sure: bool | None = optional("Sure", "Whether.")
    colour: Literal["red", "green"] | None = optional("Colour", "Which.")
    more: dict[str, Any] | None = optional("More", "What else.")
    photo: SourceImage | None = optional("Photo", "A picture.")
    voice: SourceAudio | None = optional("Voice", "A recording.")
    words: list[str] | None = optional("Words", "Some words.", minimum=1, maximum=3)
    code: str | None = optional("Code", "Two letters.", pattern="[a-z]{2}", pattern_help="two letters")
    style: Literal["plain", "fancy"] = setting("Style", "How.", "plain")
    recipe: FilePath | None = setting("Recipe", "Where it is written.")
    kitchen: FolderPath | None = setting("Kitchen", "Where it is made.")


def test_annotations_say_kind_choices_and_lists() -> None:
    kinds = {name: (field.kind, field.many) for name, field in Everything.fields().items()}
    assert kinds == {
        "text": (FieldKind.TEXT, False),
        "count": (FieldKind.INTEGER, False),
        "share": (FieldKind.NUMBER, False),
        "sure": (FieldKind.BOOLEAN, False),
        "colour": (FieldKind.CHOICE, False),
        "more": (FieldKind.JSON, False),
        "photo": (FieldKind.IMAGE, False),
        "voice": (FieldKind.AUDIO, False),
        "words": (FieldKind.TEXT, True),
        "code": (FieldKind.TEXT, False),
        "style": (FieldKind.CHOICE, False),
        "recipe": (FieldKind.PATH, False),
        "kitchen": (FieldKind.FOLDER, False),
    }
    assert Everything.fields()["colour"].choices == ("red", "green")
    assert Everything.fields()["count"].limits == "from 1 to 10"
    assert Everything.fields()["share"].limits == "at least 0"
    assert {field.mode for field in Everything.fields().values() if not field.sent} == {Mode.SETTING}


def test_nothing_is_set_but_what_was_given() -> None:
    assert Everything().non_default_values() == {}
    assert repr(Everything(count="3", style="plain", words=["a"])) == "Everything(count=3, words=['a'])"
    assert Everything(style=None).style == "plain"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("count", 0, "`count` must be from 1 to 10, not 0."),
        ("count", 10**400, "`count` must be a whole number, not 1000"),
        ("count", "x", "`count` must be a whole number, not 'x'."),
        ("count", 2.5, "`count` must be a whole number, not 2.5."),
        ("count", math.nan, "`count` must be a whole number, not nan."),
        ("share", -0.1, "`share` must be at least 0, not -0.1."),
        ("share", "inf", "`share` must be a number, not 'inf'."),
        ("sure", "perhaps", "`sure` must be true or false, not 'perhaps'."),
        ("colour", "blue", "`colour` must be one of red, green, not 'blue'."),
        ("more", "{", "`more` must be valid JSON (Input data was truncated), not '{'."),
        ("more", "[1]", "`more` must be a JSON object, not '[1]'."),
        ("photo", " ", "`photo` must be a file: "),
        ("words", ["a"] * 4, "`words` must have from 1 to 3 values, not 4."),
        ("words", [], "`words` must have from 1 to 3 values, not 0."),
        ("words", ["a", b"b"], "`words` must be text, not 1 bytes."),
        ("code", "abc", "`code` must be two letters, not 'abc'."),
        ("code", "ab\n", "`code` must be two letters, not 'ab\\n'."),
    ],
)
def test_what_is_refused_is_named_with_field_value_and_way_out(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        Everything(**{name: value})
    assert str(refused.value).startswith(sentence)
    assert len(str(refused.value)) < 250


@given(st.integers())
def test_whole_numbers_keep_every_digit(number: int) -> None:
    wide = [number, str(number)] + ([np.int64(number), pa.scalar(number)] if abs(number) < 2**63 else [])
    assert {CHECKS["integer"](item) for item in wide} == {number}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_taken_from_cells_of_every_library(number: float) -> None:
    for item in (number, str(number), np.float64(number), pa.scalar(number)):
        assert CHECKS["number"](item) == number


@given(st.text())
def test_texts_are_not_touched(text: str) -> None:
    assert CHECKS["text"](text) == text
    assert CHECKS["text"](pa.scalar(text)) == text


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.lists(st.integers()))
def test_a_check_returns_its_type_or_refuses(value: Any) -> None:
    types = {"text": str, "integer": int, "number": int | float, "boolean": bool, "json": dict}
    for kind, wanted in types.items():
        try:
            checked = CHECKS[kind](value)
        except InvalidValue:
            continue
        assert isinstance(checked, wanted)
        assert CHECKS[kind](checked) == checked


@pytest.mark.parametrize("value", [None, math.nan, np.float64("nan"), pd.NA, pd.NaT])
def test_missing_is_missing_in_every_library(value: Any) -> None:
    assert is_missing(value)


@pytest.mark.parametrize("value", ["", 0, False, [], b"", "nan", np.int64(0), np.array([math.nan])])
def test_empty_is_not_missing(value: Any) -> None:
    assert not is_missing(value)


def test_values_are_shown_briefly() -> None:
    assert preview("x" * 500) == "'" + "x" * 58 + "…"
    assert preview(b"secret bytes") == "12 bytes"
    assert repr(File(b"secret bytes", "a.png", "image/png")) == "File(a.png, image/png, 12 bytes)"
