"""Nodes that no pack has: every kind of field, alone and in lists, and every kind of result column."""

from collections.abc import Mapping
from typing import Any, Literal

from endpoint_nodes.nodes.base import (
    Body,
    Column,
    ColumnKind,
    Node,
    Response,
    ResultSchema,
    Route,
    SourceAudio,
    SourceImage,
    optional,
    required,
    setting,
)

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU\x00\x00\x00\nIDAT"
    b"x\x9cc`\x00\x00\x00\x02\x00\x01H\xaf\xa4q\x00\x00\x00\x00IEND\xaeB`\x82"
)
VALUES = {
    "text": "plum",
    "integer": 2**40,
    "number": 0.5,
    "boolean": True,
    "time": 1_700_000_000,
    "json": '{"a": [1]}',
    "image": PNG,
    "audio": b"RIFF....WAVE",
    "file": b"%PDF",
    "vector": [0.5, 0.25],
}


class Everything(ResultSchema):
    """A column of every kind; the answer itself does not matter."""

    def simplified(self) -> tuple[Column, ...]:
        return tuple(Column(kind.value, kind, f"A column of {kind.value}.") for kind in ColumnKind)

    def structured(self) -> tuple[Column, ...]:
        return self.simplified()

    def items(self, response: Response, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [VALUES, {}]

    def structure(self, response: Response, values: Mapping[str, Any]) -> dict[str, Any]:
        return VALUES


class EveryKind(Node):
    """Has <every> kind & more.

    Sends nothing.
    """

    routes = (Route("models", "GET", "/models", Body.NONE),)
    response = Everything()

    subject: str | None = required("Subject", "What it is about.", multiline=True)
    photo: SourceImage | None = optional("Photo", "An image.")
    sound: SourceAudio | None = optional("Sound", "A recording.")
    photos: list[SourceImage] | None = optional("Photos", "Images.")
    text: str | None = optional("Text", "A text.")
    model: str | None = optional(
        "Model", "A model.", suggestions=lambda ids: [model for model in ids if "image" in model]
    )
    size: str | None = optional("Size", "A size.", suggestions=("small", "large"))
    count: int | None = optional("Count", "A number of things.", minimum=1, maximum=10)
    seed: int | None = optional("Seed", "A large number.", minimum=-(2**63), maximum=2**63 - 1)
    share: float | None = optional("Share", "A share.", minimum=0, maximum=1, advanced=True)
    sharp: bool | None = optional("Sharp", "Whether it is sharp.")
    mood: Literal["happy", "sad"] | None = optional("Mood", "A mood.")
    level: Literal[1, 2, 3] | None = optional("Level", "A level.")
    detail: dict[str, Any] | None = optional("Detail", "An object.")
    words: list[str] | None = optional("Words", "Several texts.", maximum=4)
    moods: list[Literal["happy", "sad"]] | None = optional("Moods", "Several moods.")
    numbers: list[int] | None = optional("Numbers", "Several numbers.")
    messages: list[dict[str, Any]] | None = optional("Messages", "Several objects.")
    tidy: bool = setting("Tidy", "Whether to tidy up.", True)
    manner: Literal["plain", "fancy"] = setting("Manner", "How it is done.", "plain")
