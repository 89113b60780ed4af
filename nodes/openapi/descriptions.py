"""What is known of an operation, said without any document: fields, body, answer, paging, and what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..base import Job
from .schemas import Schema

__all__ = [
    "Answer",
    "AnswerShape",
    "Body",
    "BodyKind",
    "Constant",
    "InputField",
    "InputKind",
    "Location",
    "Note",
    "OperationDescription",
    "OutputColumn",
    "OutputKind",
    "Paging",
    "Parameter",
]

Location = Literal["path", "query", "header", "cookie", "body"]
InputKind = Literal["text", "integer", "number", "boolean", "choice", "json", "file", "image", "audio"]
OutputKind = Literal["text", "integer", "number", "boolean", "time", "json", "file", "image", "audio"]
BodyKind = Literal["json", "form", "multipart", "raw"]
AnswerShape = Literal["items", "record", "scalar", "file", "text", "empty"]


@dataclass(frozen=True)
class InputField:
    """One value that an operation takes.

    Attributes:
        attribute: the name in Python, unique in its operation.
        label: what a dialog calls it; names of records come first, with a dot.
        help: plain text.
        location: where it goes.
        path: wire names from the parameter or the body's property inwards; () is the whole body.
        kind: type of the value, or of each value if there are `many`.
        many: whether it is a list of such values.
        required: whether every request has it.
        required_within: path of the optional record that cannot be sent without it; () if there is none.
        forms: for a field that only some alternatives of a union have: the tag's path, and those of its values.
        required_in: those values of the tag with which it is required.
        unless: attribute of another form of the same value, which stands in for it.
        null_when_absent: whether null is sent when it has no value.
        choices: its only values.
        suggestions: some of its values.
        alone: for a list: values that stand for the whole list and are sent without it ("all").
        types: types of its values in JSON, by which text is read where there are several ("integer" before "text").
        default: what the service takes where nothing is sent.
        example: a value that shows what it takes.
        minimum, maximum: inclusive limits of numbers, or of the length of a list.
        min_length, max_length: limits of the length of a text.
        pattern: regular expression that is found in every value.
        format: the document's word for what the text is ("uri").
        accepts: media types of a file; () for any.
        advanced: whether it is rarely needed.
        shared: whether nearly all operations need it, so that a Configuration may say it.
        private: whether its value is a secret.
        schema: what its JSON must keep to.
        reason: why it is JSON, or less than its schema.
    """

    attribute: str
    label: str
    help: str
    location: Location
    path: tuple[str, ...]
    kind: InputKind
    many: bool = False
    required: bool = False
    required_within: tuple[str, ...] = ()
    forms: tuple[tuple[str, ...], tuple[Any, ...]] | None = None
    required_in: tuple[Any, ...] = ()
    unless: str = ""
    null_when_absent: bool = False
    choices: tuple[Any, ...] = ()
    suggestions: tuple[str, ...] = ()
    alone: tuple[Any, ...] = ()
    types: tuple[str, ...] = ()
    default: Any = None
    example: Any = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str = ""
    format: str = ""
    accepts: tuple[str, ...] = ()
    advanced: bool = False
    shared: bool = False
    private: bool = False
    schema: Schema | None = field(default=None, repr=False, compare=False)
    reason: str = ""


@dataclass(frozen=True)
class Constant:
    """A value that has no alternative and is sent where its record is: always, for a parameter or the body itself.

    With `forms` it belongs to some alternatives of a union only, as for `InputField`. With `required` its record is
    always there.
    """

    location: Location
    path: tuple[str, ...]
    value: Any
    forms: tuple[tuple[str, ...], tuple[Any, ...]] | None = None
    required: bool = False


@dataclass(frozen=True)
class Parameter:
    """How a parameter, or a property of a form, is written.

    Attributes:
        name: on the wire.
        location: where; "body" for a property of a form.
        style: "simple", "label", "matrix", "form", "spaceDelimited", "pipeDelimited", "tabDelimited" or "deepObject".
        explode: whether each value of a list or record is written by itself.
        allow_reserved: whether the characters that urls reserve stay as they are.
        media_type: how the value is encoded instead of in a style ("application/json"), or what a part of a form holds.
    """

    name: str
    location: Location
    style: str = "form"
    explode: bool = True
    allow_reserved: bool = False
    media_type: str = ""


@dataclass(frozen=True)
class Body:
    """What a request carries.

    Attributes:
        kind: how it is written.
        media_type: its Content-Type.
        required: whether there is always one.
        whole: whether one field is the whole body.
        parts: for forms: how properties are written, by name, where the document says it.
    """

    kind: BodyKind
    media_type: str
    required: bool = False
    whole: bool = False
    parts: Mapping[str, Parameter] = field(default_factory=dict)


@dataclass(frozen=True)
class OutputColumn:
    """One column of a result: its name, where its value is within an item, and what it is."""

    name: str
    path: tuple[str, ...]
    kind: OutputKind
    help: str = ""


@dataclass(frozen=True)
class Answer:
    """What comes back when all is well.

    Attributes:
        shape: what one row is: an item of a list, the record, the scalar, a file, the text; empty has no value.
        path: names that lead from the body to the list or record.
        columns: of one item.
        envelope: of the whole body, where it is more than the items.
        media_types: what the document says may come.
        statuses: that mean all is well ("200").
    """

    shape: AnswerShape
    path: tuple[str, ...] = ()
    columns: tuple[OutputColumn, ...] = ()
    envelope: tuple[OutputColumn, ...] = ()
    media_types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paging:
    """How further pages are asked for.

    Attributes:
        scheme: "token", "last_id", "url", "link", "page" or "offset".
        parameter: attribute of the field that asks for another page; "" for urls, which are whole.
        size: attribute of the field that says how large a page is, "" if there is none.
        next: path in the body of the token or url; for "last_id" that of the last item's id.
        more: path in the body of what says whether there is another page; () if nothing does.
        first: number of the first page.
    """

    scheme: Literal["token", "last_id", "url", "link", "page", "offset"]
    parameter: str = ""
    size: str = ""
    next: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    first: int = 1


@dataclass(frozen=True)
class Note:
    """Something that could not be said as the document has it.

    Attributes:
        level: "json" for a value that is written as JSON, "missing" for what cannot be sent or read, "warning" for
            what is odd about the document but changes nothing.
        where: what it is about, in the document's words.
        reason: why, to be read after `where` and a colon.
    """

    level: Literal["json", "missing", "warning"]
    where: str
    reason: str


@dataclass(frozen=True)
class OperationDescription:
    """One operation, ready to become a node.

    Attributes:
        name: unique in its document, snake_case.
        title: what a host displays.
        help: plain text.
        method: upper case.
        path: template, with the constant query that some documents put there.
        tags: the document's own groups.
        deprecated: whether the document advises against it.
        fields: what can be said, required ones first.
        constants: what is always sent.
        parameters: how each parameter is written.
        body: what a request carries, None for none.
        answer: what comes back.
        paging: how further pages are asked for, None where there are none.
        job: how the job is polled that it creates, None where its answer is the result; `answer` is then the job's.
        security: alternatives, each the names of the schemes that go together with the scopes they need.
        servers: objects with url and variables; () for the document's own.
        notes: what could not be said as the document has it.
    """

    name: str
    title: str
    help: str
    method: str
    path: str
    tags: tuple[str, ...] = ()
    deprecated: bool = False
    fields: tuple[InputField, ...] = ()
    constants: tuple[Constant, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    answer: Answer = Answer("empty")
    paging: Paging | None = None
    job: Job | None = None
    security: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    servers: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[Note, ...] = ()
