"""A node whose results are recordings, and a field that takes several files."""

from typing import Any

from endpoint_nodes.nodes.base import (
    Column,
    ColumnKind,
    Node,
    Operation,
    Response,
    ResultSchema,
    SourceAudio,
    optional,
    required,
)


class Recording(ResultSchema):
    raw_kind = ColumnKind.AUDIO

    def simplified(self, node: Node) -> tuple[Column, ...]:
        return (Column("audio", ColumnKind.AUDIO, "The recording."),)

    def structured(self, node: Node) -> tuple[Column, ...]:
        return self.simplified(node)

    def items(self, node: Node, response: Response) -> list[dict[str, Any]]:
        return [{"audio": response.body}]

    def structure(self, node: Node, response: Response) -> dict[str, Any]:
        return {"audio": response.body}


class SampleSpeech(Node):
    """Reads text aloud."""

    operation = Operation("POST", "/audio/speech")
    response = Recording()

    input: str | None = required("Input", "The text to read.", multiline=True)
    model: str | None = optional(
        "Model", "The model.", suggestions=lambda ids: [each for each in ids if "speech" in each]
    )
    voice: str | None = required("Voice", "Whose voice.", primary=False)
    response_format: str | None = optional("Response format", "Of the recording.", suggestions=("wav", "flac"))
    speed: float | None = optional("Speed", "How fast.", minimum=0.25, maximum=4)
    loud: bool | None = optional("Loud", "Never sent by the tests.")
    examples: list[SourceAudio] | None = optional("Examples", "Never sent by the tests.")
