"""Declaring fields: the three functions that class attributes are made with."""

import dataclasses
from typing import Any

from .field import Entries, Field, Mode, ModelFilter

__all__ = ["optional", "required", "setting"]


def required(
    label: str,
    help: str,  # noqa: A002 - the word of the design
    *,
    primary: bool = True,
    unless: str = "",
    suggestions: tuple[str, ...] | ModelFilter = (),
    minimum: float | None = None,
    maximum: float | None = None,
    pattern: str = "",
    pattern_help: str = "",
    multiline: bool = False,
    example: Any = None,
    since: str = "0.1.0",
) -> Any:
    """Declare a field that every request carries; it is a constant or comes from the input row.

    The arguments are the attributes of `Field`.
    """
    return _declare(
        Field(
            label,
            help,
            Mode.REQUIRED,
            primary=primary,
            unless=unless,
            suggestions=suggestions,
            minimum=minimum,
            maximum=maximum,
            pattern=pattern,
            pattern_help=pattern_help,
            multiline=multiline,
            example=example,
            since=since,
        )
    )


def optional(
    label: str,
    help: str,  # noqa: A002 - as above
    *,
    primary: bool = False,
    advanced: bool = False,
    suggestions: tuple[str, ...] | ModelFilter = (),
    minimum: float | None = None,
    maximum: float | None = None,
    pattern: str = "",
    pattern_help: str = "",
    multiline: bool = False,
    example: Any = None,
    initial: Any = None,
    private: bool = False,
    only_with: tuple[str, tuple[str, ...]] | None = None,
    since: str = "0.1.0",
) -> Any:
    """Declare a field that is sent when its enable flag is on; ``None`` is off.

    The arguments are the attributes of `Field`.
    """
    return _declare(
        Field(
            label,
            help,
            Mode.OPTIONAL,
            primary=primary,
            advanced=advanced,
            suggestions=suggestions,
            minimum=minimum,
            maximum=maximum,
            pattern=pattern,
            pattern_help=pattern_help,
            multiline=multiline,
            example=example,
            initial=initial,
            private=private,
            only_with=only_with,
            since=since,
        )
    )


def setting(
    label: str,
    help: str,  # noqa: A002 - as above
    default: Any = None,
    *,
    advanced: bool = False,
    internal: bool = False,
    formerly: str = "",
    suggestions: tuple[str, ...] | ModelFilter = (),
    minimum: float | None = None,
    maximum: float | None = None,
    pattern: str = "",
    pattern_help: str = "",
    multiline: bool = False,
    example: Any = None,
    private: bool = False,
    only_with: tuple[str, tuple[str, ...]] | None = None,
    entries: Entries | None = None,
    since: str = "0.1.0",
) -> Any:
    """Declare a field that is not sent itself but shapes requests, results or the run.

    The arguments are the attributes of `Field`.
    """
    return _declare(
        Field(
            label,
            help,
            Mode.SETTING,
            default=default,
            advanced=advanced,
            internal=internal,
            formerly=formerly,
            suggestions=suggestions,
            minimum=minimum,
            maximum=maximum,
            pattern=pattern,
            pattern_help=pattern_help,
            multiline=multiline,
            example=example,
            private=private,
            only_with=only_with,
            entries=entries,
            since=since,
        )
    )


def _declare(declared: Field) -> Any:
    metadata = {"field": declared}
    if isinstance(declared.default, dict | list):
        return dataclasses.field(default_factory=declared.default.copy, metadata=metadata)
    return dataclasses.field(default=declared.default, metadata=metadata)
