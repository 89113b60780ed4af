"""The base of all nodes: what every one of them can be told, and how it becomes requests and rows."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Literal, Self

from ...port_types.errors import InvalidInput, InvalidSetting
from ...port_types.fields import Declarative, Field, FieldKind, Mode, setting
from ...port_types.fields.values import is_missing
from ...port_types.files import File, FileRules
from ...port_types.table import Column, ColumnKind
from .bundling import Bundling
from .media.audio import check_audio
from .media.images import fit_image
from .model_rules import apply_wire_aliases, refusal
from .operation import Body, Operation, Request
from .response import Response
from .result_schema import ResultSchema

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


class Node(Declarative):
    """One operation of an OpenAI-compatible API: settings and one input row become a request, an answer becomes rows.

    A subclass is one file; its class name, docstring, `operation`, `response` and fields are all that a host needs.
    """

    short_name: ClassVar[str] = ""
    """Name of the Python function that runs it, where the node's id without "create_" is not what people say."""
    operation: ClassVar[Operation]
    response: ClassVar[ResultSchema]
    packing: ClassVar[Bundling | None] = None
    """How several rows share one request, for a node with a setting ``rows_per_request``."""

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
    @cache  # asked for several times a row
    def wire_fields(cls) -> dict[str, Field]:
        """Return the fields that are sent, by name."""
        return {name: each for name, each in cls.fields().items() if each.sent}

    @classmethod
    @cache  # asked for several times a row
    def required_fields(cls) -> dict[str, Field]:
        """Return the fields that every request carries, by name."""
        return {name: each for name, each in cls.fields().items() if each.mode is Mode.REQUIRED}

    @classmethod
    @cache  # asked for several times a row
    def source_fields(cls) -> dict[str, Field]:
        """Return the fields whose value is a file, by name."""
        return {n: each for n, each in cls.fields().items() if each.kind in (FieldKind.IMAGE, FieldKind.AUDIO)}

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
        if self.extra_fields and route.body is Body.NONE:
            return f"extra_fields is set, but {self.label()} sends no body; switch Additional body fields off."
        return refusal(vars(self), route.route)

    def missing(self) -> list[str]:
        """Return the names of required fields that have no value yet, and nothing in their place."""
        return [
            name
            for name, each in self.required_fields().items()
            if getattr(self, name) is None and not (each.unless and getattr(self, each.unless) is not None)
        ]

    def sources(self, names: Collection[str]) -> dict[str, str]:
        """Return the column that each field is taken from, of an input whose columns have these `names`.

        Required fields without a value and without a column of their choice come from the column of their name, or
        else from that of the field that may stand in for them.
        """
        taken = dict(self.columns)
        for name in self.missing():
            stand_in = self.fields()[name].unless
            chosen = {name, stand_in} & self.columns.keys()
            if not chosen and (found := name if name in names else stand_in) in names:
                taken[found] = found
        return taken

    def unfilled(self, names: Collection[str]) -> list[str]:
        """Return the required fields that neither a constant nor one of the columns `names` can fill."""
        taken = self.sources(names)
        return [name for name in self.missing() if name not in taken and self.fields()[name].unless not in taken]

    def prepared(self, route: Operation, files: Mapping[str, Sequence[File]]) -> tuple[Self, list[str]]:
        """Return the node with its files as `route` takes them, and what was repaired, in words.

        Args:
            route: where the files go.
            files: those that were loaded, by field.

        Raises:
            InvalidInput: a file does not fit and may not be repaired; the sentence names the field and the file.
        """
        bound, repairs = self.bind({}), []
        for name, given in files.items():
            fitted = []
            for file in given:
                try:
                    fit, changes = self.fitted(name, file, route)
                except InvalidInput as error:
                    raise InvalidInput(f"{name}: {file.name} cannot be sent: {error}.") from None
                fitted.append(fit)
                repairs += changes
            bound.__dict__[name] = fitted if self.fields()[name].many else fitted[0]
        return bound, repairs

    def fitted(self, field: str, file: File, route: Operation) -> tuple[File, list[str]]:
        """Return one file of `field` as `route` takes it, and what was repaired.

        Raises:
            InvalidInput: it does not fit; the sentence starts with "it".
        """
        rules = self.rules(field, route.route)
        if not rules:
            return file, []
        if self.fields()[field].kind is FieldKind.AUDIO:
            return check_audio(file, rules), []
        return fit_image(file, rules, getattr(self, "fit", "refuse"))

    def payload(self, route: Operation) -> dict[str, Any]:
        """Return the values that are sent on `route`: each field whose flag is on, under its wire name."""
        own = vars(self)
        return apply_wire_aliases({name: value for name in self.wire_fields() if (value := own[name]) is not None})

    def request(self, route: Operation) -> Request:
        """Return the request for `route`; files must have been loaded."""
        return Request(route, {**self.payload(route), **self.extra_fields})

    def bundle_size(self) -> int:
        """Return how many rows may share one request."""
        return int(getattr(self, "rows_per_request", 1)) if self.packing else 1

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

    def reserved(self) -> set[str]:
        """Return the names of columns that every result may have beside those of its response."""
        return {"row_id", *(column.name for column in (*DETAILS, *self.notes()))}

    def _format_columns(self) -> tuple[Column, ...]:
        if self.result_format == "simplified":
            return self.response.simplified(self)
        if self.result_format == "structured":
            return self.response.structured(self)
        return (Column("body", self.response.raw_kind, "The body as the service sent it."), _RAW_STATUS)

    def rows(self, response: Response) -> Sequence[Mapping[str, Any]]:
        """Return the result rows of a successful answer; `Remote` values are still to be fetched.

        Raises:
            BadResponse: the answer is not what the operation promises.
        """
        if self.result_format == "simplified":
            return self.response.items(self, response)
        if self.result_format == "structured":
            return [self.response.structure(self, response)]
        return [self.response.raw(response)]
