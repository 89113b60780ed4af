"""Unions: what tells the alternatives apart, so that they become fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .document import mapping
from .schemas import SCALARS, Schema

__all__ = ["TaggedUnion", "UnionParts", "read_tagged_union", "split_union"]


@dataclass(frozen=True)
class UnionParts:
    """The alternatives of a union, by what they are.

    Attributes:
        scalars: single values.
        lists: lists of single values.
        others: everything else: records, lists of records, anything.
    """

    scalars: tuple[Schema, ...]
    lists: tuple[Schema, ...]
    others: tuple[Schema, ...]


@dataclass(frozen=True)
class TaggedUnion:
    """Records that the value of one property tells apart.

    Attributes:
        tag: the property's name.
        records: the record for each of its values.
    """

    tag: str
    records: Mapping[Any, Schema]


def split_union(schema: Schema) -> UnionParts:
    """Return the alternatives of `schema`, or itself as the only one."""
    alternatives = schema.alternatives() if schema.forms else (schema,)
    scalars = tuple(one for one in alternatives if one.kind in SCALARS)
    lists = tuple(one for one in alternatives if one.kind == "list" and _holds_scalars(one))
    return UnionParts(scalars, lists, tuple(one for one in alternatives if one not in (*scalars, *lists)))


def _holds_scalars(schema: Schema) -> bool:
    items = schema.items()
    return items.kind in SCALARS or (items.kind == "union" and _is_scalar_union(items))


def read_tagged_union(schema: Schema) -> TaggedUnion | None:
    """Return the records of `schema` with what tells them apart, None if nothing does."""
    alternatives = schema.alternatives()
    if len(alternatives) < 2 or any(one.kind != "record" or one.cyclic for one in alternatives):
        return None
    discriminator = mapping(schema.keywords.get("discriminator"))
    named = discriminator.get("propertyName") or schema.keywords.get("discriminator")
    tags = [named] if isinstance(named, str) else []
    shared = [name for name in alternatives[0].properties() if name not in tags]
    for tag in [*tags, *shared]:
        records = _by_constant(alternatives, tag)
        if records is None and tag in tags:
            records = _by_mapping(alternatives, mapping(discriminator.get("mapping")))
        if records:
            return TaggedUnion(tag, records)
    return None


def _by_constant(alternatives: Sequence[Schema], tag: str) -> dict[Any, Schema] | None:
    records: dict[Any, Schema] = {}
    for schema in alternatives:
        raw = mapping(schema.keywords.get("properties")).get(tag)
        choices = schema.within(raw).choices if raw is not None else ()
        if not choices or any(not isinstance(choice, str | int) or choice in records for choice in choices):
            return None
        records |= dict.fromkeys(choices, schema)
    return records


def _by_mapping(alternatives: Sequence[Schema], written: Mapping[str, Any]) -> dict[Any, Schema] | None:
    """Return the records by the discriminator's mapping, or by their own names, which stand in for it."""
    names = {str(target).rsplit("/", 1)[-1]: value for value, target in written.items()}
    values = [names.get(schema.name, schema.name) for schema in alternatives]
    if not all(values) or len(set(values)) < len(values):
        return None
    return dict(zip(values, alternatives, strict=True))


def _is_scalar_union(schema: Schema) -> bool:
    parts = split_union(schema)
    return not parts.lists and not parts.others
