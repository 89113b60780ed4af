"""The base of all nodes: what every one of them can be told, and how it becomes requests and rows."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

from ...port_types.errors import InvalidInput, InvalidSetting
from ...port_types.fields import Declared, Field, Mode, setting
from ...port_types.files import FileRules
from ...port_types.table import Column, ColumnKind
from ...port_types.values import is_missing
from .models import refusal
from .operation import Answer, Operation, Request
from .response import Response

__all__ = ["DETAILS", "Node", "ResultFormat"]

ResultFormat = Literal["simplified", "structured", "raw"]

DETAILS = (
    Column("status", ColumnKind.INTEGER, "HTTP status of the last answer."),
    Column("error", ColumnKind.TEXT, "Why the row failed; missing if it did not."),
    Column("attempts", ColumnKind.INTEGER, "How often the request was sent."),
    Column("request_id", ColumnKind.TEXT, "The service's id of the request, for its support."),
    Column("route", ColumnKind.TEXT, "The route that made the row."),
    Column("elapsed_ms", ColumnKind.INTEGER, "Milliseconds from the first attempt to the whole answer."),
)
_FAILURE = tuple(column for column in DETAILS if column.name in ("status", "error"))
_RAW_STATUS = Column("status", ColumnKind.INTEGER, "HTTP status of the answer.")


class Node(Declared):
    """One operation of an OpenAI-compatible API: settings and one input row become a request, an answer becomes rows.

    A subclass is one file; its class name, docstring, `operation`, `response` and fields are all that a host needs.
    """

    operation: ClassVar[Operation]
    response: ClassVar[Response]

    result_format: ResultFormat = setting(
        "Result format",
        "simplified: one row per item; structured: one row per response with its fields; raw: body and status.",
        "simplified",
    )
    on_error: Literal["fail", "continue"] = setting(
        "If a request fails",
        "fail: the run stops; continue: the row gets an error and the others go on.",
        "fail",
    )
    missing_values: Literal["fail", "skip"] = setting(
        "If there are missing values",
        "fail: a row without a required value counts as failed; skip: it gives a row of missing values.",
        "fail",
        advanced=True,
    )
    request_details: bool = setting(
        "Request details",
        "Adds the columns status, error, attempts, request_id, route and elapsed_ms.",
        False,
        advanced=True,
    )
    keep_columns: bool = setting(
        "Keep columns", "Keeps the input's own columns beside the result.", False, advanced=True
    )
    columns: dict[str, str] = setting(
        "Columns",
        "JSON object: for each field taken from the input table, the column it comes from.",
        {},
        advanced=True,
    )
    extra_fields: dict[str, Any] = setting(
        "Additional body fields",
        "JSON object of fields that a service has beyond OpenAI's API.",
        {},
        advanced=True,
    )

    @classmethod
    def id(cls) -> str:
        """Return the name that file, node id and data share: "create_image_variation"."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def command(cls) -> str:
        """Return the name on the command line: "create-image-variation"."""
        return cls.id().replace("_", "-")

    @classmethod
    def label(cls) -> str:
        """Return the display name: "Create Image Variation"."""
        return re.sub(r"(?<!^)(?=[A-Z])", " ", cls.__name__)

    @classmethod
    def wire_fields(cls) -> dict[str, Field]:
        """Return the fields that are sent, by name."""
        return {name: each for name, each in cls.fields().items() if each.sent}

    @classmethod
    def source_fields(cls) -> dict[str, Field]:
        """Return the fields whose value is a file, by name."""
        return {name: each for name, each in cls.fields().items() if each.kind.value in ("image", "audio")}

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.columns:
            if name not in self.wire_fields():
                raise InvalidSetting(
                    f"columns names {name!r}, but {self.label()} has no such field to take from a column."
                )

    # From a row to a request

    def bind(self, cells: Mapping[str, Any]) -> Self:
        """Return the node with fields set from one input row.

        Args:
            cells: field name to the cell's value; a missing value switches an optional field off.

        Raises:
            InvalidInput: a value is not one that its field can take.
        """
        bound = object.__new__(type(self))
        bound.__dict__.update(self.__dict__)
        for name, value in cells.items():
            try:
                bound.__dict__[name] = None if is_missing(value) else self._fields[name].check(value)
            except InvalidSetting as error:
                raise InvalidInput(str(error)) from None
        return bound

    def routes(self) -> tuple[Operation, ...]:
        """Return the operations that can do this, best first; each next is for services that lack the one before."""
        return (self.operation,)

    def rules(self, field: str, route: str) -> FileRules | None:
        """Return what a file of `field` must keep on `route`, None if anything goes."""
        files = self.fields()[field].files
        return files.get(route) or files.get("*")

    def refusal(self, route: Operation) -> str:
        """Return why this cannot be sent on `route`, as a sentence, or ""; required fields may be missing."""
        return refusal({name: getattr(self, name) for name in self.wire_fields()}, route.route)

    def missing(self) -> list[str]:
        """Return the names of required fields that have no value yet."""
        return [n for n, each in self.fields().items() if each.mode is Mode.REQUIRED and getattr(self, n) is None]

    def payload(self, route: Operation) -> dict[str, Any]:
        """Return the values that are sent on `route`: each field whose flag is on, under its wire name."""
        return {name: value for name in self.wire_fields() if (value := getattr(self, name)) is not None}

    def request(self, route: Operation) -> Request:
        """Return the request for `route`; files must have been loaded."""
        return Request(route, {**self.payload(route), **self.extra_fields})

    # From an answer to rows

    def notes(self) -> tuple[Column, ...]:
        """Return columns about how a row was made that this node always has."""
        return ()

    def result_columns(self) -> tuple[Column, ...]:
        """Return the result's columns in their order, known before anything runs."""
        columns = (*self._format_columns(), *self.notes())
        columns += _FAILURE if self.on_error == "continue" else ()
        columns += DETAILS if self.request_details else ()
        first_of_name: dict[str, Column] = {}
        for column in columns:
            first_of_name.setdefault(column.name, column)
        return tuple(first_of_name.values())

    def _format_columns(self) -> tuple[Column, ...]:
        if self.result_format == "simplified":
            return self.response.simplified(self)
        if self.result_format == "structured":
            return self.response.structured(self)
        return (Column("body", self.response.raw_kind, "The body as the service sent it."), _RAW_STATUS)

    def rows(self, answer: Answer) -> Sequence[Mapping[str, Any]]:
        """Return the result rows of a successful answer; `Remote` values are still to be fetched.

        Raises:
            BadAnswer: the answer is not what the operation promises.
        """
        if self.result_format == "simplified":
            return self.response.items(self, answer)
        if self.result_format == "structured":
            return [self.response.structure(self, answer)]
        return [self.response.raw(answer)]
