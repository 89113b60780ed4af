"""Which KNIME types columns have: those of results, and those that suit a field."""

from collections.abc import Iterable
from typing import Any

import knime.extension as knext

from ....port_types.fields import FieldKind
from ....port_types.table import ColumnKind
from ..kit.fields import MEDIA_KINDS

__all__ = ["image_type", "json_type", "knime_type", "path_type", "suits"]


def image_type() -> Any:
    """Return KNIME's type of PNG image cells."""
    import PIL.Image

    return knext.logical(PIL.Image.Image)


def path_type() -> Any:
    """Return KNIME's type of path cells, as its nodes that list files make them."""
    from knime.types.builtin import FSLocationValue

    return knext.logical(FSLocationValue)


def json_type() -> Any:
    """Return KNIME's type of JSON cells, or text in an installation without KNIME's JSON extension."""
    try:
        return knext.logical(dict)
    except TypeError:
        return knext.string()


def knime_type(kind: ColumnKind) -> Any:
    """Return the KNIME type of a result column."""
    return {
        ColumnKind.TEXT: knext.string,
        ColumnKind.INTEGER: knext.int64,
        ColumnKind.NUMBER: knext.double,
        ColumnKind.BOOLEAN: knext.bool_,
        ColumnKind.TIME: lambda: knext.datetime(date=True, time=True, timezone=True),
        ColumnKind.JSON: json_type,
        ColumnKind.IMAGE: image_type,
        ColumnKind.AUDIO: knext.string,  # base64: KNIME takes no bytes from Python
        ColumnKind.FILE: knext.string,  # likewise
        ColumnKind.VECTOR: lambda: knext.list_(knext.double()),
    }[kind]()


def suits(kind: FieldKind, ktype: Any) -> bool:
    """Return whether a column of `ktype` can hold values of a field of `kind`."""
    return ktype in list(_suitable(kind))


def _suitable(kind: FieldKind) -> Iterable[Any]:
    yield knext.string()
    if kind in (FieldKind.IMAGE, FieldKind.FILE):
        yield image_type()
    if kind in MEDIA_KINDS:
        yield path_type()
    if kind is FieldKind.JSON:
        yield json_type()
        yield knext.list_(knext.string())
    if kind in (FieldKind.INTEGER, FieldKind.NUMBER, FieldKind.CHOICE, FieldKind.TEXT):
        yield from (knext.int32(), knext.int64(), knext.double())
    if kind is FieldKind.BOOLEAN:
        yield knext.bool_()
