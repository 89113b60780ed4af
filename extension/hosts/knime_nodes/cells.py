"""From result batches to KNIME's cells."""

import io
from base64 import b64encode
from typing import TYPE_CHECKING, Any, BinaryIO

import knime.extension as knext

from ....nodes.base.media.images import sniff_image
from ....port_types.table import ColumnKind
from .columns import image_type, json_type

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["knime_array"]


class _Png:
    """What KNIME needs of an image; a PNG keeps its bytes, anything else becomes one."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def save(self, file: BinaryIO, format: str = "PNG") -> None:  # noqa: A002 - Pillow's name
        if sniff_image(self._data) == "image/png":
            file.write(self._data)
            return
        from PIL import Image

        with Image.open(io.BytesIO(self._data)) as image:
            as_rgb = image.convert("RGB") if image.mode in ("CMYK", "YCbCr", "LAB", "HSV") else image
            as_rgb.save(file, "PNG")


def knime_array(kind: ColumnKind, array: "pa.Array[Any]") -> "pa.Array[Any]":
    """Return a result column as KNIME's cells.

    Args:
        kind: what the column holds.
        array: its values in the Arrow type of that kind.
    """
    import pyarrow as pa

    if kind is ColumnKind.IMAGE:
        return _logical(image_type(), [None if value is None else _Png(value) for value in array.to_pylist()])
    if kind is ColumnKind.JSON and json_type() != knext.string():
        import msgspec

        return _logical(
            json_type(), [None if value is None else msgspec.json.decode(value) for value in array.to_pylist()]
        )
    if kind in (ColumnKind.AUDIO, ColumnKind.FILE):
        return pa.array(
            [None if value is None else b64encode(value).decode() for value in array.to_pylist()], pa.string()
        )
    if kind is ColumnKind.VECTOR:
        return array.cast(pa.list_(pa.float64()))
    return array


def _logical(ktype: Any, values: list[Any]) -> "pa.Array[Any]":
    import pyarrow as pa

    arrow_type = ktype.to_pyarrow()
    storage = [None if value is None else arrow_type.encode(value) for value in values]
    return pa.ExtensionArray.from_storage(arrow_type, pa.array(storage, type=arrow_type.storage_type))
