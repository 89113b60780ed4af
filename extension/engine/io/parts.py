"""Several files as one table: the parts that exports and jobs leave in a folder, or that a pattern names."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ....port_types.errors import InvalidInput
from .rows import Input, Row

__all__ = ["join_parts"]


def join_parts(paths: Sequence[Path], parts: Sequence[Input]) -> Input:
    """Return the rows of all `parts` in their order, numbered through.

    Args:
        paths: of the parts.
        parts: the same, opened.

    Raises:
        InvalidInput: a part has other columns than the first, or types that do not go together.
    """
    import pyarrow as pa

    first = parts[0]
    for path, part in zip(paths, parts, strict=True):
        if set(part.schema.names) != set(first.schema.names):
            raise InvalidInput(
                f"{path} has the columns {', '.join(part.schema.names)}, but {paths[0].name} has "
                f"{', '.join(first.schema.names)}; the parts of a table have the same."
            )
    try:
        schema = pa.unify_schemas([part.schema for part in parts], promote_options="permissive")
    except pa.ArrowException as error:
        raise InvalidInput(f"The parts {paths[0].name} to {paths[-1].name} do not go together ({error}).") from None
    return Input(_numbered(parts), schema, sum(part.count or 0 for part in parts), first.folder)


def _numbered(parts: Sequence[Input]) -> Iterator[Row]:
    rows = (row for part in parts for row in part.rows)
    return (row._replace(id=str(number), key=str(number)) for number, row in enumerate(rows))
