"""Reading a batch's input file: every line is checked before any is answered."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, BinaryIO

import msgspec

from .batch import Batch
from .options import SandboxOptions

__all__ = ["BatchInput", "Line", "read_input"]

BYTES_PER_TOKEN = 4
MOST_EMBEDDING_INPUTS = 50_000  # of all lines
MOST_PROBLEMS = 100  # that a failed batch tells


class LineBody(msgspec.Struct):
    """What is looked at in the body of any operation."""

    model: str | None = None
    stream: bool | None = None
    input: msgspec.Raw = msgspec.Raw(b"")


class JobLine(msgspec.Struct, forbid_unknown_fields=True):
    """A line of a service whose job names endpoint and model."""

    custom_id: Annotated[str, msgspec.Meta(min_length=1)]
    body: msgspec.Raw


class RequestLine(JobLine, forbid_unknown_fields=True):
    """A line of OpenAI's shape."""

    method: str
    url: str


@dataclass(frozen=True)
class Line:
    """Where a line of the file is.

    Attributes:
        start: Bytes before it.
        size: Its bytes.
    """

    custom_id: str
    start: int
    size: int


@dataclass
class BatchInput:
    """A checked file.

    Attributes:
        problems: Why the batch fails, if it does: code, message, param and line of each.
        model: The model of all lines.
        tokens: Input tokens, as many as the lines have characters by four.
    """

    file: BinaryIO
    lines: list[Line] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    model: str | None = None
    tokens: int = 0

    def bodies(self, lines: list[Line]) -> Iterator[tuple[Line, bytes]]:
        """Yield lines with the body of each, read from the file."""
        for line in lines:
            self.file.seek(line.start)
            yield line, bytes(msgspec.json.decode(self.file.read(line.size), type=AnyLine).body)


class AnyLine(msgspec.Struct):
    """The part of a line that is sent on."""

    body: msgspec.Raw


def read_input(file: BinaryIO, batch: Batch, options: SandboxOptions, *, model_on_job: bool) -> BatchInput:
    """Check a file without keeping its content in memory.

    Args:
        file: Stays open as long as lines are read from it.
        batch: What it is for.
        options: The limits of lines and bytes.
        model_on_job: Whether lines have `custom_id` and `body` only.
    """
    reader = _Reader(BatchInput(file, model=batch.model), batch, JobLine if model_on_job else RequestLine)
    if batch.input_size > options.batch_bytes:
        reader.refuse("file_too_large", f"The file has {batch.input_size} bytes; the limit is {options.batch_bytes}.")
        return reader.input
    start = 0
    for number, text in enumerate(file, 1):
        if text.strip():
            if len(reader.input.lines) == options.batch_lines:
                reader.refuse("too_many_tasks", f"The batch has too many tasks; the limit is {options.batch_lines}.")
                break
            reader.read(number, start, text)
        start += len(text)
    reader.check_whole()
    return reader.input


class _Reader:
    """Checks line after line."""

    def __init__(self, found: BatchInput, batch: Batch, kind: type[JobLine]) -> None:
        self.input = found
        self._batch = batch
        self._kind = kind
        self._ids: set[str] = set()
        self._embeddings = 0

    def refuse(self, code: str, message: str, line: int | None = None, param: str | None = None) -> None:
        """Note a problem; the first ones are enough."""
        if len(self.input.problems) < MOST_PROBLEMS:
            self.input.problems.append({"code": code, "message": message, "param": param, "line": line})

    def read(self, number: int, start: int, text: bytes) -> None:
        """Check a line and note where it is.

        Args:
            number: From 1.
            start: Bytes before it.
            text: The whole line.
        """
        try:
            line = msgspec.json.decode(text, type=self._kind)
            body = msgspec.json.decode(line.body, type=LineBody)
        except msgspec.ValidationError as error:
            self.refuse("invalid_request", f"{error}.", number)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.refuse("invalid_json_line", "This line is not parseable as valid JSON.", number)
        else:
            self._check(number, line, body)
            self._ids.add(line.custom_id)
            self.input.lines.append(Line(line.custom_id, start, len(text)))
            self.input.tokens += len(line.body) // BYTES_PER_TOKEN
            if self._batch.endpoint.endswith("/embeddings"):
                self._embeddings += _input_count(body.input)

    def _check(self, number: int, line: JobLine, body: LineBody) -> None:
        found = self.input
        if line.custom_id in self._ids:
            message = f"The custom_id '{line.custom_id}' is a duplicate; each must be unique."
            self.refuse("duplicate_custom_id", message, number, "custom_id")
        if isinstance(line, RequestLine):
            if (line.method, line.url) != ("POST", self._batch.endpoint):
                message = f"The line says {line.method} {line.url}, but the batch is for POST {self._batch.endpoint}."
                self.refuse("url_mismatch", message, number, "url")
            if not body.model:
                self.refuse("missing_required_parameter", "The body names no model.", number, "body.model")
            found.model = found.model or body.model
        if body.model and body.model != found.model:
            message = f"The model '{body.model}' is not '{found.model}', which the batch is for."
            self.refuse("model_mismatch", message, number, "body.model")
        if body.stream:
            self.refuse("invalid_request", "'stream' is not supported in batches.", number, "body.stream")

    def check_whole(self) -> None:
        """Check what holds for all lines together."""
        if not self.input.lines and not self.input.problems:
            self.refuse("empty_file", "The input file is empty.")
        if self._embeddings > MOST_EMBEDDING_INPUTS:
            message = f"The lines have {self._embeddings} embedding inputs; the limit is {MOST_EMBEDDING_INPUTS}."
            self.refuse("too_many_embedding_inputs", message)


def _input_count(raw: msgspec.Raw) -> int:
    """Return how many inputs a body for embeddings has; what is not a list of texts or of token lists is one."""
    try:
        inputs = msgspec.json.decode(raw, type=list[str | list[int]]) if raw else ()
    except msgspec.ValidationError:
        return 1
    return len(inputs)
