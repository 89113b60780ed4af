"""What every node can be told, and the names that it goes by."""

import re
from functools import cache
from typing import Any, Literal

from ...port_types.fields import Declarative, Entries, Field, FieldKind, Mode, setting

__all__ = ["NodeSettings", "ResultFormat"]

ResultFormat = Literal["simplified", "structured", "raw"]


class NodeSettings(Declarative):
    """The settings of every node; a subclass adds its own fields."""

    result_format: ResultFormat = setting(
        "Result format",
        "simplified: one row per item; structured: one row per response with its fields; raw: body and status.",
        "simplified",
    )
    result_column: str = setting(
        "Result column",
        "Name of the main column of a simplified result; empty keeps its own name, such as image or content.",
        "",
        since="0.2.0",
    )
    on_error: Literal["fail", "continue"] = setting(
        "If a request fails",
        "fail: the run stops; continue: the row gets an error and the others go on.",
        "fail",
    )
    missing_values: Literal["fail", "skip"] = setting(
        "If there are missing values",
        "fail: a row that lacks a required value counts as failed; skip: it gives a row of missing values.",
        "fail",
        advanced=True,
    )
    request_details: bool = setting(
        "Request details",
        "Adds details of each response, such as model and usage, and the columns status, error, "
        "attempts, request_id, route, elapsed_ms, tokens and cost.",
        False,
        advanced=True,
    )
    keep_columns: bool = setting(
        "Keep columns", "Keeps the input's columns, in front of the result's own.", True, advanced=True
    )
    columns: dict[str, str] = setting(
        "Columns",
        "JSON object: for each field taken from the input table, the column it comes from.",
        {},
        advanced=True,
        internal=True,
    )
    repeat_request: bool = setting(
        "Repeat the request",
        "Sends the same request for every row if no field uses a column of the input table.",
        False,
        advanced=True,
        since="0.2.0",
    )
    extra_fields: dict[str, Any] = setting(
        "Additional body fields",
        "JSON object of fields that the service takes beyond OpenAI's API.",
        {},
        advanced=True,
        entries=Entries(
            "Fields that a service has beyond OpenAI's API. What can be read as JSON is sent as such: 3 is a number, "
            'and "3" a text.',
            "Field",
            "Value",
            json=True,
        ),
    )
    take: int = setting(
        "Take",
        "Another number asks for another response to the same request; the response of each take is "
        "kept, so going back costs nothing.",
        1,
        minimum=1,
        advanced=True,
        since="0.2.0",
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
    @cache  # asked for every row
    def wire_fields(cls) -> dict[str, Field]:
        """Return the fields that are sent, by name."""
        return {name: field for name, field in cls.fields().items() if field.sent}

    @classmethod
    @cache  # asked for every row
    def required_fields(cls) -> dict[str, Field]:
        """Return the fields that every request carries, by name."""
        return {name: field for name, field in cls.fields().items() if field.mode is Mode.REQUIRED}

    @classmethod
    @cache  # asked for every row
    def media_fields(cls) -> dict[str, Field]:
        """Return the fields whose value is a file, by name."""
        media = (FieldKind.IMAGE, FieldKind.AUDIO, FieldKind.FILE)
        return {name: field for name, field in cls.fields().items() if field.kind in media}
