"""A node whose results are recordings, and a field that takes several files."""

from collections.abc import Mapping
from typing import Any

from endpoint_nodes.nodes.base import (
    Column,
    ColumnKind,
    Node,
    Response,
    ResultSchema,
    Route,
    SourceAudio,
    optional,
    required,
)


class Recording(ResultSchema):
    raw_kind = ColumnKind.AUDIO

    def simplified(self) -> tuple[Column, ...]:
        return (Column("audio", ColumnKind.AUDIO, "The recording."),)

    def structured(self) -> tuple[Column, ...]:
        return self.simplified()

    def items(self, response: Response, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [{"audio": response.body}]

    def structure(self, response: Response, values: Mapping[str, Any]) -> dict[str, Any]:
        return {"audio": response.body}


class SampleSpeech(Node):
    """Reads text aloud."""

    routes = (Route("speech", "POST", "/audio/speech"),)
    response = Recording()

    input: str | None = required("Input", "The text to read.", multiline=True)
    model: str | None = optional(
        "Model", "The model.", suggestions=lambda ids: [model for model in ids if "speech" in model]
    )
    voice: str | None = required("Voice", "Whose voice.", primary=False)
    response_format: str | None = optional("Response format", "Of the recording.", suggestions=("wav", "flac"))
    speed: float | None = optional("Speed", "How fast.", minimum=0.25, maximum=4)
    loud: bool | None = optional("Loud", "Never sent by the tests.")
    examples: list[SourceAudio] | None = optional("Examples", "Never sent by the tests.")
